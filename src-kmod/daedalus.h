/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daedalus_v4l2: V4L2 decoders whose decoding is done by a daemon: a stateless
 * one and a stateful one, each a node of its own.
 *
 * Objects and who keeps them alive:
 *
 *   struct daedalus_dev      the platform device. One reference each for the
 *                            bound driver, each video device, every session and
 *                            an open control fd.
 *   struct daedalus_ctx      one open file of a video node; freed by its
 *                            release.
 *   struct daedalus_session  what the daemon sees of a context. One reference
 *                            for the context, one for each session fd: it
 *                            outlives whichever goes first.
 *   struct daedalus_job      one request, or one piece of a stream, being
 *                            decoded; part of its OUTPUT buffer, so making one
 *                            never fails.
 *
 * Locks, outermost first:
 *
 *   ctx->vb_mutex     both queues of a context; held by vb2 and the V4L2 core.
 *   hdl->lock         the context's controls and formats.
 *   dev->lock         the list of sessions, the control fd, its limits.
 *   session->lock     everything in a session, its jobs above all.
 *
 * All are mutexes that are only held for bounded work. Nothing here ever waits
 * for the daemon, a worker or a client, nor faults user memory in, while holding
 * one of them: that is why nothing a daemon does or leaves undone can hang a
 * client. (The V4L2 core reads controls with hdl->lock held: docs/security.md.)
 */
#ifndef DAEDALUS_H
#define DAEDALUS_H

#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <media/media-device.h>
#include <media/v4l2-ctrls.h>
#include <media/v4l2-device.h>
#include <media/v4l2-fh.h>
#include <media/v4l2-mem2mem.h>
#include <media/videobuf2-v4l2.h>

#include <daedalus/protocol.h>

#include "daedalus-buffers.h"

#define DAEDALUS_NAME "daedalus_v4l2"
#define DAEDALUS_VERSION "0.1.0"

#define DAEDALUS_MIN_SIZE 1U
#define DAEDALUS_MAX_SIZE 8192U
#define DAEDALUS_MIN_BITSTREAM SZ_256K
#define DAEDALUS_MAX_BITSTREAM SZ_128M

#define DAEDALUS_MAX_BUFFERS 64
#define DAEDALUS_MAX_CONTROLS 32
#define DAEDALUS_RETIRED_SLOTS 64

/* Checked where the module is built for debugging; a bug in the module. */
#define daedalus_assert(condition) \
	WARN_ON_ONCE(IS_ENABLED(CONFIG_VIDEO_ADV_DEBUG) && !(condition))

/* Events since the module was loaded, in sysfs under counters/. */
enum daedalus_counter {
	DAEDALUS_JOBS_DISPATCHED,
	DAEDALUS_JOBS_COMPLETED,
	DAEDALUS_JOBS_FAILED,
	DAEDALUS_JOBS_DROPPED, /* by stream-off, close or unbinding */
	DAEDALUS_FLUSHES,
	DAEDALUS_WATCHDOG_TIMEOUTS,
	DAEDALUS_WORKERS_ATTACHED,
	DAEDALUS_WORKERS_DIED,
	DAEDALUS_STALE_ANSWERS, /* about jobs that there are not, or no more */
	DAEDALUS_REFUSED_ANSWERS, /* that make no sense at any time */
	DAEDALUS_REFUSED_CONTROLS,
	DAEDALUS_REFUSED_SESSIONS, /* by the limit for all */
	DAEDALUS_REFUSED_QUOTA, /* by those for one user */
	DAEDALUS_PICTURES, /* of stateful sessions */
	DAEDALUS_BYTES_IN, /* bitstream copied to workers */
	DAEDALUS_COUNTER_COUNT
};

struct daedalus_ctx;
struct daedalus_user;

/* What differs between the two video nodes. */
struct daedalus_api {
	enum daedalus_session_kind kind;
	const char *name; /* of the node */
	const struct v4l2_ioctl_ops *ioctl_ops;
	int (*init_controls)(struct daedalus_ctx *ctx);
	void (*set_default_formats)(struct daedalus_ctx *ctx);
	/* vb_mutex: buffers were queued, or a queue has begun to stream. */
	void (*dispatch)(struct daedalus_ctx *ctx);
	/* vb_mutex: a queue stops. Returns every buffer of it, at once. */
	void (*stop)(struct daedalus_ctx *ctx, struct vb2_queue *q);
};

/*
 * A video node. Its v4l2_device is its own, so that stateful clients have no
 * part in the lock that queues requests of the stateless node's.
 */
struct daedalus_node {
	struct daedalus_dev *dev;
	const struct daedalus_api *api;
	struct v4l2_device v4l2_dev;
	struct video_device vdev;
	struct device *parent; /* in sysfs; NULL: the platform device */
	bool registered;
	bool released; /* the video device's release has run */
};

struct daedalus_dev {
	struct kref ref;
	struct work_struct release; /* after the last reference */
	struct device *dev; /* the platform device; DMA is mapped for it */
	struct daedalus_node stateless;
	struct daedalus_node stateful;
	struct media_device mdev; /* the stateless node's */
	struct v4l2_m2m_dev *m2m_dev;
	struct miscdevice misc;

	struct mutex lock; /* guards what follows, up to the blank line */
	struct list_head sessions;     /* every session whose client is open */
	struct list_head waiting;      /* those that want a worker, oldest first */
	struct list_head users;        /* who has a video node open, or memory */
	struct list_head lingering;    /* memory that outlives its buffers */
	struct file *control;          /* the control fd, NULL: none is open */
	bool said_hello;               /* a daemon is attached */
	bool gone;                     /* the driver has been unbound */
	u64 codecs;                    /* what the daemon decodes */
	u32 max_sessions;
	u32 streaming_sessions;
	u64 last_session;
	char daemon_version[DAEDALUS_VERSION_LENGTH];

	struct delayed_work reaper;     /* of what lingers */
	unsigned long look_after;       /* jiffies; dev->lock */
	wait_queue_head_t control_wait; /* a session waits, or the device goes */
	u32 job_timeout_ms;             /* written under lock, read without */
	bool attached;                  /* said_hello && !gone, read without */
	atomic64_t last_buffer;         /* ids of CAPTURE buffers */
	atomic_t jobs_in_flight;
	atomic64_t counters[DAEDALUS_COUNTER_COUNT];
	atomic64_t errors[DAEDALUS_STATUS_COUNT];
};

struct daedalus_worker;

struct daedalus_session {
	struct kref ref;
	struct daedalus_dev *dev;
	struct daedalus_user *user; /* while the client is open */
	enum daedalus_session_kind kind;
	u64 id;
	struct list_head node;      /* dev->sessions, dev->lock */
	struct list_head wait_node; /* dev->waiting, dev->lock; empty: not waiting */
	bool streaming;             /* dev->lock: counted in streaming_sessions */
	u32 client_pid;
	char client_comm[TASK_COMM_LEN];

	struct mutex lock; /* guards the rest, up to the blank line */
	struct daedalus_ctx *ctx; /* NULL: the client has closed */
	struct daedalus_worker *worker; /* NULL: none is attached */
	struct list_head jobs; /* oldest first; the order of completion */
	enum daedalus_codec codec;
	u32 coded_width;
	u32 coded_height;
	struct daedalus_picture_layout capture;
	u32 max_bitstream; /* bytes: the largest OUTPUT plane so far */
	u32 max_controls;  /* bytes: the longest records so far, a multiple of 8 */
	u32 epoch;         /* stepped by every stream-off, never 0 */
	u32 sequence;
	u32 input_epoch;   /* of the last stream-off of OUTPUT */
	u32 workers; /* attached so far */
	bool format_pending; /* FORMAT must be read before the next DECODE */
	bool flush_pending;  /* FLUSH must be read */
	u32 flush_flags;     /* DAEDALUS_FLUSH_* of it */
	bool flush_unanswered; /* FLUSH was read, FLUSHED has not come */
	u32 flush_epoch;       /* what that FLUSH said */
	u32 delivered;         /* DAEDALUS_FLUSH_* of what the worker may have */
	ktime_t progress;      /* last answer of a worker */
	ktime_t attached_at;   /* the last worker's coming */
	/* The picture whose CAPTURE buffer is kept for its second field. */
	struct daedalus_dst_buffer *held;
	struct daedalus_job *held_job; /* the newest job that writes to it, or NULL */
	u32 dst_sequence;
	struct daedalus_flow flow; /* stateful sessions */
	u64 retired[DAEDALUS_RETIRED_SLOTS]; /* buffers to RETIRE */
	u32 retired_count; /* more than the slots: all buffers */

	wait_queue_head_t wait; /* something to read */
	struct delayed_work watchdog;
};

/* A session fd. It stays when the session has given up on it; see broken. */
struct daedalus_worker {
	struct daedalus_session *session;
	/* One read at a time. Held over faults: no one else may want it. */
	struct mutex read_lock;
	/* session->lock */
	bool broken;  /* the watchdog took the session away */
	bool started; /* has read a job */
	u32 misses;   /* watchdog timeouts since the last answer */
	u64 answers;  /* jobs and pictures */
};

struct daedalus_ctx {
	struct v4l2_fh fh;
	struct daedalus_dev *dev;
	const struct daedalus_api *api;
	struct daedalus_user *user;
	struct daedalus_session *session;
	struct mutex vb_mutex; /* both queues; vb2 and the V4L2 core take it */
	struct v4l2_ctrl_handler hdl;
	struct v4l2_ctrl *controls[DAEDALUS_MAX_CONTROLS];

	/* hdl.lock guards the formats; writers hold vb_mutex too, save s_ctrl */
	const struct daedalus_coded_format *coded;
	struct v4l2_pix_format_mplane output;
	struct v4l2_pix_format_mplane capture;
	u32 bit_depth; /* of the stream: 8 or 10 */
	/* Stateful: what the worker has found out, as of stream_seen. */
	struct daedalus_stream stream;
	bool stream_known;
	u32 stream_seen; /* session->flow.stream_changes when it was taken over */

	/* vb_mutex */
	bool output_streaming;
	bool capture_streaming;
};

static inline struct daedalus_ctx *daedalus_fh_to_ctx(struct v4l2_fh *fh)
{
	return container_of(fh, struct daedalus_ctx, fh);
}

static inline bool daedalus_is_stateful(const struct daedalus_ctx *ctx)
{
	return ctx->api->kind == DAEDALUS_SESSION_STATEFUL;
}

static inline void daedalus_count(struct daedalus_dev *dev,
				  enum daedalus_counter counter, u64 by)
{
	atomic64_add(by, &dev->counters[counter]);
}

/* daedalus-core.c */
void daedalus_dev_get(struct daedalus_dev *dev);
void daedalus_dev_put(struct daedalus_dev *dev);

/* daedalus-video.c */
int daedalus_node_register(struct daedalus_node *node, struct daedalus_dev *dev,
			   const struct daedalus_api *api, int nr);
void daedalus_node_unregister(struct daedalus_node *node);
struct daedalus_ctx *daedalus_file_to_ctx(struct file *file);
int daedalus_querycap(struct file *file, void *priv,
		      struct v4l2_capability *cap);

/* daedalus-quota.c */
struct daedalus_user *daedalus_user_get(struct daedalus_dev *dev);
void daedalus_user_put(struct daedalus_dev *dev, struct daedalus_user *user);
int daedalus_user_start_session(struct daedalus_dev *dev,
				struct daedalus_user *user);
void daedalus_user_end_session(struct daedalus_dev *dev,
			       struct daedalus_user *user);
int daedalus_user_may_allocate(struct daedalus_dev *dev,
			       struct daedalus_user *user, u64 bytes);
int daedalus_user_charge(struct daedalus_dev *dev, struct daedalus_user *user,
			 u64 bytes);
void daedalus_user_uncharge(struct daedalus_user *user, u64 bytes);
void daedalus_user_hold(struct daedalus_user *user);
void daedalus_user_release(struct daedalus_user *user);

/* daedalus-linger.c */
void daedalus_linger_init(struct daedalus_dev *dev);
void daedalus_linger_end(struct daedalus_dev *dev);
void daedalus_linger_reap(struct daedalus_dev *dev);
u64 daedalus_linger(struct daedalus_dev *dev, struct daedalus_user *user,
		    struct vb2_buffer *vb);

/* daedalus-stateless.c */
extern const struct daedalus_api daedalus_stateless_api;

/* daedalus-stateful.c */
extern const struct daedalus_api daedalus_stateful_api;

/* daedalus-media.c */
bool daedalus_request_sets(struct media_request *req, struct daedalus_ctx *ctx,
			   u32 id);
int daedalus_media_init(struct daedalus_dev *dev);
void daedalus_media_cleanup(struct daedalus_dev *dev);
int daedalus_media_register(struct daedalus_dev *dev);
void daedalus_media_unregister(struct daedalus_dev *dev);

/* daedalus-formats.c */

/* One coded format of the OUTPUT queue. */
struct daedalus_coded_format {
	u32 fourcc;
	enum daedalus_codec codec;
	bool resize_while_streaming; /* frames may change size between key frames */
	u32 required_control;        /* every request must set it */
};

const struct daedalus_coded_format *daedalus_find_coded(u32 fourcc);
bool daedalus_codec_supported(struct daedalus_dev *dev,
			      enum daedalus_codec codec);
void daedalus_set_default_formats(struct daedalus_ctx *ctx);
void daedalus_set_bit_depth(struct daedalus_ctx *ctx, u32 bit_depth);
void daedalus_describe_layout(const struct v4l2_pix_format_mplane *pix,
			      struct daedalus_picture_layout *layout);
int daedalus_enum_fmt_output(struct file *file, void *priv,
			     struct v4l2_fmtdesc *f);
int daedalus_enum_fmt_capture(struct file *file, void *priv,
			      struct v4l2_fmtdesc *f);
int daedalus_enum_framesizes(struct file *file, void *priv,
			     struct v4l2_frmsizeenum *fsize);
void daedalus_fill_framesizes(struct v4l2_frmsizeenum *fsize);
int daedalus_g_fmt_output(struct file *file, void *priv, struct v4l2_format *f);
int daedalus_g_fmt_capture(struct file *file, void *priv,
			   struct v4l2_format *f);
int daedalus_try_fmt_output(struct file *file, void *priv,
			    struct v4l2_format *f);
int daedalus_try_fmt_capture(struct file *file, void *priv,
			     struct v4l2_format *f);
int daedalus_s_fmt_output(struct file *file, void *priv, struct v4l2_format *f);
int daedalus_s_fmt_capture(struct file *file, void *priv,
			   struct v4l2_format *f);

/* daedalus-controls.c */
int daedalus_controls_init(struct daedalus_ctx *ctx);
u32 daedalus_controls_max_size(struct daedalus_ctx *ctx);
u32 daedalus_controls_copy(struct daedalus_ctx *ctx, struct media_request *req,
			   void *to, u32 size);

/* daedalus-queue.c */
int daedalus_queue_init(void *priv, struct vb2_queue *src,
			struct vb2_queue *dst);

/* daedalus-dispatch.c: all under ctx->vb_mutex */
void daedalus_dispatch(struct daedalus_ctx *ctx);
void daedalus_dispatch_stop(struct daedalus_ctx *ctx, struct vb2_queue *q);
void daedalus_dispatch_flush_held(struct daedalus_ctx *ctx);

/* daedalus-job.c: all under session->lock */
u64 daedalus_next_cookie(struct daedalus_session *s);
struct daedalus_job *daedalus_job_find(struct daedalus_session *s, u64 cookie);
void daedalus_job_start_request(struct daedalus_session *s,
				struct daedalus_job *job,
				struct vb2_v4l2_buffer *dst, bool held);
void daedalus_job_start(struct daedalus_session *s, struct daedalus_job *job,
			enum daedalus_job_kind kind);
void daedalus_job_finish(struct daedalus_session *s, struct daedalus_job *job,
			 enum daedalus_status status, bool has_pixels);
void daedalus_job_pop_finished(struct daedalus_session *s);
void daedalus_job_drop(struct daedalus_session *s, struct daedalus_job *job);
void daedalus_job_drop_all(struct daedalus_session *s);
u32 daedalus_job_fail_all(struct daedalus_session *s,
			  enum daedalus_status status);
void daedalus_job_release_held(struct daedalus_session *s,
			       enum vb2_buffer_state state);
void daedalus_sync_for_device(struct daedalus_dst_buffer *dst);

/* daedalus-session.c */
struct daedalus_session *daedalus_session_create(struct daedalus_ctx *ctx);
void daedalus_session_put(struct daedalus_session *s);
void daedalus_session_close(struct daedalus_session *s);
int daedalus_session_start(struct daedalus_ctx *ctx, struct vb2_queue *q);
void daedalus_session_stop(struct daedalus_ctx *ctx);
void daedalus_session_want_worker(struct daedalus_session *s);
void daedalus_session_retire(struct daedalus_session *s, u64 buffer);
void daedalus_session_flush(struct daedalus_session *s, u32 what);
void daedalus_session_fail_without_daemon(struct daedalus_dev *dev);
void daedalus_session_fail_for_good(struct daedalus_session *s);
u32 daedalus_session_max_message(struct daedalus_session *s);

/* daedalus-import.c: all under session->lock */
struct dma_buf *daedalus_job_import(struct daedalus_job *job);
bool daedalus_job_readable(struct daedalus_job *job);
void daedalus_job_forget_import(struct daedalus_job *job);

/* daedalus-vb2.c */
struct v4l2_remove_buffers; /* older kernels have none */
extern struct vb2_mem_ops daedalus_output_mem_ops;
extern struct vb2_mem_ops daedalus_capture_mem_ops;
void daedalus_mem_ops_init(void);
bool daedalus_imports_fit(struct vb2_buffer *vb);
int daedalus_qbuf(struct file *file, void *priv, struct v4l2_buffer *buffer);
int daedalus_prepare_buf(struct file *file, void *priv,
			 struct v4l2_buffer *buffer);
int daedalus_remove_bufs(struct file *file, void *priv,
			 struct v4l2_remove_buffers *buffers);
int daedalus_reqbufs(struct file *file, void *priv,
		     struct v4l2_requestbuffers *rb);
int daedalus_validate_buffers(struct media_request *req,
			      struct daedalus_ctx *ctx);
void daedalus_leave_requests(struct daedalus_ctx *ctx);

/* daedalus-message.c */

/* The fixed part of a job's message, and what follows it. */
struct daedalus_job_message {
	union {
		struct daedalus_message header;
		struct daedalus_msg_decode decode;
		struct daedalus_msg_input input;
		struct daedalus_msg_drain drain;
	};
	u32 fixed; /* bytes of it */
	const void *controls;
	u32 controls_length;
	const void *bitstream;
	u32 bitstream_length;
};

void daedalus_describe_job(struct daedalus_job *job, u32 behind,
			   struct daedalus_job_message *msg);

/* daedalus-deliver.c */
bool daedalus_deliver_ready(struct daedalus_session *s);
ssize_t daedalus_deliver(struct daedalus_worker *w, char __user *buf,
			 size_t count);

/* daedalus-worker.c */
int daedalus_worker_attach(struct daedalus_session *s,
			   struct daedalus_session_info *info,
			   struct file **file);
void daedalus_worker_break(struct daedalus_session *s);

/* daedalus-bridge.c */
int daedalus_bridge_register(struct daedalus_dev *dev);
void daedalus_bridge_unregister(struct daedalus_dev *dev);

/* daedalus-watchdog.c */
void daedalus_watchdog_init(struct daedalus_session *s);
void daedalus_watchdog_arm(struct daedalus_session *s);

/* daedalus-sysfs.c */
extern const struct attribute_group *daedalus_sysfs_groups[];

#include "daedalus-stateful.h"

#endif
