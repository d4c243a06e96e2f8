// SPDX-License-Identifier: GPL-2.0-only
/*
 * What videobuf2 and the request API leave to chance, so that no client can make
 * anything of it: calls that are looked at before or after they go there.
 */
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <media/media-request.h>
#include <media/videobuf2-dma-sg.h>
#include <media/videobuf2-vmalloc.h>

#include "daedalus-compat.h"
#include "daedalus.h"

/* vb2's own, but for attach_dmabuf(). */
struct vb2_mem_ops daedalus_output_mem_ops __ro_after_init;
struct vb2_mem_ops daedalus_capture_mem_ops __ro_after_init;

/*
 * vb2 never puts a dma-buf that can't be attached (__prepare_dmabuf() of 6.12), and one
 * that is shorter than its client says can't be. So it is attached as it is, and
 * refused by buf_init(), which vb2 undoes. What its exporter will not attach is lost
 * still; for OUTPUT there is no such thing.
 */
static unsigned long daedalus_attachable(struct dma_buf *dbuf,
					 unsigned long size)
{
	return min_t(unsigned long, size, dbuf->size);
}

static void *daedalus_attach_output(struct vb2_buffer *vb, struct device *dev,
				    struct dma_buf *dbuf, unsigned long size)
{
	size = daedalus_attachable(dbuf, size);
	return vb2_vmalloc_memops.attach_dmabuf(vb, dev, dbuf, size);
}

static void *daedalus_attach_capture(struct vb2_buffer *vb, struct device *dev,
				     struct dma_buf *dbuf, unsigned long size)
{
	size = daedalus_attachable(dbuf, size);
	return vb2_dma_sg_memops.attach_dmabuf(vb, dev, dbuf, size);
}

void __init daedalus_mem_ops_init(void)
{
	daedalus_output_mem_ops = vb2_vmalloc_memops;
	daedalus_output_mem_ops.attach_dmabuf = daedalus_attach_output;
	daedalus_capture_mem_ops = vb2_dma_sg_memops;
	daedalus_capture_mem_ops.attach_dmabuf = daedalus_attach_capture;
}

/* In buf_init(): is all that was imported as long as the client says? */
bool daedalus_imports_fit(struct vb2_buffer *vb)
{
	unsigned int i;

	for (i = 0; i < vb->num_planes; i++) {
		struct dma_buf *dbuf = vb->planes[i].dbuf;

		if (dbuf && vb2_plane_size(vb, i) > dbuf->size)
			return false;
	}
	return true;
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
static void daedalus_clean_lost_imports(struct vb2_queue *q)
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

/*
 * Whether the buffer belongs to a request still. It gets that in QBUF, and loses it in
 * DQBUF, stream-off, or when the request is initialised again. This last one comes
 * without the queue's lock, in three steps (vb2_req_release()), of which giving up the
 * request is the last: until then the buffer looks free to vb2 and is not. If it were
 * queued for another request, one of the two would be lost, and the other put once too
 * often.
 */
static bool daedalus_has_request(struct vb2_queue *q, unsigned int index)
{
	struct vb2_buffer *vb = vb2_get_buffer(q, index);

	return vb && READ_ONCE(vb->request);
}

int daedalus_qbuf(struct file *file, void *priv, struct v4l2_buffer *buffer)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct vb2_queue *q = v4l2_m2m_get_vq(ctx->fh.m2m_ctx, buffer->type);
	int ret;

	if (buffer->flags & V4L2_BUF_FLAG_REQUEST_FD &&
	    daedalus_has_request(q, buffer->index))
		return -EINVAL;
	ret = v4l2_m2m_ioctl_qbuf(file, priv, buffer);
	if (ret)
		daedalus_clean_lost_imports(q);
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

#ifdef DAEDALUS_HAS_REMOVE_BUFS
int daedalus_remove_bufs(struct file *file, void *priv,
			 struct v4l2_remove_buffers *buffers)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct vb2_queue *q = v4l2_m2m_get_vq(ctx->fh.m2m_ctx, buffers->type);
	unsigned int i;

	/* vb2 says what is wrong with it. */
	if (buffers->type != q->type)
		return v4l2_m2m_ioctl_remove_bufs(file, priv, buffers);
	for (i = 0; i < DAEDALUS_MAX_BUFFERS; i++)
		if (i >= buffers->index && i - buffers->index < buffers->count &&
		    daedalus_has_request(q, i))
			return -EBUSY;
	return v4l2_m2m_ioctl_remove_bufs(file, priv, buffers);
}
#endif

static bool daedalus_is_in_queued_request(struct vb2_buffer *vb)
{
	struct media_request *req = vb->req_obj.req;
	unsigned long flags;
	bool queued;

	if (!req)
		return false;
	spin_lock_irqsave(&req->lock, flags);
	queued = req->state == MEDIA_REQUEST_STATE_QUEUED;
	spin_unlock_irqrestore(&req->lock, flags);
	return queued;
}

/*
 * REQBUFS ends requests that were queued and wait for streaming to begin. vb2
 * does that under its mmap_lock, which mmap() takes inside of the client's
 * mm->mmap_lock, which the core takes inside of hdl->lock when it reads controls:
 * hdl->lock must not be taken there. So controls are completed before, and
 * requests that nobody else holds are kept until after.
 */
int daedalus_reqbufs(struct file *file, void *priv,
		     struct v4l2_requestbuffers *rb)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct vb2_queue *q = v4l2_m2m_get_vq(ctx->fh.m2m_ctx, rb->type);
	struct media_request *kept[DAEDALUS_MAX_BUFFERS];
	bool ends_requests = (rb->memory == V4L2_MEMORY_MMAP ||
			      rb->memory == V4L2_MEMORY_DMABUF) &&
			     !vb2_is_streaming(q) &&
			     !(q->waiting_in_dqbuf && rb->count);
	struct vb2_buffer *vb;
	unsigned int i, count = 0;
	int ret;

	lockdep_assert_held(&ctx->vb_mutex);

	for (i = 0; V4L2_TYPE_IS_OUTPUT(rb->type) && i < DAEDALUS_MAX_BUFFERS;
	     i++) {
		vb = vb2_get_buffer(q, i);
		if (!vb || !vb->request)
			continue;
		media_request_get(vb->request);
		kept[count++] = vb->request;
		if (!ends_requests || !daedalus_is_in_queued_request(vb))
			continue;
		v4l2_ctrl_request_complete(vb->req_obj.req, &ctx->hdl);
		daedalus_to_src(to_vb2_v4l2_buffer(vb))->controls_completed =
			true;
	}
	ret = v4l2_m2m_ioctl_reqbufs(file, priv, rb);
	while (count)
		media_request_put(kept[--count]);
	return ret;
}

/*
 * A request that is about to be queued: all of it is there. QBUF puts the buffer into
 * the request first and gives it its state afterwards, under the queue's lock; vb2
 * looks at the state without that, and warns.
 */
int daedalus_validate_buffers(struct media_request *req,
			      struct daedalus_ctx *ctx)
{
	int ret;

	mutex_lock(&ctx->vb_mutex);
	/* Nobody is in the middle of QBUF. */
	mutex_unlock(&ctx->vb_mutex);
	ret = vb2_request_validate(req);
	if (ret) {
		mutex_lock(&ctx->vb_mutex);
		daedalus_clean_lost_imports(v4l2_m2m_get_src_vq(ctx->fh.m2m_ctx));
		mutex_unlock(&ctx->vb_mutex);
	}
	return ret;
}

/*
 * The file is being closed, and no ioctl comes any more. Takes its controls out of the
 * requests that have some. v4l2_ctrl_handler_free() would as well, but at the same
 * time as whoever closes such a request or initialises it again, and both would put the
 * same object. A request that is held and locked is left alone by them. One that they
 * clean already is waited for: as long as its controls are in the handler's list, that
 * takes the handler's lock once more.
 */
void daedalus_leave_requests(struct daedalus_ctx *ctx)
{
	struct v4l2_ctrl_handler *hdl = &ctx->hdl;
	struct v4l2_ctrl_handler *controls;
	struct media_request *req;
	bool updating, accessed, queued;

	for (;;) {
		mutex_lock(hdl->lock);
		controls = list_first_entry_or_null(&hdl->requests,
						    struct v4l2_ctrl_handler,
						    requests);
		req = controls ? READ_ONCE(controls->req_obj.req) : NULL;
		if (req && !kref_get_unless_zero(&req->kref))
			req = NULL;
		updating = req && !media_request_lock_for_update(req);
		accessed = req && !updating &&
			   !media_request_lock_for_access(req);
		/* Nobody initialises such a one again. */
		queued = req &&
			 READ_ONCE(req->state) == MEDIA_REQUEST_STATE_QUEUED;
		mutex_unlock(hdl->lock);
		if (!controls)
			return;
		if (updating || accessed || queued) {
			media_request_object_unbind(&controls->req_obj);
			media_request_object_put(&controls->req_obj);
		} else {
			usleep_range(100, 1000);
		}
		if (updating)
			media_request_unlock_for_update(req);
		if (accessed)
			media_request_unlock_for_access(req);
		if (req)
			media_request_put(req);
	}
}
