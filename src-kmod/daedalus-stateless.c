// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stateless node: its ioctls. Clients parse the stream, and send its frames as
 * requests with what they have found in their headers.
 */
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>

#include "daedalus-compat.h"
#include "daedalus.h"

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
	.vidioc_reqbufs = daedalus_reqbufs,
	.vidioc_create_bufs = v4l2_m2m_ioctl_create_bufs,
	DAEDALUS_REMOVE_BUFS_OP
	.vidioc_querybuf = v4l2_m2m_ioctl_querybuf,
	.vidioc_prepare_buf = daedalus_prepare_buf,
	.vidioc_qbuf = daedalus_qbuf,
	.vidioc_dqbuf = v4l2_m2m_ioctl_dqbuf,
	.vidioc_expbuf = v4l2_m2m_ioctl_expbuf,
	.vidioc_streamon = v4l2_m2m_ioctl_streamon,
	.vidioc_streamoff = v4l2_m2m_ioctl_streamoff,
	.vidioc_try_decoder_cmd = v4l2_m2m_ioctl_stateless_try_decoder_cmd,
	.vidioc_decoder_cmd = daedalus_decoder_cmd,
	.vidioc_subscribe_event = v4l2_ctrl_subscribe_event,
	.vidioc_unsubscribe_event = v4l2_event_unsubscribe,
};

const struct daedalus_api daedalus_stateless_api = {
	.kind = DAEDALUS_SESSION_STATELESS,
	.name = DAEDALUS_NAME,
	.ioctl_ops = &daedalus_ioctl_ops,
	.init_controls = daedalus_controls_init,
	.set_default_formats = daedalus_set_default_formats,
	.dispatch = daedalus_dispatch,
	.stop = daedalus_dispatch_stop,
};
