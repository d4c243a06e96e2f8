// SPDX-License-Identifier: GPL-2.0-only
/*
 * Imported memory. A device may write to bitstreams still: the job waits for that in
 * its queue, as it may for a worker; nobody sleeps for it, and stream-off takes it
 * away. And vb2 may let go of what a buffer had imported, which is noticed here.
 */
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>

#include "daedalus.h"

/* The dma-buf that the job's bitstream is in; NULL: it is in memory of ours. */
struct dma_buf *daedalus_job_import(struct daedalus_job *job)
{
	if (job->kind == DAEDALUS_JOB_DRAIN)
		return NULL;
	return daedalus_job_to_src(job)->m2m.vb.vb2_buf.planes[0].dbuf;
}

/* In any context. The fence is the job's, and the job its session's. */
static void daedalus_import_written(struct dma_fence *fence,
				    struct dma_fence_cb *cb)
{
	struct daedalus_src_buffer *src =
		container_of(cb, struct daedalus_src_buffer, written);
	struct daedalus_ctx *ctx =
		vb2_get_drv_priv(src->m2m.vb.vb2_buf.vb2_queue);

	wake_up_interruptible(&ctx->session->wait);
}

/*
 * session->lock: can the job be delivered as far as its bitstream goes? If not, the
 * session is woken when it can. Writers who come later are not waited for: what a
 * client has written to memory that is queued is its own affair.
 */
bool daedalus_job_readable(struct daedalus_job *job)
{
	struct dma_buf *imported = daedalus_job_import(job);
	struct daedalus_src_buffer *src;
	struct dma_fence *fence;

	if (!imported)
		return true;
	src = daedalus_job_to_src(job);
	if (src->writing)
		return dma_fence_is_signaled(src->writing);
	/* Without memory for it the worker's read waits, which is right as well. */
	if (dma_resv_get_singleton(imported->resv, DMA_RESV_USAGE_WRITE,
				   &fence) || !fence)
		return true;
	if (dma_fence_add_callback(fence, &src->written,
				   daedalus_import_written)) {
		dma_fence_put(fence);
		return true;
	}
	src->writing = fence;
	return false;
}

/* session->lock: the job ends. */
void daedalus_job_forget_import(struct daedalus_job *job)
{
	struct daedalus_src_buffer *src;

	if (!daedalus_job_import(job))
		return;
	src = daedalus_job_to_src(job);
	if (!src->writing)
		return;
	dma_fence_remove_callback(src->writing, &src->written);
	dma_fence_put(src->writing);
	src->writing = NULL;
}

/* Whether buf_init() was called and buf_cleanup() has something to do. */
static bool daedalus_is_initialised(struct vb2_buffer *vb)
{
	struct vb2_v4l2_buffer *vbuf = to_vb2_v4l2_buffer(vb);

	/* Imports of stateful OUTPUT hold nothing. */
	if (V4L2_TYPE_IS_OUTPUT(vb->vb2_queue->type))
		return daedalus_to_src(vbuf)->controls;
	return daedalus_to_dst(vbuf)->id;
}

/*
 * A buffer that is queued again with a dma-buf that will not do loses the one that it
 * had: vb2 puts that without buf_cleanup(), neither then (__prepare_dmabuf() of 6.1 to
 * 7.x) nor when the buffer is freed, for by then it has no memory. What buf_init() has
 * allocated would be lost, again and again, at a client's will. So whoever may have
 * made vb2 do that comes here when it failed.
 */
void daedalus_clean_lost_imports(struct vb2_queue *q)
{
	struct vb2_buffer *vb;
	unsigned int i;

	lockdep_assert_held(q->lock);
	if (q->memory != VB2_MEMORY_DMABUF)
		return;
	for (i = 0; i < DAEDALUS_MAX_BUFFERS; i++) {
		vb = vb2_get_buffer(q, i);
		if (vb && !vb->planes[0].mem_priv && daedalus_is_initialised(vb))
			q->ops->buf_cleanup(vb);
	}
}

int daedalus_qbuf(struct file *file, void *priv, struct v4l2_buffer *buffer)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	int ret = v4l2_m2m_ioctl_qbuf(file, priv, buffer);

	if (ret)
		daedalus_clean_lost_imports(v4l2_m2m_get_vq(ctx->fh.m2m_ctx,
							    buffer->type));
	return ret;
}

int daedalus_prepare_buf(struct file *file, void *priv,
			 struct v4l2_buffer *buffer)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	int ret = v4l2_m2m_ioctl_prepare_buf(file, priv, buffer);

	if (ret)
		daedalus_clean_lost_imports(v4l2_m2m_get_vq(ctx->fh.m2m_ctx,
							    buffer->type));
	return ret;
}
