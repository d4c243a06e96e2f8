// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dispatcher: turns pairs of queued buffers into jobs, in the client's own
 * calls, under its own queue lock. It never sleeps for anyone.
 */
#include "daedalus-compat.h"
#include "daedalus_trace.h"
#include "daedalus.h"

/*
 * The CAPTURE buffer that an earlier field of the same picture left behind. A
 * held buffer of another picture is complete now and goes to the client.
 */
static struct vb2_v4l2_buffer *
daedalus_take_held(struct daedalus_session *s, const struct vb2_v4l2_buffer *src)
{
	struct vb2_v4l2_buffer *dst = NULL;

	mutex_lock(&s->lock);
	if (s->held) {
		dst = &s->held->m2m.vb;
		if (dst->vb2_buf.timestamp != src->vb2_buf.timestamp) {
			daedalus_job_release_held(s, VB2_BUF_STATE_DONE);
			dst = NULL;
		}
	}
	mutex_unlock(&s->lock);
	return dst;
}

/*
 * Applies the request's controls and copies all that the worker needs. Returns
 * false where that fails; the request's controls are completed either way, the
 * one time that they must be.
 */
static bool daedalus_prepare_job(struct daedalus_ctx *ctx,
				 struct daedalus_src_buffer *src)
{
	struct daedalus_job *job = &src->job;
	struct media_request *req = src->m2m.vb.vb2_buf.req_obj.req;
	int ret;

	ret = v4l2_ctrl_request_setup(req, &ctx->hdl);
	job->controls = src->controls;
	job->controls_length =
		daedalus_controls_copy(ctx, req, src->controls,
				       daedalus_controls_max_size(ctx));
	v4l2_ctrl_request_complete(req, &ctx->hdl);
	job->coded_width = ctx->output.width;
	job->coded_height = ctx->output.height;
	return !ret && job->controls_length;
}

static bool daedalus_dispatch_one(struct daedalus_ctx *ctx)
{
	struct v4l2_m2m_ctx *m2m = ctx->fh.m2m_ctx;
	struct daedalus_session *s = ctx->session;
	struct vb2_v4l2_buffer *src_vbuf, *dst_vbuf;
	struct daedalus_src_buffer *src;
	bool held, prepared;

	src_vbuf = v4l2_m2m_next_src_buf(m2m);
	if (!src_vbuf)
		return false;
	dst_vbuf = daedalus_take_held(s, src_vbuf);
	held = dst_vbuf;
	if (!held)
		dst_vbuf = v4l2_m2m_dst_buf_remove(m2m);
	if (!dst_vbuf)
		return false;
	v4l2_m2m_src_buf_remove(m2m);

	src = daedalus_to_src(src_vbuf);
	prepared = daedalus_prepare_job(ctx, src);
	/* Later jobs in flight look references up by this timestamp. */
	daedalus_copy_metadata(src_vbuf, dst_vbuf);

	mutex_lock(&s->lock);
	daedalus_job_start_request(s, &src->job, dst_vbuf, held);
	if (!prepared)
		daedalus_job_finish(s, &src->job, DAEDALUS_STATUS_BAD_STREAM,
				    false);
	else if (!s->worker && !READ_ONCE(ctx->dev->attached))
		daedalus_job_finish(s, &src->job, DAEDALUS_STATUS_NO_DAEMON,
				    false);
	daedalus_job_pop_finished(s);
	daedalus_watchdog_arm(s);
	mutex_unlock(&s->lock);
	wake_up_interruptible(&s->wait);
	return true;
}

/* Starts every job that the ready queues have both buffers for. */
void daedalus_dispatch(struct daedalus_ctx *ctx)
{
	lockdep_assert_held(&ctx->vb_mutex);

	if (!ctx->output_streaming || !ctx->capture_streaming)
		return;
	while (daedalus_dispatch_one(ctx))
		;
}

/*
 * One of the queues stops: every job has a buffer of it. Both buffers of each
 * go back at once, whatever a worker is doing with them; it is told by FLUSH,
 * and gets no other job of this session before it has answered that.
 */
void daedalus_dispatch_stop(struct daedalus_ctx *ctx, struct vb2_queue *q)
{
	struct v4l2_m2m_ctx *m2m = ctx->fh.m2m_ctx;
	struct daedalus_session *s = ctx->session;
	struct vb2_v4l2_buffer *vbuf;

	lockdep_assert_held(&ctx->vb_mutex);

	mutex_lock(&s->lock);
	daedalus_job_drop_all(s);
	daedalus_session_flush(s, DAEDALUS_FLUSH_INPUT | DAEDALUS_FLUSH_CAPTURE);
	mutex_unlock(&s->lock);

	if (V4L2_TYPE_IS_OUTPUT(q->type)) {
		while ((vbuf = v4l2_m2m_src_buf_remove(m2m))) {
			v4l2_ctrl_request_complete(vbuf->vb2_buf.req_obj.req,
						   &ctx->hdl);
			v4l2_m2m_buf_done(vbuf, VB2_BUF_STATE_ERROR);
		}
	} else {
		while ((vbuf = v4l2_m2m_dst_buf_remove(m2m)))
			v4l2_m2m_buf_done(vbuf, VB2_BUF_STATE_ERROR);
	}
}

/*
 * V4L2_DEC_CMD_FLUSH: no second field will follow. A field that waits for its
 * CAPTURE buffer, or is being decoded, keeps none when it is done.
 */
void daedalus_dispatch_flush_held(struct daedalus_ctx *ctx)
{
	struct vb2_v4l2_buffer *last =
		v4l2_m2m_last_src_buf(ctx->fh.m2m_ctx);
	struct daedalus_session *s = ctx->session;

	lockdep_assert_held(&ctx->vb_mutex);

	if (last) {
		last->flags &= ~V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF;
		return;
	}
	mutex_lock(&s->lock);
	if (s->held)
		daedalus_job_release_held(s, VB2_BUF_STATE_DONE);
	mutex_unlock(&s->lock);
}
