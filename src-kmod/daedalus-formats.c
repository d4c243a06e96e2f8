// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats of the stateless node: which bitstreams the OUTPUT queue takes, and
 * which pictures the CAPTURE queue gives for them.
 */
#include <linux/minmax.h>

#include "daedalus-compat.h"
#include "daedalus.h"

/*
 * The pictures of all codecs are padded to whole macroblocks. It makes the
 * pitch of NV12 equal its width, which some clients take for granted.
 */
#define DAEDALUS_ALIGN 16U
/*
 * What decoders ask of planar memory that they decode into: lines, also those
 * of chroma, that begin at multiples of 64 bytes; whole superblocks; and,
 * read but not written, two lines of each plane and 64 bytes behind them.
 */
#define DAEDALUS_PLANAR_PITCH 128U
#define DAEDALUS_SUPERBLOCK 128U
#define DAEDALUS_OVERREAD_LINES 4U /* of luma */

static const struct daedalus_coded_format daedalus_coded_formats[] = {
	{
		.fourcc = V4L2_PIX_FMT_H264_SLICE,
		.codec = DAEDALUS_CODEC_H264,
		.required_control = V4L2_CID_STATELESS_H264_DECODE_PARAMS,
	},
	{
		.fourcc = V4L2_PIX_FMT_VP9_FRAME,
		.codec = DAEDALUS_CODEC_VP9,
		.resize_while_streaming = true,
		.required_control = V4L2_CID_STATELESS_VP9_FRAME,
	},
#ifdef V4L2_CID_STATELESS_AV1_FRAME
	{
		.fourcc = V4L2_PIX_FMT_AV1_FRAME,
		.codec = DAEDALUS_CODEC_AV1,
		.resize_while_streaming = true,
		.required_control = V4L2_CID_STATELESS_AV1_FRAME,
	},
#endif
	{
		.fourcc = V4L2_PIX_FMT_VP8_FRAME,
		.codec = DAEDALUS_CODEC_VP8,
		.required_control = V4L2_CID_STATELESS_VP8_FRAME,
	},
	{
		.fourcc = V4L2_PIX_FMT_MPEG2_SLICE,
		.codec = DAEDALUS_CODEC_MPEG2,
		.required_control = V4L2_CID_STATELESS_MPEG2_PICTURE,
	},
};

/*
 * The first format of a depth is its default. Formats of the other depth are
 * not offered: clients take the best they see, not the one that fits.
 */
static const struct daedalus_picture_format {
	u32 fourcc;
	u32 bit_depth;
	u32 bytes_per_sample;
	u32 planes;        /* in memory */
	bool interleaved;  /* chroma: one plane of pairs */
} daedalus_picture_formats[] = {
	{ V4L2_PIX_FMT_NV12, 8, 1, 1, true },
	{ V4L2_PIX_FMT_YUV420, 8, 1, 1, false },
	{ V4L2_PIX_FMT_YUV420M, 8, 1, 3, false },
	{ V4L2_PIX_FMT_P010, 10, 2, 1, true },
};

const struct daedalus_coded_format *daedalus_find_coded(u32 fourcc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(daedalus_coded_formats); i++)
		if (daedalus_coded_formats[i].fourcc == fourcc)
			return &daedalus_coded_formats[i];
	return NULL;
}

/* The format with this fourcc, or the default one of the depth. */
static const struct daedalus_picture_format *
daedalus_find_picture(u32 fourcc, u32 bit_depth)
{
	const struct daedalus_picture_format *fallback = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(daedalus_picture_formats); i++) {
		const struct daedalus_picture_format *f =
			&daedalus_picture_formats[i];

		if (f->bit_depth != bit_depth)
			continue;
		if (f->fourcc == fourcc)
			return f;
		if (!fallback)
			fallback = f;
	}
	return fallback;
}

static void daedalus_fill_output(struct v4l2_pix_format_mplane *pix,
				 const struct daedalus_coded_format *coded)
{
	struct v4l2_plane_pix_format *plane = &pix->plane_fmt[0];
	u32 raw;

	pix->pixelformat = coded->fourcc;
	pix->width = clamp(pix->width, DAEDALUS_MIN_SIZE, DAEDALUS_MAX_SIZE);
	pix->height = clamp(pix->height, DAEDALUS_MIN_SIZE, DAEDALUS_MAX_SIZE);
	pix->field = V4L2_FIELD_NONE;
	pix->num_planes = 1;
	pix->flags = 0;
	memset(pix->reserved, 0, sizeof(pix->reserved));

	/* No picture is larger than its pixels, save for tiny ones. */
	raw = ALIGN(pix->width, DAEDALUS_ALIGN) *
	      ALIGN(pix->height, DAEDALUS_ALIGN) * 3 / 2;
	if (!plane->sizeimage)
		plane->sizeimage = raw;
	plane->sizeimage = clamp_t(u32, plane->sizeimage,
				   DAEDALUS_MIN_BITSTREAM,
				   DAEDALUS_MAX_BITSTREAM);
	plane->bytesperline = 0;
	memset(plane->reserved, 0, sizeof(plane->reserved));
}

/*
 * Room for the decoder around the picture, so that it can decode straight into
 * the client's buffer. It is part of the format's height, since clients find
 * the planes by it.
 */
static void daedalus_fill_planar(struct v4l2_pix_format_mplane *pix)
{
	struct v4l2_plane_pix_format *plane = pix->plane_fmt;
	u32 pitch = ALIGN(pix->width, DAEDALUS_PLANAR_PITCH);
	unsigned int i;

	pix->height = ALIGN(pix->height, DAEDALUS_SUPERBLOCK) +
		      DAEDALUS_OVERREAD_LINES;
	plane[0].bytesperline = pitch;
	plane[0].sizeimage = pitch * pix->height;
	if (pix->num_planes == 1)
		plane[0].sizeimage += plane[0].sizeimage / 2;
	for (i = 1; i < pix->num_planes; i++) {
		plane[i].bytesperline = pitch / 2;
		plane[i].sizeimage = pitch / 2 * (pix->height / 2);
	}
}

static void daedalus_fill_interleaved(struct v4l2_pix_format_mplane *pix,
				      u32 bytes_per_sample)
{
	u32 pitch = pix->width * bytes_per_sample;

	pix->plane_fmt[0].bytesperline = pitch;
	pix->plane_fmt[0].sizeimage = pitch * pix->height * 3 / 2;
}

/* The geometry follows from the coded size; a client chooses the fourcc. */
static void daedalus_fill_capture(struct v4l2_pix_format_mplane *pix,
				  const struct v4l2_pix_format_mplane *output,
				  u32 fourcc, u32 bit_depth)
{
	const struct daedalus_picture_format *f =
		daedalus_find_picture(fourcc, bit_depth);

	memset(pix, 0, sizeof(*pix));
	pix->pixelformat = f->fourcc;
	pix->width = ALIGN(output->width, DAEDALUS_ALIGN);
	pix->height = ALIGN(output->height, DAEDALUS_ALIGN);
	pix->field = V4L2_FIELD_NONE;
	pix->num_planes = f->planes;
	pix->colorspace = output->colorspace;
	pix->ycbcr_enc = output->ycbcr_enc;
	pix->quantization = output->quantization;
	pix->xfer_func = output->xfer_func;
	if (f->interleaved)
		daedalus_fill_interleaved(pix, f->bytes_per_sample);
	else
		daedalus_fill_planar(pix);
}

void daedalus_describe_layout(const struct v4l2_pix_format_mplane *pix,
			      struct daedalus_picture_layout *layout)
{
	unsigned int i;

	memset(layout, 0, sizeof(*layout));
	layout->pixelformat = pix->pixelformat;
	layout->width = pix->width;
	layout->height = pix->height;
	layout->bytesperline = pix->plane_fmt[0].bytesperline;
	layout->planes = pix->num_planes;
	for (i = 0; i < pix->num_planes; i++)
		layout->sizeimage[i] = pix->plane_fmt[i].sizeimage;
}

void daedalus_set_default_formats(struct daedalus_ctx *ctx)
{
	ctx->coded = &daedalus_coded_formats[0];
	ctx->bit_depth = 8;
	ctx->output.width = 1920;
	ctx->output.height = 1088;
	ctx->output.colorspace = V4L2_COLORSPACE_REC709;
	daedalus_fill_output(&ctx->output, ctx->coded);
	daedalus_fill_capture(&ctx->capture, &ctx->output, 0, ctx->bit_depth);
}

/*
 * The stream's controls say another depth. While CAPTURE streams its format
 * stays: pictures fail until the client has made buffers of the other.
 */
void daedalus_set_bit_depth(struct daedalus_ctx *ctx, u32 bit_depth)
{
	struct vb2_queue *q = v4l2_m2m_get_dst_vq(ctx->fh.m2m_ctx);

	lockdep_assert_held(ctx->hdl.lock);
	if (ctx->bit_depth == bit_depth)
		return;
	ctx->bit_depth = bit_depth;
	if (!vb2_is_streaming(q))
		daedalus_fill_capture(&ctx->capture, &ctx->output,
				      ctx->capture.pixelformat, bit_depth);
}

int daedalus_enum_fmt_output(struct file *file, void *priv,
			     struct v4l2_fmtdesc *f)
{
	u32 index = DAEDALUS_ENUM_INDEX(f->index);

	if (index >= ARRAY_SIZE(daedalus_coded_formats))
		return -EINVAL;
	f->index = index;
	f->pixelformat = daedalus_coded_formats[index].fourcc;
	return 0;
}

int daedalus_enum_fmt_capture(struct file *file, void *priv,
			      struct v4l2_fmtdesc *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	u32 index = DAEDALUS_ENUM_INDEX(f->index);
	unsigned int i, n = 0;
	u32 bit_depth;

	mutex_lock(ctx->hdl.lock);
	bit_depth = ctx->bit_depth;
	mutex_unlock(ctx->hdl.lock);

	for (i = 0; i < ARRAY_SIZE(daedalus_picture_formats); i++) {
		if (daedalus_picture_formats[i].bit_depth != bit_depth)
			continue;
		if (n++ != index)
			continue;
		f->index = index;
		f->pixelformat = daedalus_picture_formats[i].fourcc;
		return 0;
	}
	return -EINVAL;
}

int daedalus_enum_framesizes(struct file *file, void *priv,
			     struct v4l2_frmsizeenum *fsize)
{
	if (fsize->index || !daedalus_find_coded(fsize->pixel_format))
		return -EINVAL;
	daedalus_fill_framesizes(fsize);
	return 0;
}

void daedalus_fill_framesizes(struct v4l2_frmsizeenum *fsize)
{
	fsize->type = V4L2_FRMSIZE_TYPE_STEPWISE;
	fsize->stepwise.min_width = DAEDALUS_MIN_SIZE;
	fsize->stepwise.max_width = DAEDALUS_MAX_SIZE;
	fsize->stepwise.step_width = 1;
	fsize->stepwise.min_height = DAEDALUS_MIN_SIZE;
	fsize->stepwise.max_height = DAEDALUS_MAX_SIZE;
	fsize->stepwise.step_height = 1;
}

int daedalus_g_fmt_output(struct file *file, void *priv, struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);

	mutex_lock(ctx->hdl.lock);
	f->fmt.pix_mp = ctx->output;
	mutex_unlock(ctx->hdl.lock);
	return 0;
}

int daedalus_g_fmt_capture(struct file *file, void *priv, struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);

	mutex_lock(ctx->hdl.lock);
	f->fmt.pix_mp = ctx->capture;
	mutex_unlock(ctx->hdl.lock);
	return 0;
}

static const struct daedalus_coded_format *
daedalus_coded_or_default(u32 fourcc)
{
	const struct daedalus_coded_format *coded = daedalus_find_coded(fourcc);

	return coded ?: &daedalus_coded_formats[0];
}

int daedalus_try_fmt_output(struct file *file, void *priv,
			    struct v4l2_format *f)
{
	struct v4l2_pix_format_mplane *pix = &f->fmt.pix_mp;

	daedalus_fill_output(pix, daedalus_coded_or_default(pix->pixelformat));
	return 0;
}

int daedalus_try_fmt_capture(struct file *file, void *priv,
			     struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	u32 fourcc = f->fmt.pix_mp.pixelformat;

	mutex_lock(ctx->hdl.lock);
	daedalus_fill_capture(&f->fmt.pix_mp, &ctx->output, fourcc,
			      ctx->bit_depth);
	mutex_unlock(ctx->hdl.lock);
	return 0;
}

/* Without a daemon it is not known, and so assumed. */
bool daedalus_codec_supported(struct daedalus_dev *dev,
			      enum daedalus_codec codec)
{
	bool supported;

	mutex_lock(&dev->lock);
	supported = !dev->said_hello || dev->codecs & BIT_ULL(codec);
	mutex_unlock(&dev->lock);
	return supported;
}

/*
 * May the OUTPUT format become this one with the queues as they are? CAPTURE
 * buffers of the old size may be alive, on a screen or as references: each has
 * a layout of its own, and is refused at QBUF where it is too small.
 */
static int daedalus_check_s_fmt_output(struct daedalus_ctx *ctx,
				       const struct v4l2_pix_format_mplane *pix,
				       const struct daedalus_coded_format *coded)
{
	struct vb2_queue *src = v4l2_m2m_get_src_vq(ctx->fh.m2m_ctx);
	struct vb2_queue *dst = v4l2_m2m_get_dst_vq(ctx->fh.m2m_ctx);
	bool resized = pix->width != ctx->output.width ||
		       pix->height != ctx->output.height;

	if (coded != ctx->coded &&
	    (daedalus_num_buffers(src) || vb2_is_streaming(src) ||
	     vb2_is_streaming(dst)))
		return -EBUSY;
	if (resized && !coded->resize_while_streaming &&
	    (vb2_is_streaming(src) || vb2_is_streaming(dst)))
		return -EBUSY;

	return daedalus_codec_supported(ctx->dev, coded->codec) ? 0 : -EINVAL;
}

int daedalus_s_fmt_output(struct file *file, void *priv, struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct v4l2_pix_format_mplane *pix = &f->fmt.pix_mp;
	const struct daedalus_coded_format *coded =
		daedalus_coded_or_default(pix->pixelformat);
	int ret;

	daedalus_fill_output(pix, coded);

	mutex_lock(&ctx->vb_mutex);
	mutex_lock(ctx->hdl.lock);
	ret = daedalus_check_s_fmt_output(ctx, pix, coded);
	if (!ret) {
		/* Another codec's depth says nothing about this one. */
		if (coded != ctx->coded)
			ctx->bit_depth = 8;
		ctx->coded = coded;
		ctx->output = *pix;
		daedalus_fill_capture(&ctx->capture, pix,
				      ctx->capture.pixelformat,
				      ctx->bit_depth);
	}
	mutex_unlock(ctx->hdl.lock);
	mutex_unlock(&ctx->vb_mutex);
	return ret;
}

int daedalus_s_fmt_capture(struct file *file, void *priv, struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct vb2_queue *q = v4l2_m2m_get_dst_vq(ctx->fh.m2m_ctx);
	int ret = 0;

	daedalus_try_fmt_capture(file, priv, f);

	mutex_lock(&ctx->vb_mutex);
	mutex_lock(ctx->hdl.lock);
	if (vb2_is_streaming(q) &&
	    f->fmt.pix_mp.pixelformat != ctx->capture.pixelformat)
		ret = -EBUSY;
	else
		daedalus_fill_capture(&ctx->capture, &ctx->output,
				      f->fmt.pix_mp.pixelformat,
				      ctx->bit_depth);
	f->fmt.pix_mp = ctx->capture;
	mutex_unlock(ctx->hdl.lock);
	mutex_unlock(&ctx->vb_mutex);
	return ret;
}
