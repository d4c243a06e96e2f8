/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels this module builds for, 6.1 to the newest.
 * Kbuild probes the kernel's own headers and defines DAEDALUS_HAS_*; nothing
 * outside this file looks at those names.
 */
#ifndef DAEDALUS_COMPAT_H
#define DAEDALUS_COMPAT_H

#include <linux/module.h>
#include <linux/platform_device.h>
#include <media/v4l2-fh.h>
#include <media/v4l2-mem2mem.h>
#include <media/videobuf2-v4l2.h>

#ifdef DAEDALUS_HAS_IMPORT_NS_SYMBOL
#define DAEDALUS_IMPORT_NS_DMA_BUF MODULE_IMPORT_NS(DMA_BUF)
#else
#define DAEDALUS_IMPORT_NS_DMA_BUF MODULE_IMPORT_NS("DMA_BUF")
#endif

/* platform_driver's callback without a result has had two names. */
#if defined(DAEDALUS_HAS_VOID_REMOVE)
#define DAEDALUS_REMOVE(callback) .remove = (callback)
#elif defined(DAEDALUS_HAS_REMOVE_NEW)
#define DAEDALUS_REMOVE(callback) .remove_new = (callback)
#else
#define DAEDALUS_REMOVE(callback) .remove = callback##_int
#define DAEDALUS_REMOVE_RETURNS_INT
#endif

static inline void daedalus_fh_add(struct v4l2_fh *fh, struct file *file)
{
#ifdef DAEDALUS_HAS_FH_ADD_FILE
	v4l2_fh_add(fh, file);
#else
	file->private_data = fh;
	v4l2_fh_add(fh);
#endif
}

static inline void daedalus_fh_del(struct v4l2_fh *fh, struct file *file)
{
#ifdef DAEDALUS_HAS_FH_ADD_FILE
	v4l2_fh_del(fh, file);
#else
	v4l2_fh_del(fh);
#endif
}

static inline struct v4l2_fh *daedalus_file_to_fh(struct file *file)
{
#ifdef DAEDALUS_HAS_FH_ADD_FILE
	return file_to_v4l2_fh(file);
#else
	return file->private_data;
#endif
}

/* Buffers that one queue may have; older kernels stop at VIDEO_MAX_FRAME. */
static inline void daedalus_set_max_buffers(struct vb2_queue *q, unsigned int n)
{
#ifdef DAEDALUS_HAS_MAX_NUM_BUFFERS
	q->max_num_buffers = n;
#endif
}

/* How many there are now; vb2_is_busy() also says yes after they are removed. */
static inline unsigned int daedalus_num_buffers(struct vb2_queue *q)
{
#ifdef DAEDALUS_HAS_GET_NUM_BUFFERS
	return vb2_get_num_buffers(q);
#else
	return q->num_buffers;
#endif
}

static inline void daedalus_copy_metadata(const struct vb2_v4l2_buffer *src,
					  struct vb2_v4l2_buffer *dst)
{
#ifdef DAEDALUS_HAS_COPY_FRAME_FLAGS
	v4l2_m2m_buf_copy_metadata(src, dst, true);
#else
	v4l2_m2m_buf_copy_metadata(src, dst);
#endif
}

/* Later kernels drop the queue's lock around a wait for a buffer themselves. */
#ifdef DAEDALUS_HAS_WAIT_PREPARE
#define DAEDALUS_VB2_WAIT_OPS \
	.wait_prepare = vb2_ops_wait_prepare, .wait_finish = vb2_ops_wait_finish,
#else
#define DAEDALUS_VB2_WAIT_OPS
#endif

#ifdef DAEDALUS_HAS_REMOVE_BUFS
#define DAEDALUS_REMOVE_BUFS_OP \
	.vidioc_remove_bufs = daedalus_remove_bufs,
#else
#define DAEDALUS_REMOVE_BUFS_OP
#endif

/* Stateful AV1 came to the kernel's list of formats late; its name did not. */
#ifdef V4L2_PIX_FMT_AV1
#define DAEDALUS_KNOWS_AV1 true
#define DAEDALUS_PIX_FMT_AV1 V4L2_PIX_FMT_AV1
#else
#define DAEDALUS_KNOWS_AV1 false
#define DAEDALUS_PIX_FMT_AV1 v4l2_fourcc('A', 'V', '0', '1')
#endif

/* Enumeration flags that newer kernels put in the upper bits of an index. */
#ifdef V4L2_FMTDESC_FLAG_ENUM_ALL
#define DAEDALUS_ENUM_INDEX(index) ((index) & ~V4L2_FMTDESC_FLAG_ENUM_ALL)
#else
#define DAEDALUS_ENUM_INDEX(index) ((index) & ~0x80000000U)
#endif

#endif
