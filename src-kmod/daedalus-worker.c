// SPDX-License-Identifier: GPL-2.0-only
/*
 * The session fd: all that a worker process needs of the kernel.
 */
#include <linux/anon_inodes.h>
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "daedalus_trace.h"
#include "daedalus.h"

/* How many workers may die holding a job before it is the job that is blamed. */
#define DAEDALUS_MAX_ATTEMPTS 2

static ssize_t daedalus_worker_read(struct file *file, char __user *buf,
				    size_t count, loff_t *ppos)
{
	/* Looking for a message takes locks, which may sleep themselves. */
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct daedalus_worker *w = file->private_data;
	struct daedalus_session *s = w->session;
	ssize_t ret;

	if (mutex_lock_interruptible(&w->read_lock))
		return -ERESTARTSYS;
	add_wait_queue(&s->wait, &wait);
	for (;;) {
		ret = daedalus_deliver(w, buf, count);
		if (ret != -EAGAIN || file->f_flags & O_NONBLOCK)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	}
	remove_wait_queue(&s->wait, &wait);
	mutex_unlock(&w->read_lock);
	return ret;
}

static __poll_t daedalus_worker_poll(struct file *file, poll_table *wait)
{
	struct daedalus_worker *w = file->private_data;

	poll_wait(file, &w->session->wait, wait);
	if (READ_ONCE(w->broken))
		return EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	return daedalus_deliver_ready(w->session) ? EPOLLIN | EPOLLRDNORM : 0;
}

static long daedalus_ioc_complete(struct daedalus_worker *w, void __user *arg)
{
	struct daedalus_session *s = w->session;
	struct daedalus_complete answer;
	struct daedalus_job *job;
	bool hopeless;
	long ret = 0;

	if (copy_from_user(&answer, arg, sizeof(answer)))
		return -EFAULT;
	if (answer.flags & ~DAEDALUS_COMPLETE_FLAGS_KNOWN ||
	    !(answer.flags & DAEDALUS_COMPLETE_SRC_CONSUMED) ||
	    answer.status > DAEDALUS_STATUS_INTERNAL ||
	    memchr_inv(answer.reserved, 0, sizeof(answer.reserved)))
		return -EINVAL;

	mutex_lock(&s->lock);
	job = w->broken ? NULL : daedalus_job_find(s, answer.cookie);
	if (job && !job->dst && answer.flags & DAEDALUS_COMPLETE_HAS_PIXELS) {
		ret = -EINVAL;
	} else if (job && job->state == DAEDALUS_JOB_DELIVERED) {
		bool has_pixels = answer.flags & DAEDALUS_COMPLETE_HAS_PIXELS;

		if (has_pixels)
			daedalus_sync_for_device(job->dst);
		s->progress = ktime_get();
		w->misses = 0;
		w->answers++;
		/* Who waits for what the stream is like may use another decoder. */
		hopeless = job->kind == DAEDALUS_JOB_INPUT &&
			   answer.status == DAEDALUS_STATUS_UNSUPPORTED &&
			   !s->flow.told;
		daedalus_job_finish(s, job, answer.status, has_pixels);
		daedalus_job_pop_finished(s);
		if (hopeless)
			daedalus_flow_fail(s);
	} else {
		ret = -ENOENT;
	}
	mutex_unlock(&s->lock);
	return ret;
}

/* The CAPTURE buffer, if the worker may write to it now. */
static struct daedalus_dst_buffer *daedalus_find_dst(struct daedalus_session *s,
						     u64 buffer)
{
	struct daedalus_job *job;

	list_for_each_entry(job, &s->jobs, node)
		if (job->state == DAEDALUS_JOB_DELIVERED && job->dst &&
		    job->dst->id == buffer)
			return job->dst;
	return daedalus_flow_find(s, buffer);
}

/*
 * session->lock: the buffer is a job's, and so can't be freed; nor can its
 * queue. Nothing fails after the fd is installed.
 */
static int daedalus_export_plane(struct vb2_buffer *vb, u32 plane)
{
	struct vb2_queue *q = vb->vb2_queue;
	struct v4l2_exportbuffer export = {
		.type = q->type,
		.index = vb->index,
		.plane = plane,
		.flags = O_RDWR | O_CLOEXEC,
	};
	struct dma_buf *imported = vb->planes[plane].dbuf;
	int ret;

	if (imported) {
		get_dma_buf(imported);
		ret = dma_buf_fd(imported, O_CLOEXEC);
		if (ret < 0)
			dma_buf_put(imported);
		return ret;
	}
	ret = vb2_expbuf(q, &export);
	/* There is nothing wrong with what was asked: vb2 lacks memory. */
	if (ret == -EINVAL)
		return -ENOMEM;
	return ret ?: export.fd;
}

static long daedalus_ioc_export(struct daedalus_worker *w, void __user *arg)
{
	struct daedalus_session *s = w->session;
	struct daedalus_export request;
	struct daedalus_dst_buffer *dst;
	long ret;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	if (request.reserved32)
		return -EINVAL;

	mutex_lock(&s->lock);
	dst = w->broken ? NULL : daedalus_find_dst(s, request.buffer);
	if (!dst)
		ret = -ENOENT;
	else if (request.plane >= dst->layout.planes)
		ret = -EINVAL;
	else
		ret = daedalus_export_plane(&dst->m2m.vb.vb2_buf,
					    request.plane);
	mutex_unlock(&s->lock);
	return ret;
}

static long daedalus_ioc_flushed(struct daedalus_worker *w, void __user *arg)
{
	struct daedalus_session *s = w->session;
	struct daedalus_flushed answer;
	long ret = -EINVAL;

	if (copy_from_user(&answer, arg, sizeof(answer)))
		return -EFAULT;
	if (answer.reserved32)
		return -EINVAL;

	mutex_lock(&s->lock);
	if (!w->broken && s->flush_unanswered &&
	    answer.epoch == s->flush_epoch) {
		s->flush_unanswered = false;
		/* One of CAPTURE leaves the worker its inputs, and the other way round. */
		if (!s->flush_pending)
			s->delivered &= ~s->flush_flags;
		s->progress = ktime_get();
		ret = 0;
	}
	mutex_unlock(&s->lock);
	return ret;
}

static long daedalus_ioc_picture(struct daedalus_worker *w, void __user *arg)
{
	struct daedalus_session *s = w->session;
	struct daedalus_picture answer;
	long ret;

	if (copy_from_user(&answer, arg, sizeof(answer)))
		return -EFAULT;
	if (answer.flags & ~DAEDALUS_PICTURE_FLAGS_KNOWN ||
	    answer.status > DAEDALUS_STATUS_INTERNAL ||
	    memchr_inv(answer.reserved, 0, sizeof(answer.reserved)))
		return -EINVAL;

	mutex_lock(&s->lock);
	ret = daedalus_flow_picture(w, &answer);
	mutex_unlock(&s->lock);
	return ret;
}

static bool daedalus_stream_valid(const struct daedalus_stream *stream)
{
	return stream->coded_width >= stream->width &&
	       stream->coded_height >= stream->height &&
	       stream->coded_width <= 2 * DAEDALUS_MAX_SIZE &&
	       stream->coded_height <= 2 * DAEDALUS_MAX_SIZE &&
	       stream->width >= DAEDALUS_MIN_SIZE &&
	       stream->width <= DAEDALUS_MAX_SIZE &&
	       stream->height >= DAEDALUS_MIN_SIZE &&
	       stream->height <= DAEDALUS_MAX_SIZE &&
	       (stream->bit_depth == 8 || stream->bit_depth == 10) &&
	       stream->colorspace &&
	       stream->colorspace <= V4L2_COLORSPACE_DCI_P3 &&
	       stream->xfer_func <= V4L2_XFER_FUNC_SMPTE2084 &&
	       stream->ycbcr_enc <= V4L2_YCBCR_ENC_SMPTE240M &&
	       stream->quantization <= V4L2_QUANTIZATION_LIM_RANGE &&
	       stream->pixel_width && stream->pixel_width <= U16_MAX &&
	       stream->pixel_height && stream->pixel_height <= U16_MAX &&
	       !memchr_inv(stream->reserved32, 0, sizeof(stream->reserved32));
}

static long daedalus_ioc_stream(struct daedalus_worker *w, void __user *arg)
{
	struct daedalus_session *s = w->session;
	struct daedalus_stream stream;
	long ret;

	if (copy_from_user(&stream, arg, sizeof(stream)))
		return -EFAULT;
	if (s->kind != DAEDALUS_SESSION_STATEFUL ||
	    !daedalus_stream_valid(&stream))
		return -EINVAL;

	mutex_lock(&s->lock);
	ret = daedalus_flow_stream(w, &stream);
	mutex_unlock(&s->lock);
	return ret;
}

static long daedalus_ioc_max_message(struct daedalus_worker *w)
{
	long ret;

	mutex_lock(&w->session->lock);
	ret = daedalus_session_max_message(w->session);
	mutex_unlock(&w->session->lock);
	return ret;
}

static long daedalus_worker_ioctl(struct file *file, unsigned int cmd,
				  unsigned long arg)
{
	struct daedalus_worker *w = file->private_data;
	struct daedalus_dev *dev = w->session->dev;
	long ret;

	switch (cmd) {
	case DAEDALUS_IOC_COMPLETE:
		ret = daedalus_ioc_complete(w, (void __user *)arg);
		break;
	case DAEDALUS_IOC_EXPORT:
		ret = daedalus_ioc_export(w, (void __user *)arg);
		break;
	case DAEDALUS_IOC_FLUSHED:
		ret = daedalus_ioc_flushed(w, (void __user *)arg);
		break;
	case DAEDALUS_IOC_PICTURE:
		ret = daedalus_ioc_picture(w, (void __user *)arg);
		break;
	case DAEDALUS_IOC_STREAM:
		ret = daedalus_ioc_stream(w, (void __user *)arg);
		break;
	case DAEDALUS_IOC_MAX_MESSAGE:
		return daedalus_ioc_max_message(w);
	default:
		ret = -ENOTTY;
	}
	if (ret == -ENOENT || ret == -ESTALE)
		daedalus_count(dev, DAEDALUS_STALE_ANSWERS, 1);
	else if (ret == -EINVAL || ret == -ENOTTY)
		daedalus_count(dev, DAEDALUS_REFUSED_ANSWERS, 1);
	return ret;
}

/*
 * session->lock: the session has no worker any more. What it held is for the
 * next one to try, unless it has been the end of one worker before, or no
 * daemon is there to bring another.
 */
static void daedalus_worker_detach(struct daedalus_session *s)
{
	struct daedalus_job *job;
	bool blamed = false;

	s->worker = NULL;
	s->flush_pending = false;
	s->flush_unanswered = false;
	s->delivered = 0;
	s->retired_count = 0;

	list_for_each_entry(job, &s->jobs, node) {
		if (job->state != DAEDALUS_JOB_DELIVERED &&
		    job->state != DAEDALUS_JOB_DELIVERING)
			continue;
		/* A stream is decoded in order: what killed it is the oldest. */
		if (job->state == DAEDALUS_JOB_DELIVERED && !blamed &&
		    ++job->attempt >= DAEDALUS_MAX_ATTEMPTS)
			daedalus_job_finish(s, job, DAEDALUS_STATUS_WORKER_DIED,
					    false);
		else
			job->state = DAEDALUS_JOB_QUEUED;
		blamed = s->kind == DAEDALUS_SESSION_STATEFUL;
	}
	daedalus_flow_worker_gone(s);
	daedalus_job_pop_finished(s);
	if (!READ_ONCE(s->dev->attached))
		daedalus_job_fail_all(s, DAEDALUS_STATUS_NO_DAEMON);
	daedalus_watchdog_arm(s);
}

/*
 * session->lock: takes the session away from a worker that is stuck. Its fd
 * reads end of file; killing it is the supervisor's to do, before it lets the
 * next worker write to the same buffers.
 */
void daedalus_worker_break(struct daedalus_session *s)
{
	WRITE_ONCE(s->worker->broken, true);
	daedalus_worker_detach(s);
	wake_up_interruptible(&s->wait);
}

static int daedalus_worker_release(struct inode *inode, struct file *file)
{
	struct daedalus_worker *w = file->private_data;
	struct daedalus_session *s = w->session;
	struct daedalus_dev *dev = s->dev;

	mutex_lock(&s->lock);
	if (!w->broken) {
		if (s->ctx)
			daedalus_count(dev, DAEDALUS_WORKERS_DIED, 1);
		trace_daedalus_worker(s, false);
		daedalus_worker_detach(s);
	}
	mutex_unlock(&s->lock);

	mutex_lock(&dev->lock);
	daedalus_session_want_worker(s);
	mutex_unlock(&dev->lock);

	mutex_destroy(&w->read_lock);
	kfree(w);
	daedalus_session_put(s);
	return 0;
}

/* /proc/PID/fdinfo: whose worker it is, and whether it gets anything done. */
static void daedalus_worker_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct daedalus_worker *w = file->private_data;
	struct daedalus_session *s = w->session;

	mutex_lock(&s->lock);
	seq_printf(m, "session:\t%llu\n", s->id);
	seq_printf(m, "client-pid:\t%u\n", s->client_pid);
	seq_printf(m, "answers:\t%llu\n", w->answers);
	seq_printf(m, "broken:\t%d\n", w->broken);
	mutex_unlock(&s->lock);
}

static const struct file_operations daedalus_worker_fops = {
	.owner = THIS_MODULE,
	.read = daedalus_worker_read,
	.poll = daedalus_worker_poll,
	.unlocked_ioctl = daedalus_worker_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = daedalus_worker_release,
	.show_fdinfo = daedalus_worker_show_fdinfo,
	.llseek = noop_llseek,
};

/*
 * Makes a session fd's file, which holds a reference of its own to the session.
 * -EAGAIN: the session wants no worker any more.
 */
int daedalus_worker_attach(struct daedalus_session *s,
			   struct daedalus_session_info *info,
			   struct file **file)
{
	struct daedalus_worker *w;
	int ret = 0;

	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	mutex_init(&w->read_lock);
	w->session = s;
	w->broken = true; /* until it is attached: release must not detach */
	kref_get(&s->ref);
	*file = anon_inode_getfile("[daedalus-session]", &daedalus_worker_fops,
				   w, O_RDWR | O_CLOEXEC);
	if (IS_ERR(*file)) {
		kfree(w);
		daedalus_session_put(s);
		return PTR_ERR(*file);
	}

	mutex_lock(&s->lock);
	if (!s->ctx || s->worker) {
		ret = -EAGAIN;
	} else {
		w->broken = false;
		s->worker = w;
		s->format_pending = true;
		s->attached_at = ktime_get();
		info->session = s->id;
		info->kind = s->kind;
		info->codec = s->codec;
		info->client_pid = s->client_pid;
		info->attempt = s->workers++;
		info->max_message = daedalus_session_max_message(s);
		strscpy(info->client_comm, s->client_comm,
			sizeof(info->client_comm));
		daedalus_count(s->dev, DAEDALUS_WORKERS_ATTACHED, 1);
		trace_daedalus_worker(s, true);
	}
	mutex_unlock(&s->lock);

	if (ret)
		fput(*file);
	return ret;
}
