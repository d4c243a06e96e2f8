// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a job; its states are described at enum daedalus_job_state.
 */
#include <linux/dma-mapping.h>
#include <media/videobuf2-dma-sg.h>

#include "daedalus_trace.h"
#include "daedalus.h"

struct daedalus_job *daedalus_job_find(struct daedalus_session *s, u64 cookie)
{
	struct daedalus_job *job;

	lockdep_assert_held(&s->lock);
	list_for_each_entry(job, &s->jobs, node)
		if (job->cookie == cookie)
			return job;
	return NULL;
}

u64 daedalus_next_cookie(struct daedalus_session *s)
{
	return (u64)s->epoch << 32 | ++s->sequence;
}

/* The session takes the job over, and src, which is in no ready queue any more. */
void daedalus_job_start(struct daedalus_session *s, struct daedalus_job *job,
			enum daedalus_job_kind kind)
{
	lockdep_assert_held(&s->lock);
	daedalus_assert(job->state == DAEDALUS_JOB_IDLE);

	job->kind = kind;
	job->state = DAEDALUS_JOB_QUEUED;
	job->cookie = daedalus_next_cookie(s);
	job->queued_at = ktime_get();
	job->attempt = 0;
	job->status = DAEDALUS_STATUS_OK;
	job->has_pixels = false;
	list_add_tail(&job->node, &s->jobs);

	atomic_inc(&s->dev->jobs_in_flight);
	daedalus_count(s->dev, DAEDALUS_JOBS_DISPATCHED, 1);
	trace_daedalus_job_start(s, job);
}

/*
 * The same with a request's dst. held: it was left by the job before for this
 * second field.
 */
void daedalus_job_start_request(struct daedalus_session *s,
				struct daedalus_job *job,
				struct vb2_v4l2_buffer *dst, bool held)
{
	struct vb2_v4l2_buffer *src = &daedalus_job_to_src(job)->m2m.vb;

	lockdep_assert_held(&s->lock);
	daedalus_assert(src->vb2_buf.state == VB2_BUF_STATE_ACTIVE);
	daedalus_assert(dst->vb2_buf.state == VB2_BUF_STATE_ACTIVE);

	if (!held)
		dst->sequence = s->dst_sequence++;
	src->sequence = dst->sequence;

	job->dst = daedalus_to_dst(dst);
	job->held = held;
	job->hold = src->flags & V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF;
	s->held = job->hold ? job->dst : NULL;
	s->held_job = job->hold ? job : NULL;
	daedalus_job_start(s, job, DAEDALUS_JOB_REQUEST);
}

/* The outcome is known. The caller pops. */
void daedalus_job_finish(struct daedalus_session *s, struct daedalus_job *job,
			 enum daedalus_status status, bool has_pixels)
{
	lockdep_assert_held(&s->lock);
	daedalus_assert(job->state != DAEDALUS_JOB_IDLE &&
			job->state != DAEDALUS_JOB_FINISHED);

	/* What is behind it may be there to read now. */
	if (job->state == DAEDALUS_JOB_QUEUED)
		wake_up_interruptible(&s->wait);
	job->state = DAEDALUS_JOB_FINISHED;
	job->status = status;
	job->has_pixels = has_pixels;
	if (status != DAEDALUS_STATUS_OK)
		atomic64_inc(&s->dev->errors[status]);
	trace_daedalus_job_finish(s, job);
}

static void daedalus_dst_done(struct daedalus_dst_buffer *dst,
			      enum vb2_buffer_state state)
{
	struct vb2_buffer *vb = &dst->m2m.vb.vb2_buf;
	unsigned int i;

	/* Also after an error: clients show what is there. */
	for (i = 0; i < vb->num_planes; i++)
		vb2_set_plane_payload(vb, i, dst->layout.sizeimage[i]);
	vb2_buffer_done(vb, state);
}

/* Takes the job apart; dst goes first, for the request signals with src. */
static void daedalus_request_return(struct daedalus_session *s,
				    struct daedalus_job *job)
{
	struct vb2_v4l2_buffer *src = &daedalus_job_to_src(job)->m2m.vb;
	struct daedalus_dst_buffer *dst = job->dst;
	bool ok = job->status == DAEDALUS_STATUS_OK && job->has_pixels;

	job->dst = NULL;
	if (s->held_job == job)
		s->held_job = NULL;

	if (!ok)
		dst->failed = true;
	if (!job->hold)
		daedalus_dst_done(dst, dst->failed ? VB2_BUF_STATE_ERROR :
						     VB2_BUF_STATE_DONE);
	vb2_buffer_done(&src->vb2_buf,
			ok ? VB2_BUF_STATE_DONE : VB2_BUF_STATE_ERROR);
}

static void daedalus_job_return(struct daedalus_session *s,
				struct daedalus_job *job)
{
	list_del_init(&job->node);
	job->state = DAEDALUS_JOB_IDLE;
	daedalus_job_forget_import(job);
	atomic_dec(&s->dev->jobs_in_flight);

	switch (job->kind) {
	case DAEDALUS_JOB_REQUEST:
		daedalus_request_return(s, job);
		break;
	case DAEDALUS_JOB_INPUT:
		vb2_buffer_done(&daedalus_job_to_src(job)->m2m.vb.vb2_buf,
				job->status == DAEDALUS_STATUS_OK ?
					VB2_BUF_STATE_DONE :
					VB2_BUF_STATE_ERROR);
		break;
	case DAEDALUS_JOB_DRAIN:
		break;
	}
}

/* Gives finished jobs back, in the order in which they were queued. */
void daedalus_job_pop_finished(struct daedalus_session *s)
{
	struct daedalus_job *job;
	bool drain, by_worker;

	lockdep_assert_held(&s->lock);
	while ((job = list_first_entry_or_null(&s->jobs, struct daedalus_job,
					       node))) {
		if (job->state != DAEDALUS_JOB_FINISHED)
			break;
		daedalus_count(s->dev,
			       job->status == DAEDALUS_STATUS_OK ?
				       DAEDALUS_JOBS_COMPLETED :
				       DAEDALUS_JOBS_FAILED, 1);
		/* A job goes with its buffer, which the client may free then. */
		drain = job->kind == DAEDALUS_JOB_DRAIN;
		by_worker = job->status <= DAEDALUS_STATUS_INTERNAL;
		daedalus_job_return(s, job);
		if (drain)
			daedalus_flow_drained(s, by_worker);
	}
}

/* Stream-off: takes the job from wherever it is. */
void daedalus_job_drop(struct daedalus_session *s, struct daedalus_job *job)
{
	lockdep_assert_held(&s->lock);
	if (job->state != DAEDALUS_JOB_FINISHED)
		job->status = DAEDALUS_STATUS_CANCELED;
	daedalus_count(s->dev, DAEDALUS_JOBS_DROPPED, 1);
	daedalus_job_return(s, job);
}

void daedalus_job_drop_all(struct daedalus_session *s)
{
	struct daedalus_job *job, *next;

	list_for_each_entry_safe(job, next, &s->jobs, node)
		daedalus_job_drop(s, job);
	if (s->held)
		daedalus_job_release_held(s, VB2_BUF_STATE_ERROR);
}

/* Ends every job that is not finished; returns how many that were. */
u32 daedalus_job_fail_all(struct daedalus_session *s,
			  enum daedalus_status status)
{
	struct daedalus_job *job;
	u32 failed = 0;

	lockdep_assert_held(&s->lock);
	list_for_each_entry(job, &s->jobs, node) {
		if (job->state == DAEDALUS_JOB_FINISHED)
			continue;
		daedalus_job_finish(s, job, status, false);
		failed++;
	}
	daedalus_job_pop_finished(s);
	if (status == DAEDALUS_STATUS_NO_DAEMON &&
	    s->kind == DAEDALUS_SESSION_STATEFUL)
		daedalus_flow_fail(s);
	return failed;
}

/*
 * No further field comes for the held buffer: the job that writes to it will
 * return it, or, when that is done already, it is returned here.
 */
void daedalus_job_release_held(struct daedalus_session *s,
			       enum vb2_buffer_state state)
{
	struct daedalus_dst_buffer *dst = s->held;

	lockdep_assert_held(&s->lock);
	if (s->held_job)
		s->held_job->hold = false;
	else
		daedalus_dst_done(dst, dst->failed ? VB2_BUF_STATE_ERROR : state);
	s->held = NULL;
	s->held_job = NULL;
}

/*
 * The worker's CPU has written the picture through a cached mapping. vb2
 * invalidates the cache for the CPU when the buffer is done, and on hardware
 * that is not coherent that would throw the picture away: clean it first.
 * Imported memory is the worker's to bracket with DMA_BUF_IOCTL_SYNC.
 */
void daedalus_sync_for_device(struct daedalus_dst_buffer *dst)
{
	struct vb2_buffer *vb = &dst->m2m.vb.vb2_buf;
	unsigned int i;

	if (vb->memory != VB2_MEMORY_MMAP)
		return;
	for (i = 0; i < vb->num_planes; i++)
		dma_sync_sgtable_for_device(vb->vb2_queue->dev,
					    vb2_dma_sg_plane_desc(vb, i),
					    DMA_BIDIRECTIONAL);
}
