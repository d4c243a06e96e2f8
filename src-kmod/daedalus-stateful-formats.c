// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats of the stateful node. The size of CAPTURE buffers is that of what is
 * shown, not of what is coded: the worker crops. A client that knows what it will
 * see can thereby make buffers before the stream has been parsed, and they are
 * what the stream needs.
 */
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "daedalus-compat.h"
#include "daedalus.h"

/* What clients say that know nothing yet. */
#define DAEDALUS_DEFAULT_SIZE 32

static const struct daedalus_stateful_coded {
	struct daedalus_coded_format coded;
	const char *description; /* where the kernel may not know it */
} daedalus_stateful_coded_formats[] = {
	{ { .fourcc = V4L2_PIX_FMT_H264, .codec = DAEDALUS_CODEC_H264 } },
	{ { .fourcc = V4L2_PIX_FMT_VP9, .codec = DAEDALUS_CODEC_VP9 } },
	{ { .fourcc = V4L2_PIX_FMT_VP8, .codec = DAEDALUS_CODEC_VP8 } },
	{ { .fourcc = V4L2_PIX_FMT_MPEG2, .codec = DAEDALUS_CODEC_MPEG2 } },
	{ { .fourcc = V4L2_PIX_FMT_MPEG4, .codec = DAEDALUS_CODEC_MPEG4 } },
	{ { .fourcc = V4L2_PIX_FMT_H263, .codec = DAEDALUS_CODEC_H263 } },
	/* The last, for it may have to be left out. */
	{
		{ .fourcc = DAEDALUS_PIX_FMT_AV1, .codec = DAEDALUS_CODEC_AV1 },
		"AV1 OBU Stream",
	},
};

/*
 * The name of this format came to kernels late. Programs of before take a node
 * that has it for no decoder at all, so there it has to be asked for.
 */
static bool stateful_av1 = DAEDALUS_KNOWS_AV1;
module_param(stateful_av1, bool, 0444);
MODULE_PARM_DESC(stateful_av1,
		 "offer AV1 on the stateful node (default: whether the kernel has a name for it)");

static unsigned int daedalus_stateful_coded_count(void)
{
	return ARRAY_SIZE(daedalus_stateful_coded_formats) - !stateful_av1;
}

/* The first format of a depth is its default. */
static const struct daedalus_stateful_picture {
	u32 fourcc;
	u32 bit_depth;
	u32 bytes_per_sample;
	u32 align; /* of bytesperline */
} daedalus_stateful_pictures[] = {
	{ V4L2_PIX_FMT_NV12, 8, 1, 64 },
	{ V4L2_PIX_FMT_YUV420, 8, 1, 128 },
	{ V4L2_PIX_FMT_P010, 10, 2, 64 },
};

static const struct daedalus_coded_format *daedalus_stateful_find(u32 fourcc)
{
	unsigned int i;

	for (i = 0; i < daedalus_stateful_coded_count(); i++)
		if (daedalus_stateful_coded_formats[i].coded.fourcc == fourcc)
			return &daedalus_stateful_coded_formats[i].coded;
	return NULL;
}

static const struct daedalus_stateful_picture *
daedalus_stateful_find_picture(u32 fourcc, u32 bit_depth)
{
	const struct daedalus_stateful_picture *fallback = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(daedalus_stateful_pictures); i++) {
		const struct daedalus_stateful_picture *f =
			&daedalus_stateful_pictures[i];

		if (f->bit_depth != bit_depth)
			continue;
		if (f->fourcc == fourcc)
			return f;
		if (!fallback)
			fallback = f;
	}
	return fallback;
}

static u32 daedalus_clamp_size(u32 size)
{
	if (!size)
		return DAEDALUS_DEFAULT_SIZE;
	return clamp(size, DAEDALUS_MIN_SIZE, DAEDALUS_MAX_SIZE);
}

/*
 * Even sizes: clients compute where the planes of YU12 begin from the height, and
 * each in its own way when it is odd.
 */
static void daedalus_fill_picture(struct v4l2_pix_format_mplane *pix, u32 width,
				  u32 height, u32 fourcc, u32 bit_depth)
{
	const struct daedalus_stateful_picture *f =
		daedalus_stateful_find_picture(fourcc, bit_depth);
	struct v4l2_plane_pix_format *plane = &pix->plane_fmt[0];

	memset(pix, 0, sizeof(*pix));
	pix->pixelformat = f->fourcc;
	pix->width = ALIGN(width, 2);
	pix->height = ALIGN(height, 2);
	pix->field = V4L2_FIELD_NONE;
	pix->num_planes = 1;
	plane->bytesperline = ALIGN(pix->width * f->bytes_per_sample, f->align);
	plane->sizeimage = plane->bytesperline * pix->height * 3 / 2;
}

/* The layout that pictures of the stream have in the format, or in their default. */
void daedalus_stream_layout(const struct daedalus_stream *stream, u32 fourcc,
			    struct daedalus_picture_layout *layout)
{
	struct v4l2_pix_format_mplane pix;

	daedalus_fill_picture(&pix, stream->width, stream->height, fourcc,
			      stream->bit_depth);
	daedalus_describe_layout(&pix, layout);
}

static void daedalus_copy_colors(struct v4l2_pix_format_mplane *to,
				 const struct v4l2_pix_format_mplane *from)
{
	to->colorspace = from->colorspace;
	to->ycbcr_enc = from->ycbcr_enc;
	to->quantization = from->quantization;
	to->xfer_func = from->xfer_func;
}

/* hdl->lock. A size of 0: what the OUTPUT format says. */
static void daedalus_stateful_fill_capture(struct daedalus_ctx *ctx,
					   struct v4l2_pix_format_mplane *pix,
					   u32 width, u32 height, u32 fourcc)
{
	if (ctx->stream_known) {
		width = ctx->stream.width;
		height = ctx->stream.height;
	} else {
		width = daedalus_clamp_size(width ?: ctx->output.width);
		height = daedalus_clamp_size(height ?: ctx->output.height);
	}
	daedalus_fill_picture(pix, width, height, fourcc, ctx->bit_depth);
	daedalus_copy_colors(pix, &ctx->output);
	pix->field = ctx->output.field;
}

static void daedalus_stateful_fill_output(struct v4l2_pix_format_mplane *pix)
{
	const struct daedalus_coded_format *coded =
		daedalus_stateful_find(pix->pixelformat);
	struct v4l2_plane_pix_format *plane = &pix->plane_fmt[0];
	u32 raw;

	if (!coded)
		coded = &daedalus_stateful_coded_formats[0].coded;
	pix->pixelformat = coded->fourcc;
	pix->width = daedalus_clamp_size(pix->width);
	pix->height = daedalus_clamp_size(pix->height);
	/* Frames are whole either way; clients that know better are believed. */
	if (pix->field != V4L2_FIELD_INTERLACED)
		pix->field = V4L2_FIELD_NONE;
	pix->num_planes = 1;
	pix->flags = 0;
	if (!pix->colorspace)
		pix->colorspace = V4L2_COLORSPACE_REC709;
	memset(pix->reserved, 0, sizeof(pix->reserved));

	raw = ALIGN(pix->width, 16) * ALIGN(pix->height, 16) * 3 / 2;
	if (!plane->sizeimage)
		plane->sizeimage = max_t(u32, raw, SZ_1M);
	plane->sizeimage = clamp_t(u32, plane->sizeimage, DAEDALUS_MIN_BITSTREAM,
				   DAEDALUS_MAX_BITSTREAM);
	plane->bytesperline = 0;
	memset(plane->reserved, 0, sizeof(plane->reserved));
}

void daedalus_stateful_set_default_formats(struct daedalus_ctx *ctx)
{
	ctx->coded = &daedalus_stateful_coded_formats[0].coded;
	ctx->bit_depth = 8;
	ctx->output.pixelformat = ctx->coded->fourcc;
	daedalus_stateful_fill_output(&ctx->output);
	daedalus_stateful_fill_capture(ctx, &ctx->capture, 0, 0, 0);
}

/*
 * hdl->lock: takes over what the worker has told of the stream since the last
 * time. Whoever tells the client of formats does this first, for a worker can't
 * wait for that lock.
 */
void daedalus_stateful_take_stream(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;
	bool news;

	lockdep_assert_held(ctx->hdl.lock);
	mutex_lock(&s->lock);
	news = ctx->stream_seen != s->flow.stream_changes;
	if (news) {
		ctx->stream_seen = s->flow.stream_changes;
		ctx->stream = s->flow.stream;
	}
	mutex_unlock(&s->lock);
	if (!news)
		return;
	ctx->stream_known = true;
	ctx->bit_depth = ctx->stream.bit_depth;
	ctx->output.width = ctx->stream.coded_width;
	ctx->output.height = ctx->stream.coded_height;
	ctx->output.colorspace = ctx->stream.colorspace;
	ctx->output.xfer_func = ctx->stream.xfer_func;
	ctx->output.ycbcr_enc = ctx->stream.ycbcr_enc;
	ctx->output.quantization = ctx->stream.quantization;
	daedalus_stateful_fill_capture(ctx, &ctx->capture, 0, 0,
				       ctx->capture.pixelformat);
}

int daedalus_stateful_enum_fmt_output(struct file *file, void *priv,
				      struct v4l2_fmtdesc *f)
{
	u32 index = DAEDALUS_ENUM_INDEX(f->index);
	const struct daedalus_stateful_coded *format;

	if (index >= daedalus_stateful_coded_count())
		return -EINVAL;
	format = &daedalus_stateful_coded_formats[index];
	f->index = index;
	f->pixelformat = format->coded.fourcc;
	f->flags = V4L2_FMT_FLAG_COMPRESSED | V4L2_FMT_FLAG_DYN_RESOLUTION;
	if (format->description)
		strscpy(f->description, format->description,
			sizeof(f->description));
	return 0;
}

int daedalus_stateful_enum_fmt_capture(struct file *file, void *priv,
				       struct v4l2_fmtdesc *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	u32 index = DAEDALUS_ENUM_INDEX(f->index);
	unsigned int i, n = 0;
	u32 bit_depth;

	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	bit_depth = ctx->bit_depth;
	mutex_unlock(ctx->hdl.lock);

	for (i = 0; i < ARRAY_SIZE(daedalus_stateful_pictures); i++) {
		if (daedalus_stateful_pictures[i].bit_depth != bit_depth)
			continue;
		if (n++ != index)
			continue;
		f->index = index;
		f->pixelformat = daedalus_stateful_pictures[i].fourcc;
		return 0;
	}
	return -EINVAL;
}

int daedalus_stateful_enum_framesizes(struct file *file, void *priv,
				      struct v4l2_frmsizeenum *fsize)
{
	bool known = daedalus_stateful_find(fsize->pixel_format);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(daedalus_stateful_pictures); i++)
		if (daedalus_stateful_pictures[i].fourcc == fsize->pixel_format)
			known = true;
	if (fsize->index || !known)
		return -EINVAL;
	daedalus_fill_framesizes(fsize);
	return 0;
}

int daedalus_stateful_g_fmt_output(struct file *file, void *priv,
				   struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);

	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	f->fmt.pix_mp = ctx->output;
	mutex_unlock(ctx->hdl.lock);
	return 0;
}

int daedalus_stateful_g_fmt_capture(struct file *file, void *priv,
				    struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);

	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	f->fmt.pix_mp = ctx->capture;
	mutex_unlock(ctx->hdl.lock);
	return 0;
}

int daedalus_stateful_try_fmt_output(struct file *file, void *priv,
				     struct v4l2_format *f)
{
	daedalus_stateful_fill_output(&f->fmt.pix_mp);
	return 0;
}

int daedalus_stateful_try_fmt_capture(struct file *file, void *priv,
				      struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct v4l2_pix_format_mplane *pix = &f->fmt.pix_mp;

	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	daedalus_stateful_fill_capture(ctx, pix, pix->width, pix->height,
				       pix->pixelformat);
	mutex_unlock(ctx->hdl.lock);
	return 0;
}

static bool daedalus_same_output(const struct v4l2_pix_format_mplane *a,
				 const struct v4l2_pix_format_mplane *b)
{
	return a->pixelformat == b->pixelformat && a->width == b->width &&
	       a->height == b->height &&
	       a->plane_fmt[0].sizeimage <= b->plane_fmt[0].sizeimage;
}

/* hdl->lock: what comes next is compared with nothing that was before. */
static void daedalus_stateful_forget_stream(struct daedalus_ctx *ctx)
{
	struct daedalus_session *s = ctx->session;

	lockdep_assert_held(ctx->hdl.lock);
	ctx->stream_known = false;
	ctx->bit_depth = 8;
	mutex_lock(&s->lock);
	s->flow.stream_known = false;
	mutex_unlock(&s->lock);
}

/*
 * The OUTPUT format stays while there are buffers for it. With a new one the
 * stream is unknown again, and CAPTURE follows what the client says.
 */
int daedalus_stateful_s_fmt_output(struct file *file, void *priv,
				   struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct v4l2_m2m_ctx *m2m = ctx->fh.m2m_ctx;
	struct vb2_queue *src = v4l2_m2m_get_src_vq(m2m);
	struct v4l2_pix_format_mplane *pix = &f->fmt.pix_mp;
	const struct daedalus_coded_format *coded;
	int ret = 0;

	daedalus_stateful_fill_output(pix);
	coded = daedalus_stateful_find(pix->pixelformat);

	mutex_lock(&ctx->vb_mutex);
	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	if (!daedalus_codec_supported(ctx->dev, coded->codec)) {
		ret = -EINVAL;
	} else if (daedalus_num_buffers(src) || vb2_is_streaming(src) ||
		   vb2_is_streaming(v4l2_m2m_get_dst_vq(m2m))) {
		if (!daedalus_same_output(pix, &ctx->output))
			ret = -EBUSY;
		else
			*pix = ctx->output;
	} else {
		ctx->coded = coded;
		ctx->output = *pix;
		daedalus_stateful_forget_stream(ctx);
		daedalus_stateful_fill_capture(ctx, &ctx->capture, 0, 0,
					       ctx->capture.pixelformat);
	}
	mutex_unlock(ctx->hdl.lock);
	mutex_unlock(&ctx->vb_mutex);
	return ret;
}

int daedalus_stateful_s_fmt_capture(struct file *file, void *priv,
				    struct v4l2_format *f)
{
	struct daedalus_ctx *ctx = daedalus_file_to_ctx(file);
	struct vb2_queue *q = v4l2_m2m_get_dst_vq(ctx->fh.m2m_ctx);
	struct v4l2_pix_format_mplane *pix = &f->fmt.pix_mp;
	int ret = 0;

	mutex_lock(&ctx->vb_mutex);
	mutex_lock(ctx->hdl.lock);
	daedalus_stateful_take_stream(ctx);
	daedalus_stateful_fill_capture(ctx, pix, pix->width, pix->height,
				       pix->pixelformat);
	if (daedalus_num_buffers(q) &&
	    (pix->pixelformat != ctx->capture.pixelformat ||
	     pix->width != ctx->capture.width ||
	     pix->height != ctx->capture.height))
		ret = -EBUSY;
	else
		ctx->capture = *pix;
	mutex_unlock(ctx->hdl.lock);
	mutex_unlock(&ctx->vb_mutex);
	return ret;
}
