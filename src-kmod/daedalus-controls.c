// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls: what clients parse out of their streams and workers need back.
 */
#include <media/v4l2-ctrls.h>

#include "daedalus.h"

/* Levels and profiles are for clients to read; decoding asks the stream. */
#define DAEDALUS_H264_PROFILES                            \
	(BIT(V4L2_MPEG_VIDEO_H264_PROFILE_BASELINE) |             \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE) | \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_MAIN) |                 \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_HIGH) |                 \
	 BIT(V4L2_MPEG_VIDEO_H264_PROFILE_HIGH_10))

/* The last item, the default, and a mask of those there are. */
#define DAEDALUS_MENU(menu_id, first, last, preset, known) \
	.cfg = {                                           \
		.id = (menu_id),                           \
		.min = (first),                            \
		.max = (last),                             \
		.def = (preset),                           \
		.menu_skip_mask = ~(u64)(known),           \
	}

struct daedalus_control_desc {
	struct v4l2_ctrl_config cfg;
	enum daedalus_codec codec;
	bool send; /* to the worker, with each of the codec's jobs */
};

static const struct daedalus_control_desc daedalus_control_descs[] = {
	{
		.cfg.id = V4L2_CID_STATELESS_H264_SPS,
		.codec = DAEDALUS_CODEC_H264,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_H264_PPS,
		.codec = DAEDALUS_CODEC_H264,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_H264_SCALING_MATRIX,
		.codec = DAEDALUS_CODEC_H264,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_H264_DECODE_PARAMS,
		.codec = DAEDALUS_CODEC_H264,
		.send = true,
	},
	{
		/* Decoders of whole frames read slice headers themselves. */
		.cfg.id = V4L2_CID_STATELESS_H264_SLICE_PARAMS,
		.codec = DAEDALUS_CODEC_H264,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_H264_PRED_WEIGHTS,
		.codec = DAEDALUS_CODEC_H264,
	},
	{
		DAEDALUS_MENU(V4L2_CID_STATELESS_H264_DECODE_MODE,
			      V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED,
			      V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED,
			      V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED,
			      BIT(V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED)),
		.codec = DAEDALUS_CODEC_H264,
	},
	{
		DAEDALUS_MENU(V4L2_CID_STATELESS_H264_START_CODE,
			      V4L2_STATELESS_H264_START_CODE_ANNEX_B,
			      V4L2_STATELESS_H264_START_CODE_ANNEX_B,
			      V4L2_STATELESS_H264_START_CODE_ANNEX_B,
			      BIT(V4L2_STATELESS_H264_START_CODE_ANNEX_B)),
		.codec = DAEDALUS_CODEC_H264,
	},
	{
		DAEDALUS_MENU(V4L2_CID_MPEG_VIDEO_H264_PROFILE,
			      V4L2_MPEG_VIDEO_H264_PROFILE_BASELINE,
			      V4L2_MPEG_VIDEO_H264_PROFILE_HIGH_10,
			      V4L2_MPEG_VIDEO_H264_PROFILE_MAIN,
			      DAEDALUS_H264_PROFILES),
		.codec = DAEDALUS_CODEC_H264,
	},
	{
		DAEDALUS_MENU(V4L2_CID_MPEG_VIDEO_H264_LEVEL,
			      V4L2_MPEG_VIDEO_H264_LEVEL_1_0,
			      V4L2_MPEG_VIDEO_H264_LEVEL_6_2,
			      V4L2_MPEG_VIDEO_H264_LEVEL_4_0,
			      GENMASK(V4L2_MPEG_VIDEO_H264_LEVEL_6_2, 0)),
		.codec = DAEDALUS_CODEC_H264,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_VP9_FRAME,
		.codec = DAEDALUS_CODEC_VP9,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_VP9_COMPRESSED_HDR,
		.codec = DAEDALUS_CODEC_VP9,
	},
	{
		DAEDALUS_MENU(V4L2_CID_MPEG_VIDEO_VP9_PROFILE,
			      V4L2_MPEG_VIDEO_VP9_PROFILE_0,
			      V4L2_MPEG_VIDEO_VP9_PROFILE_2,
			      V4L2_MPEG_VIDEO_VP9_PROFILE_0,
			      BIT(V4L2_MPEG_VIDEO_VP9_PROFILE_0) |
			      BIT(V4L2_MPEG_VIDEO_VP9_PROFILE_2)),
		.codec = DAEDALUS_CODEC_VP9,
	},
#ifdef V4L2_CID_STATELESS_AV1_FRAME
	{
		.cfg.id = V4L2_CID_STATELESS_AV1_SEQUENCE,
		.codec = DAEDALUS_CODEC_AV1,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_AV1_FRAME,
		.codec = DAEDALUS_CODEC_AV1,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY,
		.cfg.dims = { V4L2_AV1_MAX_TILE_COUNT },
		.codec = DAEDALUS_CODEC_AV1,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_AV1_FILM_GRAIN,
		.codec = DAEDALUS_CODEC_AV1,
		.send = true,
	},
	{
		DAEDALUS_MENU(V4L2_CID_MPEG_VIDEO_AV1_PROFILE,
			      V4L2_MPEG_VIDEO_AV1_PROFILE_MAIN,
			      V4L2_MPEG_VIDEO_AV1_PROFILE_MAIN,
			      V4L2_MPEG_VIDEO_AV1_PROFILE_MAIN,
			      BIT(V4L2_MPEG_VIDEO_AV1_PROFILE_MAIN)),
		.codec = DAEDALUS_CODEC_AV1,
	},
#endif
	{
		.cfg.id = V4L2_CID_STATELESS_VP8_FRAME,
		.codec = DAEDALUS_CODEC_VP8,
		.send = true,
	},
	{
		DAEDALUS_MENU(V4L2_CID_MPEG_VIDEO_VP8_PROFILE,
			      V4L2_MPEG_VIDEO_VP8_PROFILE_0,
			      V4L2_MPEG_VIDEO_VP8_PROFILE_3,
			      V4L2_MPEG_VIDEO_VP8_PROFILE_0,
			      GENMASK(V4L2_MPEG_VIDEO_VP8_PROFILE_3, 0)),
		.codec = DAEDALUS_CODEC_VP8,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_MPEG2_SEQUENCE,
		.codec = DAEDALUS_CODEC_MPEG2,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_MPEG2_PICTURE,
		.codec = DAEDALUS_CODEC_MPEG2,
		.send = true,
	},
	{
		.cfg.id = V4L2_CID_STATELESS_MPEG2_QUANTISATION,
		.codec = DAEDALUS_CODEC_MPEG2,
		.send = true,
	},
	{
		DAEDALUS_MENU(V4L2_CID_MPEG_VIDEO_MPEG2_PROFILE,
			      V4L2_MPEG_VIDEO_MPEG2_PROFILE_SIMPLE,
			      V4L2_MPEG_VIDEO_MPEG2_PROFILE_MAIN,
			      V4L2_MPEG_VIDEO_MPEG2_PROFILE_MAIN,
			      GENMASK(V4L2_MPEG_VIDEO_MPEG2_PROFILE_MAIN, 0)),
		.codec = DAEDALUS_CODEC_MPEG2,
	},
};

static_assert(ARRAY_SIZE(daedalus_control_descs) <= DAEDALUS_MAX_CONTROLS);

/*
 * The sample depth a control speaks of, 0 if it speaks of none, or -EINVAL for
 * a sampling or depth that nothing here decodes: 4:2:0 of 8 or 10 bits is, and
 * 4:0:0, which is also what controls full of zeroes ask for.
 */
static int daedalus_stream_depth(const struct v4l2_ctrl *ctrl)
{
	u32 luma = 0, chroma = 0;
	bool subsampled = true;

	switch (ctrl->id) {
	case V4L2_CID_STATELESS_H264_SPS: {
		const struct v4l2_ctrl_h264_sps *sps = ctrl->p_new.p_h264_sps;

		luma = sps->bit_depth_luma_minus8 + 8;
		chroma = sps->bit_depth_chroma_minus8 + 8;
		if (!sps->chroma_format_idc)
			chroma = luma;
		subsampled = sps->chroma_format_idc <= 1;
		break;
	}
	case V4L2_CID_STATELESS_VP9_FRAME: {
		const struct v4l2_ctrl_vp9_frame *frame =
			ctrl->p_new.p_vp9_frame;
		const u32 both = V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING |
				 V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING;

		luma = frame->bit_depth;
		chroma = luma;
		subsampled = (frame->flags & both) == both;
		break;
	}
#ifdef V4L2_CID_STATELESS_AV1_FRAME
	case V4L2_CID_STATELESS_AV1_SEQUENCE: {
		const struct v4l2_ctrl_av1_sequence *seq =
			ctrl->p_new.p_av1_sequence;
		const u32 both = V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X |
				 V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y;

		luma = seq->bit_depth;
		chroma = luma;
		/* Zero until a client has parsed its first header. */
		if (!luma)
			return 0;
		subsampled = seq->flags & V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME ||
			     (seq->flags & both) == both ||
			     !seq->seq_profile;
		break;
	}
#endif
	case V4L2_CID_STATELESS_MPEG2_SEQUENCE:
		luma = 8;
		chroma = 8;
		subsampled = ctrl->p_new.p_mpeg2_sequence->chroma_format == 1;
		break;
	default:
		return 0;
	}

	if (!subsampled || luma != chroma || (luma != 8 && luma != 10))
		return -EINVAL;
	return luma;
}

static int daedalus_try_ctrl(struct v4l2_ctrl *ctrl)
{
	struct daedalus_ctx *ctx =
		container_of(ctrl->handler, struct daedalus_ctx, hdl);
	int depth = daedalus_stream_depth(ctrl);

	if (depth >= 0)
		return 0;
	daedalus_count(ctx->dev, DAEDALUS_REFUSED_CONTROLS, 1);
	return depth;
}

static int daedalus_s_ctrl(struct v4l2_ctrl *ctrl)
{
	struct daedalus_ctx *ctx =
		container_of(ctrl->handler, struct daedalus_ctx, hdl);
	int depth = daedalus_stream_depth(ctrl);

	if (depth > 0)
		daedalus_set_bit_depth(ctx, depth);
	return 0;
}

static const struct v4l2_ctrl_ops daedalus_ctrl_ops = {
	.try_ctrl = daedalus_try_ctrl,
	.s_ctrl = daedalus_s_ctrl,
};

int daedalus_controls_init(struct daedalus_ctx *ctx)
{
	struct v4l2_ctrl_handler *hdl = &ctx->hdl;
	unsigned int i;
	int ret;

	v4l2_ctrl_handler_init(hdl, ARRAY_SIZE(daedalus_control_descs));
	for (i = 0; i < ARRAY_SIZE(daedalus_control_descs); i++) {
		struct v4l2_ctrl_config cfg = daedalus_control_descs[i].cfg;

		cfg.ops = &daedalus_ctrl_ops;
		ctx->controls[i] = v4l2_ctrl_new_custom(hdl, &cfg, NULL);
		/* Not every failure is noted in hdl->error. */
		if (!ctx->controls[i]) {
			ret = hdl->error ?: -ENOMEM;
			v4l2_ctrl_handler_free(hdl);
			return ret;
		}
	}
	ctx->fh.ctrl_handler = hdl;
	return 0;
}

static u32 daedalus_record_size(u32 payload)
{
	return sizeof(struct daedalus_control) + ALIGN(payload, 8);
}

/* Bytes that the current codec's records fill at most. */
u32 daedalus_controls_max_size(struct daedalus_ctx *ctx)
{
	unsigned int i;
	u32 size = 0;

	for (i = 0; i < ARRAY_SIZE(daedalus_control_descs); i++) {
		const struct daedalus_control_desc *desc =
			&daedalus_control_descs[i];
		const struct v4l2_ctrl *ctrl = ctx->controls[i];
		u32 elems = ctrl->is_dyn_array ? ctrl->dims[0] : ctrl->elems;

		if (desc->send && desc->codec == ctx->coded->codec)
			size += daedalus_record_size(ctrl->elem_size * elems);
	}
	return size;
}

/* hdl->lock: what a control that each context has is set to. */
static const void *daedalus_control_value(struct daedalus_ctx *ctx, u32 id)
{
	unsigned int i = 0;

	while (daedalus_control_descs[i].cfg.id != id)
		i++;
	return ctx->controls[i]->p_cur.p_const;
}

/*
 * The control of the codec that pictures may do without: H.264's scaling lists,
 * AV1's film grain. It is this picture's if the stream's headers say that there is
 * such a thing. Some clients do not say so, but send it each time. 0: there is none.
 */
static u32 daedalus_optional_control(struct daedalus_ctx *ctx)
{
	switch (ctx->coded->codec) {
	case DAEDALUS_CODEC_H264:
		return V4L2_CID_STATELESS_H264_SCALING_MATRIX;
#ifdef V4L2_CID_STATELESS_AV1_FRAME
	case DAEDALUS_CODEC_AV1:
		return V4L2_CID_STATELESS_AV1_FILM_GRAIN;
#endif
	default:
		return 0;
	}
}

/* hdl->lock: whether the headers say so. */
static bool daedalus_stream_has_optional(struct daedalus_ctx *ctx)
{
	switch (ctx->coded->codec) {
	case DAEDALUS_CODEC_H264: {
		const struct v4l2_ctrl_h264_pps *pps =
			daedalus_control_value(ctx, V4L2_CID_STATELESS_H264_PPS);

		return pps->flags & V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT;
	}
#ifdef V4L2_CID_STATELESS_AV1_FRAME
	case DAEDALUS_CODEC_AV1: {
		const struct v4l2_ctrl_av1_sequence *sequence =
			daedalus_control_value(ctx, V4L2_CID_STATELESS_AV1_SEQUENCE);

		return sequence->flags & V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT;
	}
#endif
	default:
		return false;
	}
}

/*
 * Writes the codec's controls as they are now: the request's own, and what
 * persists from earlier ones. Returns the bytes written, 0 if they do not fit.
 *
 * What a picture may do without persists as well, and that of another picture, if
 * not of another stream, is none of one that has not any: see
 * daedalus_optional_control().
 */
u32 daedalus_controls_copy(struct daedalus_ctx *ctx, struct media_request *req,
			   void *to, u32 size)
{
	u32 optional = daedalus_optional_control(ctx);
	bool given = optional && daedalus_request_sets(req, ctx, optional);
	unsigned int i;
	u32 at = 0;

	mutex_lock(ctx->hdl.lock);
	given = given || daedalus_stream_has_optional(ctx);
	for (i = 0; i < ARRAY_SIZE(daedalus_control_descs); i++) {
		const struct daedalus_control_desc *desc =
			&daedalus_control_descs[i];
		const struct v4l2_ctrl *ctrl = ctx->controls[i];
		struct daedalus_control *record = to + at;
		u32 payload = ctrl->elem_size * ctrl->elems;
		u32 length = daedalus_record_size(payload);

		if (!desc->send || desc->codec != ctx->coded->codec)
			continue;
		if (ctrl->id == optional && !given)
			continue;
		if (length > size - at) {
			at = 0;
			break;
		}
		record->id = ctrl->id;
		record->size = payload;
		record->elems = ctrl->elems;
		record->reserved32 = 0;
		memset(record + 1, 0, length - sizeof(*record));
		/* A dynamic array's memory may move once the lock is let go. */
		memcpy(record + 1, ctrl->p_cur.p_const, payload);
		at += length;
	}
	mutex_unlock(ctx->hdl.lock);
	return at;
}
