// SPDX-License-Identifier: GPL-2.0-only
/*
 * The video node: open, release and the table of ioctls.
 */
#include <linux/slab.h>
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>

#include "daedalus-compat.h"
#include "daedalus.h"

struct daedalus_ctx *daedalus_file_to_ctx(struct file *file)
{
	return daedalus_fh_to_ctx(daedalus_file_to_fh(file));
}

static int daedalus_open(struct file *file)
{
	struct daedalus_dev *dev = video_drvdata(file);
	struct daedalus_ctx *ctx;
	int ret;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	ctx->dev = dev;
	mutex_init(&ctx->vb_mutex);
	v4l2_fh_init(&ctx->fh, &dev->vdev);

	ret = daedalus_controls_init(ctx);
	if (ret)
		goto exit_fh;
	daedalus_set_default_formats(ctx);

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
	v4l2_ctrl_handler_free(&ctx->hdl);
	mutex_destroy(&ctx->vb_mutex);
	kfree(ctx);
	return 0;
}

static const struct v4l2_file_operations daedalus_fops = {
	.owner = THIS_MODULE,
	.open = daedalus_open,
	.release = daedalus_release,
	.poll = v4l2_m2m_fop_poll,
	.unlocked_ioctl = video_ioctl2,
	.mmap = v4l2_m2m_fop_mmap,
};

static int daedalus_querycap(struct file *file, void *priv,
			     struct v4l2_capability *cap)
{
	strscpy(cap->driver, DAEDALUS_NAME, sizeof(cap->driver));
	strscpy(cap->card, DAEDALUS_NAME, sizeof(cap->card));
	strscpy(cap->bus_info, "platform:" DAEDALUS_NAME,
		sizeof(cap->bus_info));
	return 0;
}

static int daedalus_decoder_cmd(struct file *file, void *priv,
				struct v4l2_decoder_cmd *cmd)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	int ret;

	ret = v4l2_m2m_ioctl_stateless_try_decoder_cmd(file, priv, cmd);
	if (ret)
		return ret;
	mutex_lock(&ctx->vb_mutex);
	daedalus_dispatch_flush_held(ctx);
	mutex_unlock(&ctx->vb_mutex);
	return 0;
}

static const struct v4l2_ioctl_ops daedalus_ioctl_ops = {
	.vidioc_querycap = daedalus_querycap,
	.vidioc_enum_fmt_vid_out = daedalus_enum_fmt_output,
	.vidioc_enum_fmt_vid_cap = daedalus_enum_fmt_capture,
	.vidioc_enum_framesizes = daedalus_enum_framesizes,
	.vidioc_g_fmt_vid_out_mplane = daedalus_g_fmt_output,
	.vidioc_g_fmt_vid_cap_mplane = daedalus_g_fmt_capture,
	.vidioc_try_fmt_vid_out_mplane = daedalus_try_fmt_output,
	.vidioc_try_fmt_vid_cap_mplane = daedalus_try_fmt_capture,
	.vidioc_s_fmt_vid_out_mplane = daedalus_s_fmt_output,
	.vidioc_s_fmt_vid_cap_mplane = daedalus_s_fmt_capture,
	.vidioc_reqbufs = v4l2_m2m_ioctl_reqbufs,
	.vidioc_create_bufs = v4l2_m2m_ioctl_create_bufs,
	DAEDALUS_REMOVE_BUFS_OP
	.vidioc_querybuf = v4l2_m2m_ioctl_querybuf,
	.vidioc_prepare_buf = v4l2_m2m_ioctl_prepare_buf,
	.vidioc_qbuf = v4l2_m2m_ioctl_qbuf,
	.vidioc_dqbuf = v4l2_m2m_ioctl_dqbuf,
	.vidioc_expbuf = v4l2_m2m_ioctl_expbuf,
	.vidioc_streamon = v4l2_m2m_ioctl_streamon,
	.vidioc_streamoff = v4l2_m2m_ioctl_streamoff,
	.vidioc_try_decoder_cmd = v4l2_m2m_ioctl_stateless_try_decoder_cmd,
	.vidioc_decoder_cmd = daedalus_decoder_cmd,
	.vidioc_subscribe_event = v4l2_ctrl_subscribe_event,
	.vidioc_unsubscribe_event = v4l2_event_unsubscribe,
};

/*
 * The last user of the node has gone, the driver may have long before: takes
 * down what an open file may still need.
 */
static void daedalus_video_release(struct video_device *vdev)
{
	struct daedalus_dev *dev = container_of(vdev, struct daedalus_dev, vdev);

	dev->video_released = true;
	v4l2_m2m_release(dev->m2m_dev);
	media_device_cleanup(&dev->mdev);
	v4l2_device_unregister(&dev->v4l2_dev);
	daedalus_dev_put(dev);
}

/*
 * Registers the node under the first free number from nr on. There is no lock
 * at the device: every context has its own, so no client waits for another.
 * Whether or not this succeeds, the m2m, media and V4L2 devices now belong to
 * the node and go with it.
 */
int daedalus_video_register(struct daedalus_dev *dev, int nr)
{
	struct video_device *vdev = &dev->vdev;
	int ret;

	strscpy(vdev->name, DAEDALUS_NAME, sizeof(vdev->name));
	vdev->vfl_dir = VFL_DIR_M2M;
	vdev->fops = &daedalus_fops;
	vdev->ioctl_ops = &daedalus_ioctl_ops;
	vdev->release = daedalus_video_release;
	vdev->device_caps = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING;
	vdev->v4l2_dev = &dev->v4l2_dev;
	video_set_drvdata(vdev, dev);

	daedalus_dev_get(dev);
	ret = video_register_device(vdev, VFL_TYPE_VIDEO, nr);
	/* The core may or may not have called the release callback. */
	if (ret && !dev->video_released)
		daedalus_video_release(vdev);
	return ret;
}
