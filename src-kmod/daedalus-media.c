// SPDX-License-Identifier: GPL-2.0-only
/*
 * The media device: how clients find the decoder, and where requests are
 * checked before they are queued.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <media/media-request.h>

#include "daedalus.h"

/*
 * The m2m framework runs no jobs here: a client that stops streaming while a
 * job runs would wait for it without bound. daedalus-dispatch.c takes buffers
 * from the ready queues instead, so these two are never of any use.
 */
static void daedalus_device_run(void *priv)
{
	daedalus_assert(false);
}

static int daedalus_job_ready(void *priv)
{
	return 0;
}

static const struct v4l2_m2m_ops daedalus_m2m_ops = {
	.device_run = daedalus_device_run,
	.job_ready = daedalus_job_ready,
};

/* Of a request that is queued or about to be. */
bool daedalus_request_sets(struct media_request *req, struct daedalus_ctx *ctx,
			   u32 id)
{
	struct v4l2_ctrl_handler *hdl;
	bool sets;

	hdl = v4l2_ctrl_request_hdl_find(req, &ctx->hdl);
	if (!hdl)
		return false;
	sets = v4l2_ctrl_request_hdl_ctrl_find(hdl, id);
	v4l2_ctrl_request_hdl_put(hdl);
	return sets;
}

/*
 * One OUTPUT buffer and the codec's frame control make a request, and nothing of
 * another file: controls of that would never complete, and the core counts objects
 * wrongly when the one or the other file is closed.
 */
static int daedalus_request_validate(struct media_request *req)
{
	struct media_request_object *obj;
	struct daedalus_ctx *ctx = NULL;
	unsigned int buffers = vb2_request_buffer_cnt(req);

	if (!buffers)
		return -ENOENT;
	if (buffers > 1)
		return -EINVAL;

	list_for_each_entry(obj, &req->objects, list) {
		struct vb2_buffer *vb;

		if (!vb2_request_object_is_buffer(obj))
			continue;
		vb = container_of(obj, struct vb2_buffer, req_obj);
		ctx = vb2_get_drv_priv(vb->vb2_queue);
		break;
	}
	if (!ctx)
		return -ENOENT;
	list_for_each_entry(obj, &req->objects, list)
		if (!vb2_request_object_is_buffer(obj) && obj->priv != &ctx->hdl)
			return -EINVAL;
	if (!daedalus_request_sets(req, ctx, ctx->coded->required_control))
		return -ENOENT;

	return daedalus_validate_buffers(req, ctx);
}

/*
 * A request's fd may outlive every other file of ours, and closing it calls
 * back through the media device: it keeps both the device and this code.
 */
static struct media_request *daedalus_request_alloc(struct media_device *mdev)
{
	struct daedalus_dev *dev = container_of(mdev, struct daedalus_dev, mdev);
	struct media_request *req = kzalloc(sizeof(*req), GFP_KERNEL_ACCOUNT);

	if (!req)
		return NULL;
	daedalus_dev_get(dev);
	__module_get(THIS_MODULE);
	req->mdev = mdev; /* the core sets it later than it may call req_free */
	return req;
}

static void daedalus_request_free(struct media_request *req)
{
	struct daedalus_dev *dev =
		container_of(req->mdev, struct daedalus_dev, mdev);

	kfree(req);
	daedalus_dev_put(dev);
	module_put(THIS_MODULE);
}

static const struct media_device_ops daedalus_media_ops = {
	.req_alloc = daedalus_request_alloc,
	.req_free = daedalus_request_free,
	.req_validate = daedalus_request_validate,
	.req_queue = v4l2_m2m_request_queue,
};

int daedalus_media_init(struct daedalus_dev *dev)
{
	dev->m2m_dev = v4l2_m2m_init(&daedalus_m2m_ops);
	if (IS_ERR(dev->m2m_dev))
		return PTR_ERR(dev->m2m_dev);

	dev->mdev.dev = dev->dev;
	strscpy(dev->mdev.model, DAEDALUS_NAME, sizeof(dev->mdev.model));
	strscpy(dev->mdev.bus_info, "platform:" DAEDALUS_NAME,
		sizeof(dev->mdev.bus_info));
	media_device_init(&dev->mdev);
	dev->mdev.ops = &daedalus_media_ops;
	return 0;
}

void daedalus_media_cleanup(struct daedalus_dev *dev)
{
	media_device_cleanup(&dev->mdev);
	v4l2_m2m_release(dev->m2m_dev);
}

int daedalus_media_register(struct daedalus_dev *dev)
{
	int ret;

	ret = v4l2_m2m_register_media_controller(dev->m2m_dev,
						 &dev->stateless.vdev,
						 MEDIA_ENT_F_PROC_VIDEO_DECODER);
	if (ret)
		return ret;
	ret = media_device_register(&dev->mdev);
	if (ret)
		v4l2_m2m_unregister_media_controller(dev->m2m_dev);
	return ret;
}

void daedalus_media_unregister(struct daedalus_dev *dev)
{
	media_device_unregister(&dev->mdev);
	v4l2_m2m_unregister_media_controller(dev->m2m_dev);
}
