// SPDX-License-Identifier: GPL-2.0-only
/*
 * Imported bitstreams, which a device may write to still. The job waits for that in
 * its queue, as it may for a worker: nobody sleeps for it, and stream-off takes it away.
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
