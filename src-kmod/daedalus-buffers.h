/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of buffers once the client has queued them: jobs, offers of CAPTURE
 * buffers, and the flow of a stateful session.
 */
#ifndef DAEDALUS_BUFFERS_H
#define DAEDALUS_BUFFERS_H

#include <linux/dma-fence.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <media/v4l2-mem2mem.h>
#include <media/videobuf2-v4l2.h>

#include <daedalus/protocol.h>

/*
 * A job's states, each with one owner and one way out.
 *
 * IDLE        no job: the buffer is the client's or lies in the m2m ready
 *             queue. daedalus_job_start*() takes src and dst out of their ready
 *             queues and makes it QUEUED.
 * A drain has no buffers; an input no dst.
 *
 * QUEUED      owned by session->jobs, seen by no worker. -> DELIVERING by the
 *             worker's read, once nobody writes to the bitstream; -> FINISHED
 *             by the watchdog, CANCEL, the loss of the daemon, or a dispatch
 *             that found none.
 * DELIVERING  being copied by the one reader that holds worker->read_lock,
 *             which drops session->lock meanwhile and looks the job up by its
 *             cookie afterwards. -> DELIVERED, or back to QUEUED if the
 *             reader's memory faults or a signal comes; -> FINISHED as above,
 *             or if the exporter of imported memory fails.
 * DELIVERED   the worker owes an answer. -> FINISHED by COMPLETE, the
 *             watchdog or CANCEL; by the worker's death back to QUEUED once,
 *             the second time -> FINISHED.
 * FINISHED    the outcome is known, older jobs are not done. Popped, in order,
 *             by daedalus_job_pop_finished(): buffers go back to the
 *             client, -> IDLE.
 *
 * From every state but IDLE stream-off takes the job away at once (-> IDLE).
 * All transitions happen under session->lock. While a job is not IDLE, src and
 * dst are ACTIVE for vb2 and in no ready queue.
 */
enum daedalus_job_state {
	DAEDALUS_JOB_IDLE = 0,
	DAEDALUS_JOB_QUEUED,
	DAEDALUS_JOB_DELIVERING,
	DAEDALUS_JOB_DELIVERED,
	DAEDALUS_JOB_FINISHED,
};

enum daedalus_job_kind {
	DAEDALUS_JOB_REQUEST, /* stateless: src, dst and controls */
	DAEDALUS_JOB_INPUT,   /* stateful: src alone */
	DAEDALUS_JOB_DRAIN,   /* stateful: the end of what was queued; no src */
};

struct daedalus_dst_buffer;

struct daedalus_job {
	struct list_head node; /* in session->jobs unless IDLE */
	enum daedalus_job_kind kind;
	enum daedalus_job_state state;
	u64 cookie; /* epoch << 32 | sequence; looked up, never dereferenced */
	ktime_t queued_at;
	u32 attempt; /* workers that died holding it */
	u32 coded_width;
	u32 coded_height;
	struct daedalus_dst_buffer *dst; /* NULL but in requests */
	bool hold; /* dst stays with the driver when this job is popped */
	bool held; /* dst came from the job before */
	enum daedalus_status status;
	bool has_pixels;
	void *controls; /* records of struct daedalus_control */
	u32 controls_length;
};

struct daedalus_src_buffer {
	struct v4l2_m2m_buffer m2m; /* first: vb2 casts */
	struct daedalus_job job;
	const void *bitstream; /* kernel address of the data while prepared */
	u32 bitstream_length;  /* bytes */
	void *controls;        /* room for job.controls, allocated with the buffer */
	/* session->lock: a device wrote to the bitstream when that was looked at */
	struct dma_fence *writing;
	struct dma_fence_cb written;
	bool controls_completed; /* those of its request, ahead of it by REQBUFS */
};

/*
 * A CAPTURE buffer of a stateful session, in the order in which the client queued
 * them. All transitions happen under session->lock.
 *
 * IDLE     the client's, or in the m2m ready queue. -> KEPT by
 *          daedalus_flow_take_captures().
 * KEPT     owned by flow->captures, of no use to the worker at the moment. ->
 *          READY when the flow runs.
 * READY    a CAPTURE message of it waits to be read. -> OFFERED by the worker's
 *          read.
 * OFFERED  the worker may write to it. -> IDLE, DONE or ERROR for vb2, by
 *          PICTURE; -> READY by the worker's death.
 *
 * When the flow stops, for other buffers or at the end, READY and OFFERED ones are
 * KEPT again, and one KEPT buffer goes to the client as the LAST one (-> IDLE).
 * From every state but IDLE stream-off takes the buffer away at once.
 */
enum daedalus_capture_state {
	DAEDALUS_CAPTURE_IDLE = 0,
	DAEDALUS_CAPTURE_KEPT,
	DAEDALUS_CAPTURE_READY,
	DAEDALUS_CAPTURE_OFFERED,
};

struct daedalus_dst_buffer {
	struct v4l2_m2m_buffer m2m; /* first: vb2 casts */
	u64 id;                     /* never used again; 0: not initialised */
	struct daedalus_picture_layout layout; /* as prepared; messages carry it */
	bool failed; /* an earlier field of the picture it is held for failed */
	/* The rest: stateful sessions, session->lock. */
	struct list_head node; /* in flow->captures unless IDLE */
	enum daedalus_capture_state state;
	u64 cookie; /* of the offer */
};

/* What a picture inherits from its OUTPUT buffer, which it may outlive. */
struct daedalus_source {
	u64 timestamp;
	u32 flags;
	struct v4l2_timecode timecode;
};

#define DAEDALUS_SOURCES 64

/*
 * How a stateful session's pictures get to the client; session->lock. The flow
 * runs while none of changing and stopped is set. What sets and clears them:
 *
 * draining  drain is in session->jobs: set by STOP or an empty buffer, cleared
 *           when that job is done.
 * stopped   it is done: set then, cleared by START or a stream-off.
 * changing  the worker has told of a stream that the client's buffers are not made
 *           for: cleared by START or the stream-off of either queue.
 * untold    so far to nobody: the client has old pictures to take first. Cleared by
 *           telling, at the latest when changing is, or with the stream that OUTPUT
 *           had.
 * unseen    CAPTURE has begun with buffers made for the old stream, by a client that
 *           has not read the event yet: changing again. Set by STREAMON, cleared
 *           when the flow takes notice.
 * unaware   a change was dropped by OUTPUT's stream-off before it was told: CAPTURE's
 *           buffers are the old stream's. Cleared when a stream is told of again, or
 *           buffers are made.
 */
struct daedalus_flow {
	struct list_head captures; /* struct daedalus_dst_buffer, oldest first */
	struct daedalus_job drain;
	bool draining;
	bool stopped;
	bool changing;
	bool untold;
	bool unseen;
	bool unaware;
	bool last_pending; /* no buffer was there to be the LAST one */
	bool end_told; /* the event for this stop is queued */
	bool output_streaming;
	bool capture_streaming;
	u32 buffers; /* CAPTURE buffers that are allocated */
	enum v4l2_field field; /* of what they are made for */
	u32 src_sequence;
	struct daedalus_source sources[DAEDALUS_SOURCES]; /* a ring of the last ones */
	u32 source_count;
	bool stream_known;
	bool told; /* of it, by the worker there is, since OUTPUT stopped */
	u32 stream_changes; /* how often stream was written */
	struct daedalus_stream stream;
};

/* Whole pages, as they are allocated. */
static inline u64 daedalus_plane_bytes(const struct vb2_buffer *vb,
				       unsigned int plane)
{
	return PAGE_ALIGN((u64)vb->planes[plane].length);
}

static inline struct daedalus_src_buffer *
daedalus_to_src(struct vb2_v4l2_buffer *vbuf)
{
	return container_of(vbuf, struct daedalus_src_buffer, m2m.vb);
}

static inline struct daedalus_dst_buffer *
daedalus_to_dst(struct vb2_v4l2_buffer *vbuf)
{
	return container_of(vbuf, struct daedalus_dst_buffer, m2m.vb);
}

static inline struct daedalus_src_buffer *
daedalus_job_to_src(struct daedalus_job *job)
{
	return container_of(job, struct daedalus_src_buffer, job);
}

#endif
