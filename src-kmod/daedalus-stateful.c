// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stateful node: its ioctls, events and controls. Clients send a stream as it
 * is, the worker parses it.
 */
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>

#include "daedalus-compat.h"
#include "daedalus.h"

#define DAEDALUS_STATEFUL_H264_PROFILES                           \
	(BIT(V4L2_MPEG_VIDEO_H264_PROFILE_BASELINE) |             \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE) | \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_MAIN) |                 \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_HIGH) |                 \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_HIGH_10))

/* What clients look for before they send a stream; decoding asks the stream. */
static const struct daedalus_menu {
	u32 id;
	u8 last;
	u8 preset;
	u64 known; /* a mask of the items there are */
} daedalus_menus[] = {
	{
		V4L2_CID_MPEG_VIDEO_H264_PROFILE,
		V4L2_MPEG_VIDEO_H264_PROFILE_HIGH_10,
		V4L2_MPEG_VIDEO_H264_PROFILE_HIGH,
		DAEDALUS_STATEFUL_H264_PROFILES,
	},
	{
		V4L2_CID_MPEG_VIDEO_H264_LEVEL,
		V4L2_MPEG_VIDEO_H264_LEVEL_6_2,
		V4L2_MPEG_VIDEO_H264_LEVEL_4_0,
		GENMASK(V4L2_MPEG_VIDEO_H264_LEVEL_6_2, 0),
	},
	{
		V4L2_CID_MPEG_VIDEO_VP8_PROFILE,
		V4L2_MPEG_VIDEO_VP8_PROFILE_3,
		V4L2_MPEG_VIDEO_VP8_PROFILE_0,
		GENMASK(V4L2_MPEG_VIDEO_VP8_PROFILE_3, 0),
	},
	{
		V4L2_CID_MPEG_VIDEO_VP9_PROFILE,
		V4L2_MPEG_VIDEO_VP9_PROFILE_2,
		V4L2_MPEG_VIDEO_VP9_PROFILE_0,
		BIT(V4L2_MPEG_VIDEO_VP9_PROFILE_0) |
			BIT(V4L2_MPEG_VIDEO_VP9_PROFILE_2),
	},
	{
		V4L2_CID_MPEG_VIDEO_MPEG2_PROFILE,
		V4L2_MPEG_VIDEO_MPEG2_PROFILE_MAIN,
		V4L2_MPEG_VIDEO_MPEG2_PROFILE_MAIN,
		GENMASK(V4L2_MPEG_VIDEO_MPEG2_PROFILE_MAIN, 0),
	},
	{
		V4L2_CID_MPEG_VIDEO_MPEG2_LEVEL,
		V4L2_MPEG_VIDEO_MPEG2_LEVEL_HIGH,
		V4L2_MPEG_VIDEO_MPEG2_LEVEL_MAIN,
		GENMASK(V4L2_MPEG_VIDEO_MPEG2_LEVEL_HIGH, 0),
	},
	{
		V4L2_CID_MPEG_VIDEO_MPEG4_PROFILE,
		V4L2_MPEG_VIDEO_MPEG4_PROFILE_ADVANCED_SIMPLE,
		V4L2_MPEG_VIDEO_MPEG4_PROFILE_ADVANCED_SIMPLE,
		BIT(V4L2_MPEG_VIDEO_MPEG4_PROFILE_SIMPLE) |
			BIT(V4L2_MPEG_VIDEO_MPEG4_PROFILE_ADVANCED_SIMPLE),
	},
	{
		V4L2_CID_MPEG_VIDEO_MPEG4_LEVEL,
		V4L2_MPEG_VIDEO_MPEG4_LEVEL_5,
		V4L2_MPEG_VIDEO_MPEG4_LEVEL_5,
		GENMASK(V4L2_MPEG_VIDEO_MPEG4_LEVEL_5, 0),
	},
#ifdef V4L2_CID_MPEG_VIDEO_AV1_PROFILE
	{
		V4L2_CID_MPEG_VIDEO_AV1_PROFILE,
		V4L2_MPEG_VIDEO_AV1_PROFILE_MAIN,
		V4L2_MPEG_VIDEO_AV1_PROFILE_MAIN,
		BIT(V4L2_MPEG_VIDEO_AV1_PROFILE_MAIN),
	},
#endif
};

static int daedalus_stateful_init_controls(struct daedalus_ctx *ctx)
{
	struct v4l2_ctrl_handler *hdl = &ctx->hdl;
	unsigned int i;
	int ret;

	v4l2_ctrl_handler_init(hdl, ARRAY_SIZE(daedalus_menus) + 1);
	for (i = 0; i < ARRAY_SIZE(daedalus_menus); i++)
		v4l2_ctrl_new_std_menu(hdl, NULL, daedalus_menus[i].id,
				       daedalus_menus[i].last,
				       ~daedalus_menus[i].known,
				       daedalus_menus[i].preset);
	v4l2_ctrl_new_std(hdl, NULL, V4L2_CID_MIN_BUFFERS_FOR_CAPTURE, 1,
			  DAEDALUS_MIN_CAPTURES, 1, DAEDALUS_MIN_CAPTURES);
	ret = hdl->error;
	if (ret) {
		v4l2_ctrl_handler_free(hdl);
		return ret;
	}
	ctx->fh.ctrl_handler = hdl;
	return 0;
}

/* What is shown of a CAPTURE buffer: all of it but what makes its size even. */
static int daedalus_g_selection(struct file *file, void *priv,
				struct v4l2_selection *selection)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	int ret = 0;

	/* The core hands MPLANE types down as the plain ones. */
	if (selection->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
		return -EINVAL;

	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	selection->r.left = 0;
	selection->r.top = 0;
	selection->r.width = ctx->capture.width;
	selection->r.height = ctx->capture.height;
	switch (selection->target) {
	case V4L2_SEL_TGT_CROP:
	case V4L2_SEL_TGT_CROP_DEFAULT:
	case V4L2_SEL_TGT_COMPOSE:
	case V4L2_SEL_TGT_COMPOSE_DEFAULT:
		if (ctx->stream_known) {
			selection->r.width = ctx->stream.width;
			selection->r.height = ctx->stream.height;
		}
		break;
	case V4L2_SEL_TGT_CROP_BOUNDS:
	case V4L2_SEL_TGT_COMPOSE_BOUNDS:
	case V4L2_SEL_TGT_COMPOSE_PADDED:
		break;
	default:
		ret = -EINVAL;
	}
	mutex_unlock(ctx->hdl.lock);
	return ret;
}

/* The rectangle is what it is; FFmpeg believes the answer, whatever it asked. */
static int daedalus_s_selection(struct file *file, void *priv,
				struct v4l2_selection *selection)
{
	if (selection->target != V4L2_SEL_TGT_COMPOSE)
		return -EINVAL;
	return daedalus_g_selection(file, priv, selection);
}

/*
 * Only square pixels are told of. Clients know the others from the container or from
 * parsing the stream themselves; FFmpeg reads the answer the other way round than the
 * documentation, and GStreamer gives up if there is any but 1:1.
 */
static int daedalus_g_pixelaspect(struct file *file, void *priv, int type,
				  struct v4l2_fract *aspect)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	int ret = 0;

	if (type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
		return -EINVAL;
	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	if (ctx->stream_known &&
	    ctx->stream.pixel_width != ctx->stream.pixel_height)
		ret = -ENODATA;
	mutex_unlock(ctx->hdl.lock);
	aspect->numerator = 1;
	aspect->denominator = 1;
	return ret;
}

static int daedalus_stateful_decoder_cmd(struct file *file, void *priv,
					 struct v4l2_decoder_cmd *cmd)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	int ret;

	ret = v4l2_m2m_ioctl_try_decoder_cmd(file, priv, cmd);
	if (ret)
		return ret;
	mutex_lock(&ctx->vb_mutex);
	ret = cmd->cmd == V4L2_DEC_CMD_STOP ? daedalus_flow_stop_decoder(ctx) :
					      daedalus_flow_start_decoder(ctx);
	mutex_unlock(&ctx->vb_mutex);
	return ret;
}

static int daedalus_subscribe_event(struct v4l2_fh *fh,
				    const struct v4l2_event_subscription *sub)
{
	switch (sub->type) {
	case V4L2_EVENT_EOS:
		return v4l2_event_subscribe(fh, sub, 2, NULL);
	case V4L2_EVENT_SOURCE_CHANGE:
		return v4l2_src_change_event_subscribe(fh, sub);
	default:
		return v4l2_ctrl_subscribe_event(fh, sub);
	}
}

static const struct v4l2_ioctl_ops daedalus_stateful_ioctl_ops = {
	.vidioc_querycap = daedalus_querycap,
	.vidioc_enum_fmt_vid_out = daedalus_stateful_enum_fmt_output,
	.vidioc_enum_fmt_vid_cap = daedalus_stateful_enum_fmt_capture,
	.vidioc_enum_framesizes = daedalus_stateful_enum_framesizes,
	.vidioc_g_fmt_vid_out_mplane = daedalus_stateful_g_fmt_output,
	.vidioc_g_fmt_vid_cap_mplane = daedalus_stateful_g_fmt_capture,
	.vidioc_try_fmt_vid_out_mplane = daedalus_stateful_try_fmt_output,
	.vidioc_try_fmt_vid_cap_mplane = daedalus_stateful_try_fmt_capture,
	.vidioc_s_fmt_vid_out_mplane = daedalus_stateful_s_fmt_output,
	.vidioc_s_fmt_vid_cap_mplane = daedalus_stateful_s_fmt_capture,
	.vidioc_g_selection = daedalus_g_selection,
	.vidioc_s_selection = daedalus_s_selection,
	.vidioc_g_pixelaspect = daedalus_g_pixelaspect,
	.vidioc_reqbufs = v4l2_m2m_ioctl_reqbufs,
	.vidioc_create_bufs = v4l2_m2m_ioctl_create_bufs,
	DAEDALUS_REMOVE_BUFS_OP
	.vidioc_querybuf = v4l2_m2m_ioctl_querybuf,
	.vidioc_prepare_buf = daedalus_prepare_buf,
	.vidioc_qbuf = daedalus_qbuf,
	.vidioc_dqbuf = v4l2_m2m_ioctl_dqbuf,
	.vidioc_expbuf = v4l2_m2m_ioctl_expbuf,
	.vidioc_streamon = v4l2_m2m_ioctl_streamon,
	.vidioc_streamoff = v4l2_m2m_ioctl_streamoff,
	.vidioc_try_decoder_cmd = v4l2_m2m_ioctl_try_decoder_cmd,
	.vidioc_decoder_cmd = daedalus_stateful_decoder_cmd,
	.vidioc_subscribe_event = daedalus_subscribe_event,
	.vidioc_unsubscribe_event = v4l2_event_unsubscribe,
};

const struct daedalus_api daedalus_stateful_api = {
	.kind = DAEDALUS_SESSION_STATEFUL,
	.name = DAEDALUS_NAME "-stateful",
	.ioctl_ops = &daedalus_stateful_ioctl_ops,
	.init_controls = daedalus_stateful_init_controls,
	.set_default_formats = daedalus_stateful_set_default_formats,
	.dispatch = daedalus_flow_dispatch,
	.stop = daedalus_flow_stop,
};
