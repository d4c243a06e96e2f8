/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The protocol between daedalus_v4l2.ko and daedalusd.
 *
 * /dev/daedalus-v4l2 opens as the *control fd*: exclusive, one daemon at a
 * time. After HELLO it is readable whenever a session waits for a worker;
 * ACCEPT turns that session into a *session fd*, which is all that a worker
 * process needs: it reads messages, asks for the dma-buf of a CAPTURE buffer
 * and answers every DECODE, INPUT and DRAIN message with exactly one COMPLETE.
 *
 * All integers are in the byte order of the machine. Every structure has the
 * same layout for 32-bit and 64-bit processes (no implicit padding). A field
 * named "reserved" is written as zero and refused when it is not; "flags" bits
 * that are not defined here are refused by both sides.
 *
 * docs/protocol.md tells the story that these structures are the words of.
 */
#ifndef DAEDALUS_PROTOCOL_H
#define DAEDALUS_PROTOCOL_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * The one place where the protocol version is written. The packages' virtual
 * package daedalus-v4l2-proto-N, the module's sysfs attribute proto_version
 * and the daemon's HELLO are all derived from this line. Step it with every
 * change to this file that the other side can notice.
 */
#define DAEDALUS_PROTO_VERSION 3

#define DAEDALUS_DEVICE_NAME "daedalus-v4l2" /* under /dev */

/*
 * Bit numbers of the coded formats in daedalus_hello.codecs. Behind each the
 * V4L2_PIX_FMT_* of the stateless node and of the stateful one; a dash where
 * there is none.
 */
enum daedalus_codec {
	DAEDALUS_CODEC_H264 = 0,  /* H264_SLICE; H264 */
	DAEDALUS_CODEC_VP9 = 1,   /* VP9_FRAME; VP9 */
	DAEDALUS_CODEC_AV1 = 2,   /* AV1_FRAME; AV1 */
	DAEDALUS_CODEC_VP8 = 3,   /* VP8_FRAME; VP8 */
	DAEDALUS_CODEC_MPEG2 = 4, /* MPEG2_SLICE; MPEG2 */
	DAEDALUS_CODEC_MPEG4 = 5, /* -; MPEG4 (part 2) */
	DAEDALUS_CODEC_H263 = 6,  /* -; H263 */
	DAEDALUS_CODEC_COUNT = 7,
};

/* ---- control fd ------------------------------------------------------- */

#define DAEDALUS_VERSION_LENGTH 32 /* bytes, NUL included */

/*
 * HELLO: the first ioctl on a control fd; every other one fails with ENOTCONN
 * before it. This structure and its ioctl number are frozen for ever, so that
 * any two versions can at least tell each other what they are.
 *
 * EPROTONOSUPPORT: proto_version is not the module's. The module has filled in
 * its own proto_version and module_version all the same, and logged one line
 * that names both. EINVAL: a reserved field, an unknown feature or codec bit,
 * or a limit out of range. A second HELLO on the same fd replaces the limits.
 */
struct daedalus_hello {
	__u32 proto_version;  /* in: the daemon's; out: the module's */
	__u32 job_timeout_ms; /* in: the kernel's watchdog, 50..60000 */
	__u64 codecs;         /* in: 1 << enum daedalus_codec, what the daemon decodes */
	__u64 features;       /* in: DAEDALUS_FEATURE_* wanted; out: those granted */
	__u32 max_sessions;   /* in: streaming sessions at a time, 1..1024 */
	__u32 reserved32;
	char daemon_version[DAEDALUS_VERSION_LENGTH]; /* in: for logs, NUL terminated */
	char module_version[DAEDALUS_VERSION_LENGTH]; /* out: NUL terminated */
	__u64 reserved[4];
};

/*
 * No features are defined yet; the field is what lets one side grow without
 * stepping the version of the other.
 */
#define DAEDALUS_FEATURES_KNOWN 0ULL

#define DAEDALUS_COMM_LENGTH 16

/* What kind of V4L2 node the session's client opened. */
enum daedalus_session_kind {
	DAEDALUS_SESSION_STATELESS = 0, /* DECODE: a request, in decode order */
	DAEDALUS_SESSION_STATEFUL = 1,  /* INPUT, CAPTURE, DRAIN: a stream, in display order */
};

/*
 * ACCEPT: takes the oldest session that waits for a worker and returns its
 * session fd (close-on-exec) as the ioctl's result; info describes it. A
 * session whose worker died waits again as long as its client streams.
 *
 * EAGAIN: no session waits (poll the control fd for POLLIN).
 */
struct daedalus_session_info {
	__u64 session;        /* out: its number, never used again while the module is loaded */
	__u32 kind;           /* out: enum daedalus_session_kind */
	__u32 codec;          /* out: enum daedalus_codec */
	__u32 client_pid;     /* out: thread group id in the initial pid namespace */
	__u32 attempt;        /* out: 0 for its first worker, 1 for the next, ... */
	__u32 max_message;    /* out: bytes; no message of this session is longer now */
	__u32 reserved32;
	char client_comm[DAEDALUS_COMM_LENGTH]; /* out: NUL terminated, chosen by the client */
	__u64 reserved[4];
};

/*
 * CANCEL: an administrator ends jobs of a session. Each is completed with an
 * error to the client; the worker's later answer gets ENOENT.
 *
 * ENOENT: no such session, or no such job in it.
 */
struct daedalus_cancel {
	__u64 session;  /* in */
	__u64 cookie;   /* in: one job's; 0 for all of the session's */
	__u32 canceled; /* out: how many jobs were ended */
	__u32 reserved32;
};

/* ---- session fd: messages from read(2) -------------------------------- */

/*
 * read(2) returns one or more whole messages; each begins with this header on
 * an 8-byte boundary. EMSGSIZE: the buffer is smaller than the next message
 * (daedalus_session_info.max_message, or MAX_MESSAGE later on, is always
 * enough); nothing is lost. EAGAIN: nothing to read, and the fd is
 * non-blocking. 0 bytes: the client closed the session; nothing will follow.
 */
enum daedalus_message_type {
	DAEDALUS_MSG_DECODE = 1,
	DAEDALUS_MSG_FLUSH = 2,
	DAEDALUS_MSG_RETIRE = 3,
	DAEDALUS_MSG_FORMAT = 4,
	DAEDALUS_MSG_INPUT = 5,   /* of stateful sessions, as the next two */
	DAEDALUS_MSG_CAPTURE = 6,
	DAEDALUS_MSG_DRAIN = 7,
};

struct daedalus_message {
	__u32 type;   /* enum daedalus_message_type */
	__u32 length; /* bytes, this header included, a multiple of 8 */
};

#define DAEDALUS_MAX_PLANES 3

/*
 * The memory layout of a CAPTURE buffer, or of the CAPTURE queue's format.
 * Formats of one memory plane (NV12, P010, YU12) have the chroma follow the
 * luma at bytesperline * height; those of three (YUV420M) have a dma-buf for
 * each plane. Chroma lines of planar formats are bytesperline / 2 apart.
 */
struct daedalus_picture_layout {
	__u32 pixelformat;  /* V4L2_PIX_FMT_NV12, P010, YUV420 (YU12), YUV420M */
	__u32 width;        /* luma samples */
	__u32 height;       /* luma lines */
	__u32 bytesperline; /* of luma */
	__u32 planes;       /* memory planes: dma-bufs to EXPORT, 1..DAEDALUS_MAX_PLANES */
	__u32 sizeimage[DAEDALUS_MAX_PLANES]; /* bytes that may be written in each */
};

/*
 * FORMAT: what the client streams. The first message of every worker, and sent
 * again whenever streaming begins with another format. A worker may open its
 * decoder here, before the first frame.
 */
struct daedalus_msg_format {
	struct daedalus_message header;
	__u32 codec;        /* enum daedalus_codec */
	__u32 max_message;  /* bytes, as in daedalus_session_info */
	__u32 coded_width;  /* of the OUTPUT format, luma samples */
	__u32 coded_height;
	__u32 kind;         /* enum daedalus_session_kind */
	__u32 input_epoch;  /* what inputs of earlier epochs led to is void; see FLUSH */
	struct daedalus_picture_layout capture;
};

/*
 * One control of a request, as the client set it or as it persists from an
 * earlier request. The payload, `size` bytes of the struct v4l2_ctrl_* that
 * the uAPI headers define for `id`, follows and is padded to 8 bytes. A dynamic
 * array has elems elements of size / elems bytes each.
 */
struct daedalus_control {
	__u32 id;    /* V4L2_CID_STATELESS_* */
	__u32 size;  /* bytes of payload */
	__u32 elems; /* 1 but for arrays */
	__u32 reserved32;
};

/*
 * DECODE: one request. Records of struct daedalus_control fill
 * [controls_offset, controls_offset + controls_length), then comes the
 * bitstream; offsets count from the start of the message and are multiples
 * of 8. Answer with COMPLETE, in any order: the kernel hands buffers back to
 * the client in the order of the DECODE messages.
 */
struct daedalus_msg_decode {
	struct daedalus_message header;
	__u64 cookie;      /* names the job: epoch in the upper 32 bits, never 0 */
	__u64 timestamp;   /* ns: the OUTPUT buffer's, what references are named by */
	__u64 dst_buffer;  /* id of the CAPTURE buffer to write, never 0 */
	__u32 flags;       /* DAEDALUS_DECODE_* */
	__u32 attempt;     /* how many workers died holding this job: 0 or 1 */
	__u32 queued;      /* jobs that already wait behind this one */
	__u32 coded_width; /* of the OUTPUT format when the request was queued */
	__u32 coded_height;
	__u32 reserved32;
	__u64 age_ns;      /* since the client queued the request */
	__u32 controls_offset;
	__u32 controls_length;
	__u32 bitstream_offset;
	__u32 bitstream_length;
	struct daedalus_picture_layout dst;
};

/* The buffer stays with the driver: another field of this picture follows. */
#define DAEDALUS_DECODE_HOLD (1U << 0)
/* dst_buffer is the one of the job before, held for this second field. */
#define DAEDALUS_DECODE_HELD (1U << 1)
/*
 * dst_buffer is imported memory: bracket CPU access with DMA_BUF_IOCTL_SYNC.
 * For all other buffers the kernel does the cache maintenance in COMPLETE.
 */
#define DAEDALUS_DECODE_IMPORTED (1U << 2)
#define DAEDALUS_DECODE_FLAGS_KNOWN 7U

/*
 * FLUSH: the client stopped streaming (a seek, a resize, the end). What flags
 * name is gone. The kernel delivers no DECODE, INPUT, CAPTURE or DRAIN until
 * FLUSHED has been answered, so that a buffer that the client took back is never
 * dispatched again while the worker may still write to it.
 */
struct daedalus_msg_flush {
	struct daedalus_message header;
	__u32 epoch; /* the new one */
	__u32 flags; /* DAEDALUS_FLUSH_*, at least one */
};

/*
 * Everything that was read to be decoded: jobs, references, and the pictures
 * that were made of them and not answered.
 */
#define DAEDALUS_FLUSH_INPUT (1U << 0)
/*
 * Every CAPTURE buffer that was read. In stateful sessions this may come alone:
 * pictures then wait for other buffers.
 */
#define DAEDALUS_FLUSH_CAPTURE (1U << 1)
#define DAEDALUS_FLUSH_FLAGS_KNOWN 3U

/*
 * RETIRE: the client freed a CAPTURE buffer; unmap it, or its memory stays.
 * Ids are never used again, so a late or repeated RETIRE does no harm.
 */
struct daedalus_msg_retire {
	struct daedalus_message header;
	__u64 buffer; /* 0: every buffer this worker has mapped */
};

/*
 * INPUT: a piece of the stream, as the client queued it in one OUTPUT buffer: an
 * access unit, or parameter sets alone, or nothing at all. Answer with COMPLETE
 * when the decoder has taken it in, in any order; pictures are another matter.
 * The bitstream lies at bitstream_offset from the start of the message, which is
 * a multiple of 8.
 */
struct daedalus_msg_input {
	struct daedalus_message header;
	__u64 cookie;    /* names the job: epoch in the upper 32 bits, never 0 */
	__u64 timestamp; /* ns: the OUTPUT buffer's; 0 and repeated ones are good */
	__u32 flags;     /* none are defined */
	__u32 attempt;   /* how many workers died holding this job: 0 or 1 */
	__u32 queued;    /* jobs that already wait behind this one */
	__u32 reserved32;
	__u64 age_ns;    /* since the client queued the buffer */
	__u32 bitstream_offset;
	__u32 bitstream_length;
	__u64 reserved;
};

/*
 * CAPTURE: a buffer for the next picture in display order. It is the worker's
 * until PICTURE, a STREAM answered with DAEDALUS_STREAM_WAIT, the COMPLETE of a
 * DRAIN, or a FLUSH of CAPTURE.
 */
struct daedalus_msg_capture {
	struct daedalus_message header;
	__u64 cookie; /* names this use of the buffer, never 0 */
	__u64 buffer; /* id, never 0 */
	__u32 flags;  /* DAEDALUS_CAPTURE_* */
	__u32 reserved32;
	struct daedalus_picture_layout layout;
};

/* As DAEDALUS_DECODE_IMPORTED. */
#define DAEDALUS_CAPTURE_IMPORTED (1U << 0)
#define DAEDALUS_CAPTURE_FLAGS_KNOWN 1U

/*
 * DRAIN: the client has said that this is the end. Every picture of earlier
 * INPUTs goes out; then COMPLETE answers the DRAIN, which gives back all CAPTURE
 * buffers. INPUTs may come again afterwards: where no STREAMOFF was between, a
 * stream goes on.
 */
struct daedalus_msg_drain {
	struct daedalus_message header;
	__u64 cookie; /* names the job, as in INPUT */
	__u32 attempt;
	__u32 reserved32;
};

/* ---- session fd: ioctls ------------------------------------------------ */

/* Why a picture is not what the stream says. Also the index of error counters. */
enum daedalus_status {
	DAEDALUS_STATUS_OK = 0,
	DAEDALUS_STATUS_CONCEALED = 1,   /* pixels are there, some of them guessed */
	DAEDALUS_STATUS_BAD_STREAM = 2,  /* the decoder refused the bitstream or controls */
	DAEDALUS_STATUS_UNSUPPORTED = 3, /* valid, but not a profile decoded here */
	DAEDALUS_STATUS_BAD_BUFFER = 4,  /* CAPTURE can't hold it, or OUTPUT be read */
	DAEDALUS_STATUS_INTERNAL = 5,    /* out of memory and the like */
	/* the rest is said by the kernel alone */
	DAEDALUS_STATUS_TIMEOUT = 6,     /* the watchdog ended the job */
	DAEDALUS_STATUS_WORKER_DIED = 7,
	DAEDALUS_STATUS_NO_DAEMON = 8,
	DAEDALUS_STATUS_CANCELED = 9,    /* by CANCEL */
	DAEDALUS_STATUS_COUNT = 10,
};

/*
 * COMPLETE: the answer to a DECODE, INPUT or DRAIN. The client's buffers of a
 * DECODE are returned with V4L2_BUF_FLAG_ERROR unless status is OK and HAS_PIXELS
 * is set; the one of an INPUT, unless status is OK.
 *
 * ENOENT: no such job: stream-off, the watchdog or CANCEL ended it. Harmless;
 * read on. EINVAL: unknown flags or status, or SRC_CONSUMED missing.
 */
struct daedalus_complete {
	__u64 cookie;
	__u32 flags;     /* DAEDALUS_COMPLETE_* */
	__u32 status;    /* enum daedalus_status, at most DAEDALUS_STATUS_INTERNAL */
	__u64 reserved[2];
};

#define DAEDALUS_COMPLETE_SRC_CONSUMED (1U << 0) /* the bitstream is done with */
#define DAEDALUS_COMPLETE_HAS_PIXELS (1U << 1)   /* dst holds a picture; DECODE only */
#define DAEDALUS_COMPLETE_FLAGS_KNOWN 3U

/*
 * EXPORT: returns, as the ioctl's result, a new dma-buf fd (close-on-exec, read
 * and write) for one memory plane of a CAPTURE buffer that this worker holds.
 *
 * ENOENT: no undone job of this session has that destination, and no CAPTURE
 * offered that buffer. EINVAL: no such plane.
 */
struct daedalus_export {
	__u64 buffer;
	__u32 plane;
	__u32 reserved32;
};

/*
 * FLUSHED: the worker has dropped what the FLUSH of this epoch named, and writes
 * to no buffer of those. EINVAL: not the epoch of a FLUSH that was read.
 */
struct daedalus_flushed {
	__u32 epoch;
	__u32 reserved32;
};

/*
 * PICTURE: the buffer of a CAPTURE holds the next picture in display order, and
 * goes to the client. With a status other than OK it goes as an error.
 *
 * ENOENT: the buffer is not this worker's any more; the FLUSH that says so waits
 * to be read. Keep the picture: that FLUSH tells whether it is of use. ESTALE: a
 * FLUSH of INPUT waits to be read, so nobody wants this picture; the buffer stays
 * with the worker. EINVAL: unknown flags or status.
 */
struct daedalus_picture {
	__u64 cookie;    /* the CAPTURE's */
	__u64 timestamp; /* ns: of the INPUT that the picture came in */
	__u32 flags;     /* DAEDALUS_PICTURE_* */
	__u32 status;    /* enum daedalus_status, at most DAEDALUS_STATUS_INTERNAL */
	__u64 reserved[2];
};

#define DAEDALUS_PICTURE_KEY (1U << 0) /* decodes without others */
#define DAEDALUS_PICTURE_FLAGS_KNOWN 1U

/*
 * STREAM: what the stream turns out to be, before the first picture of a session
 * is answered, before the first one after a FLUSH of INPUT, and whenever it
 * changes; all earlier pictures have been answered. Values of V4L2 are the
 * kernel's enumerations of the same name.
 *
 * Result 0: go on. DAEDALUS_STREAM_WAIT: the client has to make other buffers
 * first. Every CAPTURE read so far is void; new ones come when it has. ESTALE: a
 * FLUSH of INPUT waits to be read; say it again after that, if it still is so.
 * EINVAL: a value out of range.
 */
struct daedalus_stream {
	__u32 coded_width; /* luma samples */
	__u32 coded_height;
	__u32 width;       /* of what is shown, and written to buffers: 1..8192 */
	__u32 height;
	__u32 bit_depth;   /* 8 or 10 */
	__u32 colorspace;  /* enum v4l2_colorspace, not DEFAULT */
	__u32 xfer_func;
	__u32 ycbcr_enc;
	__u32 quantization;
	__u32 pixel_width; /* aspect of a pixel; 1, 1 where not known */
	__u32 pixel_height;
	__u32 reserved32[5];
};

#define DAEDALUS_STREAM_WAIT 1

#define DAEDALUS_IOC_MAGIC 0xDA

#define DAEDALUS_IOC_HELLO _IOWR(DAEDALUS_IOC_MAGIC, 0x00, struct daedalus_hello)
#define DAEDALUS_IOC_ACCEPT _IOR(DAEDALUS_IOC_MAGIC, 0x01, struct daedalus_session_info)
#define DAEDALUS_IOC_CANCEL _IOWR(DAEDALUS_IOC_MAGIC, 0x02, struct daedalus_cancel)

#define DAEDALUS_IOC_COMPLETE _IOW(DAEDALUS_IOC_MAGIC, 0x40, struct daedalus_complete)
#define DAEDALUS_IOC_EXPORT _IOW(DAEDALUS_IOC_MAGIC, 0x41, struct daedalus_export)
#define DAEDALUS_IOC_FLUSHED _IOW(DAEDALUS_IOC_MAGIC, 0x42, struct daedalus_flushed)
#define DAEDALUS_IOC_PICTURE _IOW(DAEDALUS_IOC_MAGIC, 0x44, struct daedalus_picture)
#define DAEDALUS_IOC_STREAM _IOW(DAEDALUS_IOC_MAGIC, 0x45, struct daedalus_stream)
/* Result: bytes a buffer for read(2) must have at least for the next message. */
#define DAEDALUS_IOC_MAX_MESSAGE _IO(DAEDALUS_IOC_MAGIC, 0x43)

#endif
