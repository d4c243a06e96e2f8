/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the stateful node offer each other and the rest. The structures
 * are in daedalus.h, which includes this.
 */
#ifndef DAEDALUS_STATEFUL_H
#define DAEDALUS_STATEFUL_H

/* daedalus-stateful-formats.c */
#define DAEDALUS_MIN_CAPTURES 14 /* what clients are told to allocate at least */

void daedalus_stateful_set_default_formats(struct daedalus_ctx *ctx);
void daedalus_stateful_take_stream(struct daedalus_ctx *ctx);
void daedalus_stream_layout(const struct daedalus_stream *stream, u32 fourcc,
			    struct daedalus_picture_layout *layout);
int daedalus_stateful_enum_fmt_output(struct file *file, void *priv,
				      struct v4l2_fmtdesc *f);
int daedalus_stateful_enum_fmt_capture(struct file *file, void *priv,
				       struct v4l2_fmtdesc *f);
int daedalus_stateful_enum_framesizes(struct file *file, void *priv,
				      struct v4l2_frmsizeenum *fsize);
int daedalus_stateful_g_fmt_output(struct file *file, void *priv,
				   struct v4l2_format *f);
int daedalus_stateful_g_fmt_capture(struct file *file, void *priv,
				    struct v4l2_format *f);
int daedalus_stateful_try_fmt_output(struct file *file, void *priv,
				     struct v4l2_format *f);
int daedalus_stateful_try_fmt_capture(struct file *file, void *priv,
				      struct v4l2_format *f);
int daedalus_stateful_s_fmt_output(struct file *file, void *priv,
				   struct v4l2_format *f);
int daedalus_stateful_s_fmt_capture(struct file *file, void *priv,
				    struct v4l2_format *f);

/*
 * daedalus-stateful-captures.c: session->lock; the last two take it themselves, in
 * the client's calls.
 */
struct daedalus_dst_buffer *daedalus_flow_find(struct daedalus_session *s,
					       u64 buffer);
struct daedalus_dst_buffer *daedalus_flow_next_offer(struct daedalus_session *s);
bool daedalus_flow_waits_for_client(struct daedalus_session *s);
void daedalus_flow_take_captures(struct daedalus_ctx *ctx);
void daedalus_flow_offer(struct daedalus_session *s);
void daedalus_flow_withdraw(struct daedalus_session *s);
void daedalus_flow_worker_gone(struct daedalus_session *s);
void daedalus_flow_note_source(struct daedalus_flow *flow,
			       const struct vb2_v4l2_buffer *src);
int daedalus_flow_picture(struct daedalus_worker *w,
			  const struct daedalus_picture *answer);
void daedalus_capture_done(struct daedalus_session *s,
			   struct daedalus_dst_buffer *dst,
			   enum vb2_buffer_state state, bool picture);
void daedalus_flow_set_capture(struct daedalus_session *s,
			       const struct v4l2_pix_format_mplane *pix);
void daedalus_flow_count_buffer(struct daedalus_session *s, int by);

/*
 * daedalus-stateful-flow.c: session->lock; from daedalus_flow_dequeued on they take
 * it themselves, in the client's calls.
 */
void daedalus_flow_init(struct daedalus_session *s);
bool daedalus_flow_input_is_stale(const struct daedalus_session *s);
void daedalus_flow_drained(struct daedalus_session *s, bool by_worker);
void daedalus_flow_fail(struct daedalus_session *s);
int daedalus_flow_stream(struct daedalus_worker *w,
			 const struct daedalus_stream *stream);
void daedalus_flow_dequeued(struct daedalus_ctx *ctx);
__poll_t daedalus_flow_poll(struct daedalus_ctx *ctx, __poll_t wanted,
			    __poll_t events);
int daedalus_flow_stop_decoder(struct daedalus_ctx *ctx);
int daedalus_flow_start_decoder(struct daedalus_ctx *ctx);
void daedalus_flow_dispatch(struct daedalus_ctx *ctx);
void daedalus_flow_stop(struct daedalus_ctx *ctx, struct vb2_queue *q);

#endif
