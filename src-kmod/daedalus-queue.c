// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two buffer queues. OUTPUT memory is only touched by CPUs and comes from
 * vmalloc; CAPTURE memory is for devices too, cached, and scattered.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <media/videobuf2-dma-sg.h>

#include "daedalus-compat.h"
#include "daedalus.h"

/* Mid-grey in every format there is, for samples of 8 and of 10 bits. */
#define DAEDALUS_GREY 0x80

static u64 daedalus_buffer_bytes(const struct vb2_buffer *vb)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < vb->num_planes; i++)
		bytes += daedalus_plane_bytes(vb, i);
	return bytes;
}

/* Memory of the module's own counts against the user's limit, imported does not. */
static int daedalus_charge(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);

	if (vb->memory != VB2_MEMORY_MMAP)
		return 0;
	return daedalus_user_charge(ctx->dev, ctx->user,
				    daedalus_buffer_bytes(vb));
}

static void daedalus_uncharge(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);
	u64 stays;

	if (vb->memory != VB2_MEMORY_MMAP)
		return;
	stays = daedalus_linger(ctx->dev, ctx->user, vb);
	daedalus_user_uncharge(ctx->user, daedalus_buffer_bytes(vb) - stays);
}

/* -EDQUOT: so many buffers of these sizes are more than the user may have. */
static int daedalus_may_allocate(struct vb2_queue *q, unsigned int buffers,
				 unsigned int planes, const unsigned int sizes[])
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(q);
	u64 bytes = 0;
	unsigned int i;

	if (q->memory != VB2_MEMORY_MMAP)
		return 0;
	for (i = 0; i < planes; i++)
		bytes += PAGE_ALIGN((u64)sizes[i]);
	return daedalus_user_may_allocate(ctx->dev, ctx->user,
					  bytes * buffers);
}

static int daedalus_queue_setup(struct vb2_queue *q, unsigned int *num_buffers,
				unsigned int *num_planes, unsigned int sizes[],
				struct device *alloc_devs[])
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(q);
	bool stateful_capture = daedalus_is_stateful(ctx) &&
				V4L2_TYPE_IS_CAPTURE(q->type);
	struct v4l2_pix_format_mplane pix;
	unsigned int i;
	int ret;

	mutex_lock(ctx->hdl.lock);
	if (daedalus_is_stateful(ctx))
		daedalus_stateful_take_stream(ctx);
	pix = V4L2_TYPE_IS_OUTPUT(q->type) ? ctx->output : ctx->capture;
	mutex_unlock(ctx->hdl.lock);

	if (*num_planes) {
		if (*num_planes != pix.num_planes)
			return -EINVAL;
		for (i = 0; i < pix.num_planes; i++)
			if (sizes[i] < pix.plane_fmt[i].sizeimage)
				return -EINVAL;
		if (V4L2_TYPE_IS_OUTPUT(q->type) &&
		    sizes[0] > DAEDALUS_MAX_BITSTREAM)
			return -EINVAL;
		return daedalus_may_allocate(q, *num_buffers, *num_planes,
					     sizes);
	}
	*num_planes = pix.num_planes;
	for (i = 0; i < pix.num_planes; i++)
		sizes[i] = pix.plane_fmt[i].sizeimage;
	if (stateful_capture)
		*num_buffers = max_t(u32, *num_buffers, DAEDALUS_MIN_CAPTURES);
	ret = daedalus_may_allocate(q, *num_buffers, *num_planes, sizes);
	if (!ret && stateful_capture)
		daedalus_flow_set_capture(ctx->session, &pix);
	return ret;
}

static int daedalus_output_buf_init(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);
	struct daedalus_session *s = ctx->session;
	struct daedalus_src_buffer *src =
		daedalus_to_src(to_vb2_v4l2_buffer(vb));
	u32 controls = 0;
	int ret;

	if (!daedalus_imports_fit(vb))
		return -EINVAL;
	ret = daedalus_charge(vb);
	if (ret)
		return ret;
	if (!daedalus_is_stateful(ctx)) {
		controls = daedalus_controls_max_size(ctx);
		src->controls = kvzalloc(controls, GFP_KERNEL_ACCOUNT);
		if (!src->controls) {
			daedalus_uncharge(vb);
			return -ENOMEM;
		}
	}

	INIT_LIST_HEAD(&src->job.node);
	src->job.state = DAEDALUS_JOB_IDLE;
	mutex_lock(&s->lock);
	/* Imported memory may be longer, what is queued of it may not. */
	s->max_bitstream = max_t(u32, s->max_bitstream,
				 min_t(unsigned long, vb2_plane_size(vb, 0),
				       DAEDALUS_MAX_BITSTREAM));
	s->max_controls = max(s->max_controls, controls);
	mutex_unlock(&s->lock);
	return 0;
}

static void daedalus_output_buf_cleanup(struct vb2_buffer *vb)
{
	struct daedalus_src_buffer *src =
		daedalus_to_src(to_vb2_v4l2_buffer(vb));

	daedalus_assert(src->job.state == DAEDALUS_JOB_IDLE);
	kvfree(src->controls);
	src->controls = NULL;
	daedalus_uncharge(vb);
}

static int daedalus_buf_out_validate(struct vb2_buffer *vb)
{
	struct vb2_v4l2_buffer *vbuf = to_vb2_v4l2_buffer(vb);

	vbuf->field = V4L2_FIELD_NONE;
	daedalus_to_src(vbuf)->controls_completed = false;
	return 0;
}

static int daedalus_output_buf_prepare(struct vb2_buffer *vb)
{
	struct daedalus_src_buffer *src =
		daedalus_to_src(to_vb2_v4l2_buffer(vb));
	u32 offset, payload;

	/*
	 * May map memory, which dispatch must not wait for. What an exporter's device
	 * still writes to it is waited for by who reads it.
	 */
	src->bitstream = vb2_plane_vaddr(vb, 0);
	if (!src->bitstream)
		return -ENOMEM;
	/* vb2 has checked: data_offset < bytesused <= length, or no bytes. */
	offset = vb->planes[0].data_offset;
	payload = vb2_get_plane_payload(vb, 0);
	src->bitstream += offset;
	src->bitstream_length = payload > offset ? payload - offset : 0;
	/* The lengths of messages are 32 bits, and workers trust max_message. */
	if (src->bitstream_length > DAEDALUS_MAX_BITSTREAM)
		return -EINVAL;
	return 0;
}

static void daedalus_output_buf_finish(struct vb2_buffer *vb)
{
	daedalus_to_src(to_vb2_v4l2_buffer(vb))->bitstream = NULL;
}

/*
 * A buffer that fails before anything was decoded into it is shown all the
 * same, for clients ignore the error flag: grey is a better sight than the
 * green of zeroes.
 */
static void daedalus_fill_grey(struct vb2_buffer *vb)
{
	struct sg_page_iter iter;
	unsigned int plane;

	for (plane = 0; plane < vb->num_planes; plane++) {
		struct sg_table *sgt = vb2_dma_sg_plane_desc(vb, plane);

		for_each_sgtable_page(sgt, &iter, 0) {
			void *page = kmap_local_page(sg_page_iter_page(&iter));

			memset(page, DAEDALUS_GREY, PAGE_SIZE);
			kunmap_local(page);
		}
	}
}

static int daedalus_capture_buf_init(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);
	struct daedalus_dst_buffer *dst =
		daedalus_to_dst(to_vb2_v4l2_buffer(vb));
	int ret;

	if (!daedalus_imports_fit(vb))
		return -EINVAL;
	ret = daedalus_charge(vb);
	if (ret)
		return ret;
	dst->id = atomic64_inc_return(&ctx->dev->last_buffer);
	INIT_LIST_HEAD(&dst->node);
	daedalus_flow_count_buffer(ctx->session, 1);
	if (vb->memory == VB2_MEMORY_MMAP) {
		daedalus_fill_grey(vb);
		/*
		 * vb2 maps without it. What only lies in a cache is lost when a client
		 * has that invalidated, and what was in memory before is seen.
		 */
		daedalus_sync_for_device(dst);
	}
	return 0;
}

static void daedalus_capture_buf_finish(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);

	if (ctx->api->kind == DAEDALUS_SESSION_STATEFUL)
		daedalus_flow_dequeued(ctx);
}

static void daedalus_capture_buf_cleanup(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);
	struct daedalus_dst_buffer *dst =
		daedalus_to_dst(to_vb2_v4l2_buffer(vb));

	daedalus_assert(dst->state == DAEDALUS_CAPTURE_IDLE);
	daedalus_session_retire(ctx->session, dst->id);
	daedalus_flow_count_buffer(ctx->session, -1);
	daedalus_uncharge(vb);
	dst->id = 0;
}

/*
 * The buffer takes on the format of the moment: it is what the client will
 * read it as, and what the worker will be told and held to. Stateful clients
 * queue buffers without knowing yet that the stream has changed: theirs are
 * looked at when they are offered.
 */
static int daedalus_capture_buf_prepare(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);
	struct daedalus_dst_buffer *dst =
		daedalus_to_dst(to_vb2_v4l2_buffer(vb));
	unsigned int i;

	mutex_lock(ctx->hdl.lock);
	daedalus_describe_layout(&ctx->capture, &dst->layout);
	mutex_unlock(ctx->hdl.lock);

	if (vb->num_planes != dst->layout.planes)
		return -EINVAL;
	if (daedalus_is_stateful(ctx) && vb2_is_streaming(vb->vb2_queue))
		return 0;
	for (i = 0; i < vb->num_planes; i++)
		if (vb2_plane_size(vb, i) < dst->layout.sizeimage[i])
			return -EINVAL;
	dst->failed = false;
	return 0;
}

static void daedalus_buf_queue(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);

	v4l2_m2m_buf_queue(ctx->fh.m2m_ctx, to_vb2_v4l2_buffer(vb));
	ctx->api->dispatch(ctx);
}

static void daedalus_buf_request_complete(struct vb2_buffer *vb)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(vb->vb2_queue);
	struct daedalus_src_buffer *src =
		daedalus_to_src(to_vb2_v4l2_buffer(vb));

	if (!src->controls_completed)
		v4l2_ctrl_request_complete(vb->req_obj.req, &ctx->hdl);
}

static int daedalus_start_streaming(struct vb2_queue *q, unsigned int count)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(q);
	struct vb2_v4l2_buffer *vbuf;
	int ret;

	ret = daedalus_session_start(ctx, q);
	if (ret) {
		while ((vbuf = V4L2_TYPE_IS_OUTPUT(q->type) ?
			       v4l2_m2m_src_buf_remove(ctx->fh.m2m_ctx) :
			       v4l2_m2m_dst_buf_remove(ctx->fh.m2m_ctx)))
			v4l2_m2m_buf_done(vbuf, VB2_BUF_STATE_QUEUED);
		return ret;
	}
	if (V4L2_TYPE_IS_OUTPUT(q->type))
		ctx->output_streaming = true;
	else
		ctx->capture_streaming = true;
	ctx->api->dispatch(ctx);
	return 0;
}

static void daedalus_stop_streaming(struct vb2_queue *q)
{
	struct daedalus_ctx *ctx = vb2_get_drv_priv(q);

	if (V4L2_TYPE_IS_OUTPUT(q->type))
		ctx->output_streaming = false;
	else
		ctx->capture_streaming = false;
	ctx->api->stop(ctx, q);
	if (!ctx->output_streaming && !ctx->capture_streaming)
		daedalus_session_stop(ctx);
}

static const struct vb2_ops daedalus_output_ops = {
	.queue_setup = daedalus_queue_setup,
	DAEDALUS_VB2_WAIT_OPS
	.buf_init = daedalus_output_buf_init,
	.buf_cleanup = daedalus_output_buf_cleanup,
	.buf_out_validate = daedalus_buf_out_validate,
	.buf_prepare = daedalus_output_buf_prepare,
	.buf_finish = daedalus_output_buf_finish,
	.buf_queue = daedalus_buf_queue,
	.buf_request_complete = daedalus_buf_request_complete,
	.start_streaming = daedalus_start_streaming,
	.stop_streaming = daedalus_stop_streaming,
};

static const struct vb2_ops daedalus_capture_ops = {
	.queue_setup = daedalus_queue_setup,
	DAEDALUS_VB2_WAIT_OPS
	.buf_init = daedalus_capture_buf_init,
	.buf_cleanup = daedalus_capture_buf_cleanup,
	.buf_prepare = daedalus_capture_buf_prepare,
	.buf_finish = daedalus_capture_buf_finish,
	.buf_queue = daedalus_buf_queue,
	.start_streaming = daedalus_start_streaming,
	.stop_streaming = daedalus_stop_streaming,
};

static void daedalus_queue_common(struct daedalus_ctx *ctx, struct vb2_queue *q)
{
	q->io_modes = VB2_MMAP | VB2_DMABUF;
	q->drv_priv = ctx;
	q->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
	q->lock = &ctx->vb_mutex;
	q->dev = ctx->dev->dev;
	daedalus_set_max_buffers(q, DAEDALUS_MAX_BUFFERS);
}

int daedalus_queue_init(void *priv, struct vb2_queue *src,
			struct vb2_queue *dst)
{
	struct daedalus_ctx *ctx = priv;
	int ret;

	daedalus_queue_common(ctx, src);
	src->type = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
	src->ops = &daedalus_output_ops;
	src->mem_ops = &daedalus_output_mem_ops;
	src->buf_struct_size = sizeof(struct daedalus_src_buffer);
	/* An empty buffer is an error of the client's or an end, not a full one. */
	src->allow_zero_bytesused = 1;
	if (!daedalus_is_stateful(ctx)) {
		src->supports_requests = true;
		src->requires_requests = true;
		src->subsystem_flags |=
			VB2_V4L2_FL_SUPPORTS_M2M_HOLD_CAPTURE_BUF;
	}
	ret = vb2_queue_init(src);
	if (ret)
		return ret;

	daedalus_queue_common(ctx, dst);
	dst->type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
	dst->ops = &daedalus_capture_ops;
	dst->mem_ops = &daedalus_capture_mem_ops;
	dst->buf_struct_size = sizeof(struct daedalus_dst_buffer);
	/* To the client's memory control group. */
	dst->gfp_flags = __GFP_ACCOUNT;
	/* CPUs write what devices read: caches are cleaned both ways. */
	dst->bidirectional = 1;
	return vb2_queue_init(dst);
}
