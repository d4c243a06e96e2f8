// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow of a stateful session: OUTPUT buffers become jobs, CAPTURE buffers
 * offers (daedalus-stateful-captures.c), and what becomes of both when the stream
 * changes, ends or is sought in. What runs and what does not is told at struct
 * daedalus_flow.
 *
 * The two queues are independent. A picture belongs to no OUTPUT buffer; its
 * timestamp comes from the worker.
 */
#include <media/v4l2-event.h>

#include "daedalus-compat.h"
#include "daedalus_trace.h"
#include "daedalus.h"

void daedalus_flow_init(struct daedalus_session *s)
{
	INIT_LIST_HEAD(&s->flow.captures);
	INIT_LIST_HEAD(&s->flow.drain.node);
	s->flow.field = V4L2_FIELD_NONE;
}

static void daedalus_flow_tell_end(struct daedalus_session *s)
{
	static const struct v4l2_event eos = { .type = V4L2_EVENT_EOS };

	if (s->ctx && !s->flow.end_told)
		v4l2_event_queue_fh(&s->ctx->fh, &eos);
	s->flow.end_told = true;
}

/*
 * An empty buffer says that the last picture is out; without one it has to wait.
 * A client that has no such queue yet, because nothing of the stream could be
 * decoded, gets the event alone: it would wait for ever else.
 */
static void daedalus_flow_give_last(struct daedalus_session *s)
{
	struct daedalus_flow *flow = &s->flow;
	struct daedalus_dst_buffer *dst =
		list_first_entry_or_null(&flow->captures,
					 struct daedalus_dst_buffer, node);

	flow->last_pending = !dst;
	if (flow->stopped && (dst || !flow->capture_streaming))
		daedalus_flow_tell_end(s);
	/* Who has not asked for the event, but polls, is told by an error. */
	if (flow->stopped && !flow->capture_streaming && s->ctx)
		wake_up_all(&v4l2_m2m_get_dst_vq(s->ctx->fh.m2m_ctx)->done_wq);
	if (!dst)
		return;
	dst->m2m.vb.flags |= V4L2_BUF_FLAG_LAST;
	daedalus_capture_done(s, dst, VB2_BUF_STATE_DONE, false);
}

/*
 * The drain's job is done. If it was not the worker who said so, it may be writing
 * still, and has to be told that nobody wants it to.
 */
void daedalus_flow_drained(struct daedalus_session *s, bool by_worker)
{
	lockdep_assert_held(&s->lock);
	if (!by_worker) {
		daedalus_job_drop_all(s);
		daedalus_session_flush(s, DAEDALUS_FLUSH_INPUT |
					  DAEDALUS_FLUSH_CAPTURE);
	}
	s->flow.draining = false;
	s->flow.stopped = true;
	s->flow.end_told = false;
	daedalus_flow_withdraw(s);
	daedalus_flow_give_last(s);
}

/* No one will decode this any more: both queues fail, and say so to who waits. */
void daedalus_flow_fail(struct daedalus_session *s)
{
	struct v4l2_m2m_ctx *m2m;

	lockdep_assert_held(&s->lock);
	if (!s->ctx)
		return;
	m2m = s->ctx->fh.m2m_ctx;
	if (s->flow.output_streaming)
		vb2_queue_error(v4l2_m2m_get_src_vq(m2m));
	if (s->flow.capture_streaming)
		vb2_queue_error(v4l2_m2m_get_dst_vq(m2m));
}

/*
 * The event that there is another stream, and the LAST buffer of the old one: at the
 * same moment, for clients act on either. Some make new buffers at once, so this
 * waits until they have the old pictures.
 */
static void daedalus_flow_tell_change(struct daedalus_session *s)
{
	static const struct v4l2_event change = {
		.type = V4L2_EVENT_SOURCE_CHANGE,
		.u.src_change.changes = V4L2_EVENT_SRC_CH_RESOLUTION,
	};
	struct daedalus_flow *flow = &s->flow;

	flow->untold = false;
	if (s->ctx)
		v4l2_event_queue_fh(&s->ctx->fh, &change);
	if (flow->changing && flow->capture_streaming)
		daedalus_flow_give_last(s);
}

/*
 * The helper calls it an error of the client's if no buffer is queued. But clients
 * poll for what the stream is like before there is a CAPTURE queue, and where another
 * thread feeds OUTPUT, there may be nothing in that at the moment. It is one if no
 * stream can be told of any more.
 */
__poll_t daedalus_flow_poll(struct daedalus_ctx *ctx, __poll_t wanted,
			    __poll_t events)
{
	struct daedalus_session *s = ctx->session;
	struct vb2_queue *output = v4l2_m2m_get_src_vq(ctx->fh.m2m_ctx);

	if (!(wanted & (EPOLLIN | EPOLLRDNORM)))
		return events;
	mutex_lock(&s->lock);
	if (s->flow.output_streaming && !s->flow.capture_streaming &&
	    !output->error) {
		if (s->flow.stopped && !s->flow.told)
			events |= EPOLLERR;
		else
			events &= ~EPOLLERR;
	}
	mutex_unlock(&s->lock);
	return events;
}

static bool daedalus_client_has_all(struct daedalus_ctx *ctx)
{
	struct vb2_queue *q = v4l2_m2m_get_dst_vq(ctx->fh.m2m_ctx);
	unsigned long flags;
	bool all;

	spin_lock_irqsave(&q->done_lock, flags);
	all = list_empty(&q->done_list);
	spin_unlock_irqrestore(&q->done_lock, flags);
	return all;
}

/* The client has taken a CAPTURE buffer. */
void daedalus_flow_dequeued(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;

	lockdep_assert_held(&ctx->vb_mutex);
	mutex_lock(&s->lock);
	if (s->flow.untold && daedalus_client_has_all(ctx))
		daedalus_flow_tell_change(s);
	mutex_unlock(&s->lock);
}

bool daedalus_flow_input_is_stale(const struct daedalus_session *s)
{
	return s->flush_pending && s->flush_flags & DAEDALUS_FLUSH_INPUT;
}

/*
 * The worker knows the stream. Clients that have buffers for just this are not
 * told, if they stream into them or have only sought: some decode without ever
 * having waited for it. Those that begin another stream wait, though they may have
 * kept their buffers. The others are told, and make buffers; if they stream into
 * other ones already, these end with a LAST one.
 */
int daedalus_flow_stream(struct daedalus_worker *w,
			 const struct daedalus_stream *stream)
{
	struct daedalus_session *s = w->session;
	struct daedalus_flow *flow = &s->flow;
	struct daedalus_picture_layout layout;
	bool fits, same_size, known = flow->stream_known;

	lockdep_assert_held(&s->lock);
	if (w->broken || !s->ctx || daedalus_flow_input_is_stale(s))
		return -ESTALE;

	daedalus_stream_layout(stream, s->capture.pixelformat, &layout);
	fits = flow->buffers && !memcmp(&layout, &s->capture, sizeof(layout));
	same_size = !known ||
		    (flow->stream.width == stream->width &&
		     flow->stream.height == stream->height);
	/* Once: a worker that says it again and again is none that decodes. */
	if (!flow->told)
		s->progress = ktime_get();
	flow->stream = *stream;
	flow->stream_known = true;
	flow->told = true;
	flow->unaware = false;
	flow->stream_changes++;
	if (fits && same_size && !flow->changing &&
	    (known || flow->capture_streaming))
		return 0;

	if (!flow->capture_streaming) {
		daedalus_flow_tell_change(s);
		return 0;
	}
	daedalus_flow_withdraw(s);
	if (!flow->changing) {
		flow->changing = true;
		flow->untold = true;
		if (daedalus_client_has_all(s->ctx))
			daedalus_flow_tell_change(s);
	}
	return DAEDALUS_STREAM_WAIT;
}

static void daedalus_flow_drain(struct daedalus_session *s)
{
	s->flow.draining = true;
	daedalus_job_start(s, &s->flow.drain, DAEDALUS_JOB_DRAIN);
}

/* OUTPUT buffers become jobs, up to the end that the client has named. */
static void daedalus_flow_take_inputs(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	struct daedalus_flow *flow = &s->flow;
	struct vb2_v4l2_buffer *vbuf;

	while (!flow->draining && !flow->stopped &&
	       (vbuf = v4l2_m2m_src_buf_remove(ctx->fh.m2m_ctx))) {
		struct daedalus_src_buffer *src = daedalus_to_src(vbuf);

		vbuf->sequence = flow->src_sequence++;
		daedalus_flow_note_source(flow, vbuf);
		daedalus_job_start(s, &src->job, DAEDALUS_JOB_INPUT);
		/* An empty buffer is how the end was told before STOP. */
		if (!src->bitstream_length)
			daedalus_flow_drain(s);
	}
}

static void daedalus_flow_run(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;

	if (ctx->capture_streaming) {
		daedalus_flow_take_captures(ctx);
		if (s->flow.last_pending)
			daedalus_flow_give_last(s);
		daedalus_flow_offer(s);
	}
	if (ctx->output_streaming)
		daedalus_flow_take_inputs(ctx);
	if (!s->worker && !READ_ONCE(ctx->dev->attached) &&
	    !list_empty(&s->jobs))
		daedalus_job_fail_all(s, DAEDALUS_STATUS_NO_DAEMON);
	daedalus_watchdog_arm(s);
	wake_up_interruptible(&s->wait);
}

void daedalus_flow_dispatch(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	struct daedalus_flow *flow = &s->flow;
	bool begins;

	lockdep_assert_held(&ctx->vb_mutex);
	mutex_lock(&s->lock);
	/* What the queues have begun since the last time. */
	if (ctx->output_streaming && !flow->output_streaming)
		flow->src_sequence = 0;
	begins = ctx->capture_streaming && !flow->capture_streaming;
	flow->output_streaming = ctx->output_streaming;
	flow->capture_streaming = ctx->capture_streaming;
	if (begins && flow->unseen) {
		flow->unseen = false;
		flow->changing = true;
		flow->last_pending = true;
	}
	/* What has failed already no picture will come of. */
	if (begins && v4l2_m2m_get_src_vq(ctx->fh.m2m_ctx)->error)
		daedalus_flow_fail(s);
	daedalus_flow_run(ctx);
	mutex_unlock(&s->lock);
}

/*
 * The flow goes on after its end. A LAST buffer that the client has not taken yet is
 * one without a picture now: else it would be told of an end there is no more, and
 * some take an empty buffer for one, too.
 */
static void daedalus_flow_forget_last(struct daedalus_ctx *ctx)
{
	struct vb2_queue *q = v4l2_m2m_get_dst_vq(ctx->fh.m2m_ctx);
	struct vb2_buffer *vb;
	unsigned long flags;

	ctx->session->flow.stopped = false;
	ctx->session->flow.last_pending = false;
	spin_lock_irqsave(&q->done_lock, flags);
	list_for_each_entry(vb, &q->done_list, done_entry) {
		struct vb2_v4l2_buffer *vbuf = to_vb2_v4l2_buffer(vb);

		if (!(vbuf->flags & V4L2_BUF_FLAG_LAST))
			continue;
		vbuf->flags &= ~V4L2_BUF_FLAG_LAST;
		vb->state = VB2_BUF_STATE_ERROR;
	}
	spin_unlock_irqrestore(&q->done_lock, flags);
	vb2_clear_last_buffer_dequeued(q);
}

/*
 * The OUTPUT queue stops: what was queued is dropped, the decoder forgets. CAPTURE
 * buffers stay where they are. A change of the stream that was under way is none any
 * more; if what comes next is that other stream, it begins again.
 */
static void daedalus_flow_stop_output(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	struct vb2_v4l2_buffer *vbuf;

	s->flow.output_streaming = false;
	daedalus_job_drop_all(s);
	daedalus_session_flush(s, DAEDALUS_FLUSH_INPUT);
	while ((vbuf = v4l2_m2m_src_buf_remove(ctx->fh.m2m_ctx)))
		v4l2_m2m_buf_done(vbuf, VB2_BUF_STATE_ERROR);
	s->flow.draining = false;
	s->flow.told = false;
	if (!s->flow.stopped && !s->flow.changing)
		return;
	if (s->flow.untold)
		s->flow.unaware = true;
	s->flow.changing = false;
	s->flow.untold = false;
	daedalus_flow_forget_last(ctx);
	daedalus_flow_offer(s);
}

/*
 * The CAPTURE queue stops. That is how a change of the stream goes on; without
 * one it is the end of a drain.
 */
static void daedalus_flow_stop_capture(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	struct daedalus_flow *flow = &s->flow;
	struct daedalus_dst_buffer *dst, *next;
	struct vb2_v4l2_buffer *vbuf;

	flow->capture_streaming = false;
	list_for_each_entry_safe(dst, next, &flow->captures, node)
		daedalus_capture_done(s, dst, VB2_BUF_STATE_ERROR, false);
	while ((vbuf = v4l2_m2m_dst_buf_remove(ctx->fh.m2m_ctx)))
		v4l2_m2m_buf_done(vbuf, VB2_BUF_STATE_ERROR);
	daedalus_session_flush(s, DAEDALUS_FLUSH_CAPTURE);
	if (flow->draining && !flow->changing) {
		daedalus_job_drop(s, &flow->drain);
		flow->draining = false;
	}
	flow->changing = false;
	if (flow->untold)
		daedalus_flow_tell_change(s);
	flow->stopped = false;
	flow->last_pending = false;
	daedalus_flow_run(ctx);
}

void daedalus_flow_stop(struct daedalus_ctx *ctx, struct vb2_queue *q)
{
	lockdep_assert_held(&ctx->vb_mutex);
	mutex_lock(&ctx->session->lock);
	if (V4L2_TYPE_IS_OUTPUT(q->type))
		daedalus_flow_stop_output(ctx);
	else
		daedalus_flow_stop_capture(ctx);
	mutex_unlock(&ctx->session->lock);
}

/* V4L2_DEC_CMD_STOP: everything queued so far, then the LAST buffer. */
int daedalus_flow_stop_decoder(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	int ret = 0;

	lockdep_assert_held(&ctx->vb_mutex);
	mutex_lock(&s->lock);
	if (s->flow.draining) {
		ret = -EBUSY;
	} else if (ctx->output_streaming && !s->flow.stopped) {
		daedalus_flow_drain(s);
		daedalus_flow_run(ctx);
	}
	mutex_unlock(&s->lock);
	return ret;
}

/*
 * V4L2_DEC_CMD_START: on after the LAST buffer, with the buffers there are. Some
 * clients say so behind any LAST buffer, before they look for events: to a change
 * that the client has not seen it is no answer.
 */
int daedalus_flow_start_decoder(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	struct daedalus_flow *flow = &s->flow;
	int ret = 0;

	lockdep_assert_held(&ctx->vb_mutex);
	mutex_lock(&s->lock);
	if (flow->untold ||
	    (flow->changing && v4l2_event_pending(&ctx->fh)))
		goto unlock;
	if (!flow->changing &&
	    (flow->draining || (flow->stopped && flow->last_pending &&
				flow->capture_streaming))) {
		ret = -EBUSY;
		goto unlock;
	}
	if (flow->changing && flow->stream_known)
		daedalus_stream_layout(&flow->stream, s->capture.pixelformat,
				       &s->capture);
	flow->changing = false;
	daedalus_flow_forget_last(ctx);
	daedalus_flow_run(ctx);
	if (flow->capture_streaming)
		daedalus_flow_offer(s);
unlock:
	mutex_unlock(&s->lock);
	return ret;
}
