// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CAPTURE buffers of a stateful session, from the client's QBUF to its DQBUF. The
 * states are described at enum daedalus_capture_state; when the flow runs, and who
 * gets the LAST one, is daedalus-stateful-flow.c's to say.
 */
#include "daedalus-compat.h"
#include "daedalus_trace.h"
#include "daedalus.h"

/* The buffer, if the worker may write to it now. */
struct daedalus_dst_buffer *daedalus_flow_find(struct daedalus_session *s,
					       u64 buffer)
{
	struct daedalus_dst_buffer *dst;

	lockdep_assert_held(&s->lock);
	list_for_each_entry(dst, &s->flow.captures, node)
		if (dst->state == DAEDALUS_CAPTURE_OFFERED && dst->id == buffer)
			return dst;
	return NULL;
}

struct daedalus_dst_buffer *daedalus_flow_next_offer(struct daedalus_session *s)
{
	struct daedalus_dst_buffer *dst;

	lockdep_assert_held(&s->lock);
	list_for_each_entry(dst, &s->flow.captures, node)
		if (dst->state == DAEDALUS_CAPTURE_READY)
			return dst;
	return NULL;
}

/*
 * Can the worker do nothing until the client does something? It may then keep
 * INPUTs for as long as that takes.
 */
bool daedalus_flow_waits_for_client(struct daedalus_session *s)
{
	struct daedalus_flow *flow = &s->flow;
	struct daedalus_dst_buffer *dst;

	if (s->kind != DAEDALUS_SESSION_STATEFUL || !flow->told)
		return false;
	list_for_each_entry(dst, &flow->captures, node)
		if (dst->state != DAEDALUS_CAPTURE_KEPT)
			return false;
	return true;
}

/* The client gets the buffer, and with it a picture, or nothing at the end. */
void daedalus_capture_done(struct daedalus_session *s,
			   struct daedalus_dst_buffer *dst,
			   enum vb2_buffer_state state, bool picture)
{
	struct vb2_v4l2_buffer *vbuf = &dst->m2m.vb;
	unsigned int i;

	list_del_init(&dst->node);
	dst->state = DAEDALUS_CAPTURE_IDLE;
	dst->cookie = 0;
	vbuf->field = s->flow.field;
	vbuf->sequence = s->dst_sequence++;
	for (i = 0; i < vbuf->vb2_buf.num_planes; i++)
		vb2_set_plane_payload(&vbuf->vb2_buf, i,
				      picture ? dst->layout.sizeimage[i] : 0);
	vb2_buffer_done(&vbuf->vb2_buf, state);
}

static bool daedalus_capture_fits(struct daedalus_session *s,
				  struct daedalus_dst_buffer *dst)
{
	struct vb2_buffer *vb = &dst->m2m.vb.vb2_buf;
	unsigned int i;

	if (vb->num_planes != s->capture.planes)
		return false;
	for (i = 0; i < vb->num_planes; i++)
		if (vb2_plane_size(vb, i) < s->capture.sizeimage[i])
			return false;
	return true;
}

/* Offers what is kept, where the flow runs. A client that waits gets an answer. */
void daedalus_flow_offer(struct daedalus_session *s)
{
	struct daedalus_flow *flow = &s->flow;
	struct daedalus_dst_buffer *dst, *next;
	bool waited = daedalus_flow_waits_for_client(s);

	if (flow->changing || flow->stopped || !flow->capture_streaming)
		return;
	list_for_each_entry_safe(dst, next, &flow->captures, node) {
		if (dst->state != DAEDALUS_CAPTURE_KEPT)
			continue;
		if (!daedalus_capture_fits(s, dst)) {
			daedalus_capture_done(s, dst, VB2_BUF_STATE_ERROR, false);
			continue;
		}
		dst->layout = s->capture;
		dst->state = DAEDALUS_CAPTURE_READY;
		dst->cookie = daedalus_next_cookie(s);
	}
	/* The worker's time begins when it has something to write to. */
	if (waited && !daedalus_flow_waits_for_client(s))
		s->progress = ktime_get();
	daedalus_watchdog_arm(s);
	wake_up_interruptible(&s->wait);
}

/* The worker may write to no buffer any more, and knows. */
void daedalus_flow_withdraw(struct daedalus_session *s)
{
	struct daedalus_dst_buffer *dst;

	list_for_each_entry(dst, &s->flow.captures, node)
		dst->state = DAEDALUS_CAPTURE_KEPT;
}

/* What the worker had is for the next one, whose time begins anew. */
void daedalus_flow_worker_gone(struct daedalus_session *s)
{
	struct daedalus_dst_buffer *dst;

	lockdep_assert_held(&s->lock);
	if (daedalus_flow_waits_for_client(s))
		s->progress = ktime_get();
	s->flow.told = false;
	list_for_each_entry(dst, &s->flow.captures, node)
		if (dst->state == DAEDALUS_CAPTURE_OFFERED)
			dst->state = DAEDALUS_CAPTURE_READY;
}

void daedalus_flow_note_source(struct daedalus_flow *flow,
			       const struct vb2_v4l2_buffer *src)
{
	struct daedalus_source *source =
		&flow->sources[flow->source_count++ % DAEDALUS_SOURCES];

	source->timestamp = src->vb2_buf.timestamp;
	source->flags = src->flags & (V4L2_BUF_FLAG_TIMECODE |
				      V4L2_BUF_FLAG_TSTAMP_SRC_MASK);
	source->timecode = src->timecode;
}

/* The newest with this timestamp: it is all that a picture has of its source. */
static void daedalus_flow_copy_metadata(const struct daedalus_flow *flow,
					u64 timestamp,
					struct vb2_v4l2_buffer *dst)
{
	u32 n = min_t(u32, flow->source_count, DAEDALUS_SOURCES);
	u32 i;

	dst->vb2_buf.timestamp = timestamp;
	for (i = 1; i <= n; i++) {
		const struct daedalus_source *source =
			&flow->sources[(flow->source_count - i) % DAEDALUS_SOURCES];

		if (source->timestamp != timestamp)
			continue;
		dst->flags |= source->flags;
		dst->timecode = source->timecode;
		break;
	}
}

int daedalus_flow_picture(struct daedalus_worker *w,
			  const struct daedalus_picture *answer)
{
	struct daedalus_session *s = w->session;
	struct daedalus_dst_buffer *dst, *found = NULL;
	struct vb2_v4l2_buffer *vbuf;

	lockdep_assert_held(&s->lock);
	if (!w->broken)
		list_for_each_entry(dst, &s->flow.captures, node)
			if (dst->state == DAEDALUS_CAPTURE_OFFERED &&
			    dst->cookie == answer->cookie)
				found = dst;
	if (!found)
		return -ENOENT;
	if (daedalus_flow_input_is_stale(s))
		return -ESTALE;
	daedalus_sync_for_device(found);
	s->progress = ktime_get();
	w->misses = 0;
	w->answers++;
	vbuf = &found->m2m.vb;
	daedalus_flow_copy_metadata(&s->flow, answer->timestamp, vbuf);
	if (answer->flags & DAEDALUS_PICTURE_KEY)
		vbuf->flags |= V4L2_BUF_FLAG_KEYFRAME;
	if (answer->status != DAEDALUS_STATUS_OK)
		atomic64_inc(&s->dev->errors[answer->status]);
	daedalus_count(s->dev, DAEDALUS_PICTURES, 1);
	daedalus_capture_done(s, found,
			      answer->status == DAEDALUS_STATUS_OK ?
				      VB2_BUF_STATE_DONE : VB2_BUF_STATE_ERROR,
			      true);
	return 0;
}

/* CAPTURE buffers go to the session as soon as that queue streams. */
void daedalus_flow_take_captures(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	struct vb2_v4l2_buffer *vbuf;

	while ((vbuf = v4l2_m2m_dst_buf_remove(ctx->fh.m2m_ctx))) {
		struct daedalus_dst_buffer *dst = daedalus_to_dst(vbuf);

		dst->state = DAEDALUS_CAPTURE_KEPT;
		list_add_tail(&dst->node, &s->flow.captures);
	}
}

/* What the next CAPTURE buffers are made for. */
void daedalus_flow_set_capture(struct daedalus_session *s,
			       const struct v4l2_pix_format_mplane *pix)
{
	mutex_lock(&s->lock);
	daedalus_describe_layout(pix, &s->capture);
	s->flow.unaware = false;
	s->flow.field = pix->field;
	mutex_unlock(&s->lock);
}

void daedalus_flow_count_buffer(struct daedalus_session *s, int by)
{
	mutex_lock(&s->lock);
	s->flow.buffers += by;
	mutex_unlock(&s->lock);
}
