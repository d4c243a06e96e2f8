// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both video nodes: open, release and their registration. What they do differently
 * is in struct daedalus_api.
 */
#include <linux/slab.h>
#include <media/v4l2-ioctl.h>

#include "daedalus-compat.h"
#include "daedalus.h"

struct daedalus_ctx *daedalus_file_to_ctx(struct file *file)
{
	return daedalus_fh_to_ctx(daedalus_file_to_fh(file));
}

static int daedalus_open(struct file *file)
{
	struct daedalus_node *node = video_drvdata(file);
	struct daedalus_dev *dev = node->dev;
	struct daedalus_ctx *ctx;
	int ret;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return -ENOMEM;
	ctx->dev = dev;
	ctx->api = node->api;
	ctx->user = daedalus_user_get(dev);
	if (IS_ERR(ctx->user)) {
		ret = PTR_ERR(ctx->user);
		goto free_ctx;
	}
	mutex_init(&ctx->vb_mutex);
	v4l2_fh_init(&ctx->fh, &node->vdev);

	ret = ctx->api->init_controls(ctx);
	if (ret)
		goto exit_fh;
	ctx->api->set_default_formats(ctx);

	ctx->session = daedalus_session_create(ctx);
	if (!ctx->session) {
		ret = -ENOMEM;
		goto free_controls;
	}
	ctx->fh.m2m_ctx = v4l2_m2m_ctx_init(dev->m2m_dev, ctx,
					    daedalus_queue_init);
	if (IS_ERR(ctx->fh.m2m_ctx)) {
		ret = PTR_ERR(ctx->fh.m2m_ctx);
		goto close_session;
	}
	daedalus_fh_add(&ctx->fh, file);
	return 0;

close_session:
	daedalus_session_close(ctx->session);
free_controls:
	v4l2_ctrl_handler_free(&ctx->hdl);
exit_fh:
	v4l2_fh_exit(&ctx->fh);
	mutex_destroy(&ctx->vb_mutex);
	daedalus_user_put(dev, ctx->user);
free_ctx:
	kfree(ctx);
	return ret;
}

/*
 * The order matters: freeing the queues stops streaming, which completes
 * requests, which needs the control handler; and it retires buffers, which
 * needs the session.
 */
static int daedalus_release(struct file *file)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);

	mutex_lock(&ctx->vb_mutex);
	v4l2_m2m_ctx_release(ctx->fh.m2m_ctx);
	mutex_unlock(&ctx->vb_mutex);
	daedalus_session_close(ctx->session);
	daedalus_fh_del(&ctx->fh, file);
	v4l2_fh_exit(&ctx->fh);
	daedalus_leave_requests(ctx);
	v4l2_ctrl_handler_free(&ctx->hdl);
	mutex_destroy(&ctx->vb_mutex);
	daedalus_user_put(ctx->dev, ctx->user);
	kfree(ctx);
	return 0;
}

static __poll_t daedalus_poll(struct file *file, poll_table *wait)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	__poll_t events = v4l2_m2m_fop_poll(file, wait);

	if (!daedalus_is_stateful(ctx))
		return events;
	return daedalus_flow_poll(ctx, poll_requested_events(wait), events);
}

static const struct v4l2_file_operations daedalus_fops = {
	.owner = THIS_MODULE,
	.open = daedalus_open,
	.release = daedalus_release,
	.poll = daedalus_poll,
	.unlocked_ioctl = video_ioctl2,
	.mmap = v4l2_m2m_fop_mmap,
};

int daedalus_querycap(struct file *file, void *priv,
		      struct v4l2_capability *cap)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);

	strscpy(cap->driver, DAEDALUS_NAME, sizeof(cap->driver));
	strscpy(cap->card, ctx->api->name, sizeof(cap->card));
	/* Of its own for each node: who finds a media device by it wants its. */
	snprintf(cap->bus_info, sizeof(cap->bus_info), "platform:%s",
		 ctx->api->name);
	return 0;
}

/* The last user of the node has gone, the driver may have long before. */
static void daedalus_node_release(struct video_device *vdev)
{
	struct daedalus_node *node =
		container_of(vdev, struct daedalus_node, vdev);

	node->released = true;
	v4l2_device_unregister(&node->v4l2_dev);
	daedalus_dev_put(node->dev);
}

static void daedalus_parent_release(struct device *parent)
{
	kfree(parent);
}

/*
 * Who wants a node's media device looks beside the node in sysfs, and the one
 * there is none of the stateful node's: it gets a place of its own.
 */
static struct device *daedalus_parent_create(struct daedalus_dev *dev,
					     const char *name)
{
	struct device *parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	int ret;

	if (!parent)
		return ERR_PTR(-ENOMEM);
	device_initialize(parent);
	parent->parent = dev->dev;
	parent->release = daedalus_parent_release;
	ret = dev_set_name(parent, "%s", name) ?: device_add(parent);
	if (ret) {
		put_device(parent);
		return ERR_PTR(ret);
	}
	return parent;
}

/*
 * Registers the node under the first free number from nr on. There is no lock
 * at the device: every context has its own, so no client waits for another.
 */
int daedalus_node_register(struct daedalus_node *node, struct daedalus_dev *dev,
			   const struct daedalus_api *api, int nr)
{
	struct video_device *vdev = &node->vdev;
	int ret;

	ret = v4l2_device_register(dev->dev, &node->v4l2_dev);
	if (ret)
		return ret;
	daedalus_dev_get(dev);
	node->dev = dev;
	node->api = api;
	if (api->kind == DAEDALUS_SESSION_STATELESS) {
		node->v4l2_dev.mdev = &dev->mdev;
	} else {
		node->parent = daedalus_parent_create(dev, api->name);
		if (IS_ERR(node->parent)) {
			ret = PTR_ERR(node->parent);
			node->parent = NULL;
			daedalus_node_release(vdev);
			return ret;
		}
		vdev->dev_parent = node->parent;
	}

	strscpy(vdev->name, api->name, sizeof(vdev->name));
	vdev->vfl_dir = VFL_DIR_M2M;
	vdev->fops = &daedalus_fops;
	vdev->ioctl_ops = api->ioctl_ops;
	vdev->release = daedalus_node_release;
	vdev->device_caps = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING;
	vdev->v4l2_dev = &node->v4l2_dev;
	video_set_drvdata(vdev, node);

	ret = video_register_device(vdev, VFL_TYPE_VIDEO, nr);
	/* The core may or may not have called the release callback. */
	if (ret && !node->released)
		daedalus_node_release(vdev);
	node->registered = !ret;
	return ret;
}

/* Also what is left of a node whose registration failed. */
void daedalus_node_unregister(struct daedalus_node *node)
{
	if (node->registered)
		video_unregister_device(&node->vdev);
	if (node->parent)
		device_unregister(node->parent);
}
