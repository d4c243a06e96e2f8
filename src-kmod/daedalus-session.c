// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: what ties an open file of the video node to a worker, for as long
 * as either is there.
 */
#include <linux/pid.h>
#include <linux/slab.h>
#include <media/v4l2-event.h>

#include "daedalus_trace.h"
#include "daedalus.h"

/* Called in the client's own open; the session is the context's until close. */
struct daedalus_session *daedalus_session_create(struct daedalus_ctx *ctx)
{
	struct daedalus_dev *dev = ctx->dev;
	struct daedalus_session *s;

	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return NULL;
	kref_init(&s->ref);
	daedalus_dev_get(dev);
	s->dev = dev;
	s->user = ctx->user;
	s->kind = ctx->api->kind;
	s->ctx = ctx;
	s->epoch = 1;
	s->input_epoch = 1;
	s->client_pid = task_tgid_nr(current);
	get_task_comm(s->client_comm, current->group_leader);
	mutex_init(&s->lock);
	INIT_LIST_HEAD(&s->jobs);
	INIT_LIST_HEAD(&s->wait_node);
	init_waitqueue_head(&s->wait);
	daedalus_watchdog_init(s);
	daedalus_flow_init(s);

	mutex_lock(&dev->lock);
	s->id = ++dev->last_session;
	list_add_tail(&s->node, &dev->sessions);
	mutex_unlock(&dev->lock);
	return s;
}

static void daedalus_session_free(struct kref *ref)
{
	struct daedalus_session *s =
		container_of(ref, struct daedalus_session, ref);

	daedalus_assert(list_empty(&s->jobs));
	mutex_destroy(&s->lock);
	daedalus_dev_put(s->dev);
	kfree(s);
}

void daedalus_session_put(struct daedalus_session *s)
{
	kref_put(&s->ref, daedalus_session_free);
}

/* dev->lock: the session does not stream any more. */
static void daedalus_session_leave(struct daedalus_session *s)
{
	lockdep_assert_held(&s->dev->lock);
	list_del_init(&s->wait_node);
	if (s->streaming) {
		s->streaming = false;
		s->dev->streaming_sessions--;
		daedalus_user_end_session(s->dev, s->user);
	}
}

/*
 * The client has closed: its queues are gone, and every job with them. A worker
 * reads end of file.
 */
void daedalus_session_close(struct daedalus_session *s)
{
	struct daedalus_dev *dev = s->dev;

	mutex_lock(&dev->lock);
	daedalus_session_leave(s);
	s->user = NULL;
	list_del_init(&s->node);
	mutex_unlock(&dev->lock);

	mutex_lock(&s->lock);
	daedalus_assert(list_empty(&s->jobs));
	daedalus_assert(!s->held);
	s->ctx = NULL;
	mutex_unlock(&s->lock);
	wake_up_interruptible(&s->wait);

	cancel_delayed_work_sync(&s->watchdog);
	daedalus_session_put(s);
}

/*
 * Copies what FORMAT tells; has it told (again) if it is news. What came by
 * CREATE_BUFS alone was made for no layout.
 */
static void daedalus_session_take_format(struct daedalus_session *s,
					 struct daedalus_ctx *ctx, bool output)
{
	struct daedalus_picture_layout capture;
	bool made;

	lockdep_assert_held(ctx->hdl.lock);
	lockdep_assert_held(&s->lock);
	daedalus_describe_layout(&ctx->capture, &capture);
	made = daedalus_is_stateful(ctx) && s->flow.buffers && s->capture.planes;
	if (!output)
		s->flow.unseen = false;
	/* Stateful clients stop and start OUTPUT while CAPTURE streams on. */
	if (made && output) {
		capture = s->capture;
	} else if (made && s->flow.stream_known &&
		   memcmp(&s->capture, &capture, sizeof(capture)) &&
		   (s->flow.unaware || v4l2_event_pending(&ctx->fh))) {
		/*
		 * A client that knows of another stream has read so. One that
		 * could not know is told when the worker comes to it again.
		 */
		s->flow.unseen = !s->flow.unaware;
		capture = s->capture;
	}
	if (s->codec == ctx->coded->codec &&
	    s->coded_width == ctx->output.width &&
	    s->coded_height == ctx->output.height &&
	    !memcmp(&s->capture, &capture, sizeof(capture)))
		return;
	s->codec = ctx->coded->codec;
	s->coded_width = ctx->output.width;
	s->coded_height = ctx->output.height;
	s->capture = capture;
	s->format_pending = true;
}

/*
 * dev->lock: puts the session on the list of those that wait for a worker,
 * where it streams and has none. Whoever makes either true calls this after.
 */
void daedalus_session_want_worker(struct daedalus_session *s)
{
	struct daedalus_dev *dev = s->dev;
	bool has_worker;

	lockdep_assert_held(&dev->lock);
	mutex_lock(&s->lock);
	has_worker = s->worker;
	mutex_unlock(&s->lock);
	if (has_worker || !s->streaming || !list_empty(&s->wait_node))
		return;
	list_add_tail(&s->wait_node, &dev->waiting);
	wake_up_interruptible(&dev->control_wait);
}

/*
 * A queue of the client starts to stream. -EBUSY: too many sessions do already;
 * -EDQUOT: too many of this user.
 */
int daedalus_session_start(struct daedalus_ctx *ctx, struct vb2_queue *q)
{
	struct daedalus_session *s = ctx->session;
	struct daedalus_dev *dev = s->dev;
	int ret = 0;

	mutex_lock(ctx->hdl.lock);
	if (daedalus_is_stateful(ctx))
		daedalus_stateful_take_stream(ctx);
	mutex_lock(&s->lock);
	daedalus_session_take_format(s, ctx, V4L2_TYPE_IS_OUTPUT(q->type));
	if (!V4L2_TYPE_IS_OUTPUT(q->type))
		s->dst_sequence = 0;
	mutex_unlock(&s->lock);
	mutex_unlock(ctx->hdl.lock);
	wake_up_interruptible(&s->wait);

	mutex_lock(&dev->lock);
	if (dev->gone) {
		ret = -ENODEV;
	} else if (!s->streaming &&
		   dev->streaming_sessions >= dev->max_sessions) {
		daedalus_count(dev, DAEDALUS_REFUSED_SESSIONS, 1);
		ret = -EBUSY;
	} else {
		if (!s->streaming)
			ret = daedalus_user_start_session(dev, s->user);
		if (!ret) {
			if (!s->streaming)
				dev->streaming_sessions++;
			s->streaming = true;
			daedalus_session_want_worker(s);
		}
	}
	mutex_unlock(&dev->lock);
	return ret;
}

/* Neither queue streams. A worker stays, for the client may only be seeking. */
void daedalus_session_stop(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;

	mutex_lock(&s->dev->lock);
	daedalus_session_leave(s);
	mutex_unlock(&s->dev->lock);
}

/*
 * Stream-off: what is DAEDALUS_FLUSH_* of what the client took back. Answers to
 * anything of it are refused from here on.
 */
void daedalus_session_flush(struct daedalus_session *s, u32 what)
{
	lockdep_assert_held(&s->lock);
	daedalus_assert(!(what & DAEDALUS_FLUSH_INPUT) || list_empty(&s->jobs));

	if (!++s->epoch)
		s->epoch = 1;
	s->sequence = 0;
	if (what & DAEDALUS_FLUSH_INPUT)
		s->input_epoch = s->epoch;
	daedalus_count(s->dev, DAEDALUS_FLUSHES, 1);
	if (s->worker && s->delivered & what) {
		s->flush_flags = what | (s->flush_pending ? s->flush_flags : 0);
		s->flush_pending = true;
		wake_up_interruptible(&s->wait);
	}
	trace_daedalus_flush(s);
}

/* A CAPTURE buffer is freed; its id will not come again. */
void daedalus_session_retire(struct daedalus_session *s, u64 buffer)
{
	mutex_lock(&s->lock);
	if (s->worker) {
		if (s->retired_count < DAEDALUS_RETIRED_SLOTS)
			s->retired[s->retired_count] = buffer;
		if (s->retired_count <= DAEDALUS_RETIRED_SLOTS)
			s->retired_count++;
	}
	mutex_unlock(&s->lock);
	wake_up_interruptible(&s->wait);
}

/*
 * dev->lock: the control fd has closed. Sessions that have a worker go on, the
 * others have no one to wait for.
 */
void daedalus_session_fail_without_daemon(struct daedalus_dev *dev)
{
	struct daedalus_session *s;

	lockdep_assert_held(&dev->lock);
	list_for_each_entry(s, &dev->sessions, node) {
		mutex_lock(&s->lock);
		if (!s->worker)
			daedalus_job_fail_all(s, DAEDALUS_STATUS_NO_DAEMON);
		mutex_unlock(&s->lock);
	}
}

/*
 * dev->lock: the driver goes. Also clients that wait for a buffer with nothing under
 * way are told. While the session is counted as streaming its queues are there, for
 * it leaves before they do.
 */
void daedalus_session_fail_for_good(struct daedalus_session *s)
{
	struct v4l2_m2m_ctx *m2m;

	lockdep_assert_held(&s->dev->lock);
	if (!s->streaming)
		return;
	m2m = s->ctx->fh.m2m_ctx;
	vb2_queue_error(v4l2_m2m_get_src_vq(m2m));
	vb2_queue_error(v4l2_m2m_get_dst_vq(m2m));
}

/* Bytes of the longest message this session can have at the moment. */
u32 daedalus_session_max_message(struct daedalus_session *s)
{
	lockdep_assert_held(&s->lock);
	BUILD_BUG_ON(sizeof(struct daedalus_msg_input) >
		     sizeof(struct daedalus_msg_decode));
	return sizeof(struct daedalus_msg_decode) + s->max_controls +
	       ALIGN(s->max_bitstream, 8);
}
