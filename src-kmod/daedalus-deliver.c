// SPDX-License-Identifier: GPL-2.0-only
/*
 * What read(2) on a session fd returns: messages, copied straight from where
 * they lie, the bitstream from the client's own buffer.
 *
 * A worker's memory may fault for as long as it likes (userfaultfd, a FUSE
 * mapping), and a client must be able to stop streaming meanwhile. So nothing
 * is copied that could fault under session->lock: page faults are off there,
 * and are taken with the lock dropped, before another try. Whatever can change
 * then is looked up again. The same goes for whatever the exporter of an imported
 * bitstream does.
 */
#include <linux/dma-buf.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "daedalus_trace.h"
#include "daedalus.h"

/* Bytes copied in one go: some ten microseconds. */
#define DAEDALUS_CHUNK SZ_256K
/* A page that is gone again each time it was faulted in is an attack. */
#define DAEDALUS_MAX_FAULTS 64

/* Where the copying stands in the reader's buffer. */
struct daedalus_reader {
	struct daedalus_worker *worker;
	struct daedalus_session *session;
	char __user *at;
	size_t room;
	unsigned int faults;
	bool any;   /* a DECODE has been copied */
	bool alone; /* and no other may follow it */
};

/*
 * session->lock: copies without faulting. Returns 0, or -EFAULT when the memory
 * has to be faulted in first.
 */
static int daedalus_put(char __user *to, const void *from, size_t n)
{
	unsigned long left;

	pagefault_disable();
	left = __copy_to_user_inatomic(to, from, n);
	pagefault_enable();
	return left ? -EFAULT : 0;
}

/* Without session->lock. -EFAULT: this memory will not do. */
static int daedalus_fault_in(struct daedalus_reader *r, char __user *at,
			     size_t n)
{
	if (++r->faults > DAEDALUS_MAX_FAULTS || fault_in_writeable(at, n))
		return -EFAULT;
	return 0;
}

/*
 * Each of the following builds one message under session->lock and returns its
 * length, 0 if there is none of its kind, -EMSGSIZE if it does not fit, and
 * -EFAULT if the copy faulted, in which case nothing has changed.
 */
static ssize_t daedalus_put_whole(struct daedalus_reader *r, const void *message,
				  size_t length)
{
	if (length > r->room)
		return -EMSGSIZE;
	return daedalus_put(r->at, message, length) ?: length;
}

static ssize_t daedalus_deliver_retire(struct daedalus_reader *r)
{
	struct daedalus_session *s = r->session;
	struct daedalus_msg_retire msg = {
		.header = { DAEDALUS_MSG_RETIRE, sizeof(msg) },
	};
	ssize_t ret;

	if (!s->retired_count)
		return 0;
	/* Too many to remember: all of them. */
	if (s->retired_count <= DAEDALUS_RETIRED_SLOTS)
		msg.buffer = s->retired[s->retired_count - 1];
	ret = daedalus_put_whole(r, &msg, sizeof(msg));
	if (ret > 0)
		s->retired_count = msg.buffer ? s->retired_count - 1 : 0;
	return ret;
}

static ssize_t daedalus_deliver_flush(struct daedalus_reader *r)
{
	struct daedalus_session *s = r->session;
	struct daedalus_msg_flush msg = {
		.header = { DAEDALUS_MSG_FLUSH, sizeof(msg) },
		.epoch = s->epoch,
		.flags = s->flush_flags,
	};
	ssize_t ret;

	if (!s->flush_pending)
		return 0;
	ret = daedalus_put_whole(r, &msg, sizeof(msg));
	if (ret > 0) {
		s->flush_pending = false;
		s->flush_unanswered = true;
		s->flush_epoch = msg.epoch;
	}
	return ret;
}

static ssize_t daedalus_deliver_format(struct daedalus_reader *r)
{
	struct daedalus_session *s = r->session;
	struct daedalus_msg_format msg = {
		.header = { DAEDALUS_MSG_FORMAT, sizeof(msg) },
		.codec = s->codec,
		.max_message = daedalus_session_max_message(s),
		.coded_width = s->coded_width,
		.coded_height = s->coded_height,
		.kind = s->kind,
		.input_epoch = s->input_epoch,
		.capture = s->capture,
	};
	ssize_t ret;

	if (!s->format_pending)
		return 0;
	ret = daedalus_put_whole(r, &msg, sizeof(msg));
	if (ret > 0) {
		s->format_pending = false;
		/* It may go on with what an earlier worker had of this epoch. */
		if (s->kind == DAEDALUS_SESSION_STATEFUL)
			s->delivered |= DAEDALUS_FLUSH_INPUT;
	}
	return ret;
}

static ssize_t daedalus_deliver_capture(struct daedalus_reader *r)
{
	struct daedalus_session *s = r->session;
	struct daedalus_dst_buffer *dst;
	struct daedalus_msg_capture msg = {
		.header = { DAEDALUS_MSG_CAPTURE, sizeof(msg) },
	};
	ssize_t ret;

	if (s->flush_unanswered)
		return 0;
	dst = daedalus_flow_next_offer(s);
	if (!dst)
		return 0;
	msg.cookie = dst->cookie;
	msg.buffer = dst->id;
	if (dst->m2m.vb.vb2_buf.memory != VB2_MEMORY_MMAP)
		msg.flags |= DAEDALUS_CAPTURE_IMPORTED;
	msg.layout = dst->layout;
	ret = daedalus_put_whole(r, &msg, sizeof(msg));
	if (ret > 0) {
		dst->state = DAEDALUS_CAPTURE_OFFERED;
		s->delivered |= DAEDALUS_FLUSH_CAPTURE;
	}
	return ret;
}

static struct daedalus_job *daedalus_next_queued(struct daedalus_session *s,
						 u32 *behind)
{
	struct daedalus_job *job, *next = NULL;

	*behind = 0;
	list_for_each_entry(job, &s->jobs, node) {
		if (job->state != DAEDALUS_JOB_QUEUED)
			continue;
		if (next)
			(*behind)++;
		else
			next = job;
	}
	return next;
}

/* After session->lock was let go: is the job still the reader's to deliver? */
static bool daedalus_delivers(struct daedalus_reader *r, u64 cookie)
{
	const struct daedalus_job *job = daedalus_job_find(r->session, cookie);

	return !r->worker->broken && job && job->state == DAEDALUS_JOB_DELIVERING;
}

/*
 * Copies n bytes of a part of the message that is being delivered, letting go
 * of session->lock on the way. 0, -EFAULT, or -ESTALE when the job has been
 * ended meanwhile.
 */
static int daedalus_put_part(struct daedalus_reader *r, u64 cookie,
			     char __user *to, const void *from, size_t n)
{
	struct daedalus_session *s = r->session;
	size_t done = 0;

	while (done < n) {
		size_t chunk = min_t(size_t, n - done, DAEDALUS_CHUNK);
		int ret = daedalus_put(to + done, from + done, chunk);

		if (!ret) {
			done += chunk;
			if (done == n)
				break;
		}
		mutex_unlock(&s->lock);
		if (ret)
			ret = daedalus_fault_in(r, to + done, chunk);
		mutex_lock(&s->lock);
		if (!daedalus_delivers(r, cookie))
			return -ESTALE;
		if (ret)
			return ret;
	}
	return 0;
}

/* The fixed part, the controls, the bitstream and up to seven bytes of padding. */
static int daedalus_put_job(struct daedalus_reader *r, u64 cookie,
			    const struct daedalus_job_message *msg)
{
	static const char padding[8];
	u32 bitstream = msg->fixed + msg->controls_length;
	u32 end = bitstream + msg->bitstream_length;
	int ret;

	ret = daedalus_put_part(r, cookie, r->at, &msg->header, msg->fixed);
	if (ret)
		return ret;
	ret = daedalus_put_part(r, cookie, r->at + msg->fixed, msg->controls,
				msg->controls_length);
	if (ret)
		return ret;
	ret = daedalus_put_part(r, cookie, r->at + bitstream, msg->bitstream,
				msg->bitstream_length);
	if (ret)
		return ret;
	return daedalus_put_part(r, cookie, r->at + end, padding,
				 msg->header.length - end);
}

/*
 * The message is copied while the CPU has the imported bitstream. That may be the
 * exporter's to arrange for, without session->lock. -EINTR: a signal has come first;
 * -EIO: the exporter fails.
 */
static int daedalus_put_imported(struct daedalus_reader *r, u64 cookie,
				 const struct daedalus_job_message *msg,
				 struct dma_buf *imported)
{
	struct daedalus_session *s = r->session;
	int ret, access;

	get_dma_buf(imported);
	mutex_unlock(&s->lock);
	access = dma_buf_begin_cpu_access(imported, DMA_FROM_DEVICE);
	mutex_lock(&s->lock);
	if (!daedalus_delivers(r, cookie))
		ret = -ESTALE;
	else if (access)
		ret = signal_pending(current) ? -EINTR : -EIO;
	else
		ret = daedalus_put_job(r, cookie, msg);

	mutex_unlock(&s->lock);
	if (!access)
		dma_buf_end_cpu_access(imported, DMA_FROM_DEVICE);
	dma_buf_put(imported);
	mutex_lock(&s->lock);
	return daedalus_delivers(r, cookie) ? ret : -ESTALE;
}

static ssize_t daedalus_deliver_job(struct daedalus_reader *r)
{
	struct daedalus_session *s = r->session;
	struct daedalus_job_message msg;
	struct dma_buf *imported;
	struct daedalus_job *job;
	u32 behind;
	int ret;

	if (s->flush_unanswered)
		return 0;
	job = daedalus_next_queued(s, &behind);
	if (!job)
		return 0;
	/*
	 * A job that has been the end of one worker comes alone, or others would
	 * be blamed with it should it be the end of the next.
	 */
	if (r->alone || (job->attempt && r->any) || !daedalus_job_readable(job))
		return 0;
	daedalus_describe_job(job, behind, &msg);
	if (msg.header.length > r->room)
		return -EMSGSIZE;

	job->state = DAEDALUS_JOB_DELIVERING;
	imported = daedalus_job_import(job);
	ret = imported ? daedalus_put_imported(r, job->cookie, &msg, imported) :
			 daedalus_put_job(r, job->cookie, &msg);
	if (ret == -ESTALE)
		return -EAGAIN;
	if (ret == -EIO) {
		daedalus_job_finish(s, job, DAEDALUS_STATUS_BAD_BUFFER, false);
		daedalus_job_pop_finished(s);
		return -EAGAIN;
	}
	if (ret) {
		job->state = DAEDALUS_JOB_QUEUED;
		return ret;
	}
	job->state = DAEDALUS_JOB_DELIVERED;
	r->any = true;
	r->alone = job->attempt;
	s->delivered |= DAEDALUS_FLUSH_INPUT;
	if (job->kind == DAEDALUS_JOB_REQUEST)
		s->delivered |= DAEDALUS_FLUSH_CAPTURE;
	r->worker->started = true;
	daedalus_count(s->dev, DAEDALUS_BYTES_IN, msg.bitstream_length);
	trace_daedalus_deliver(s, job);
	return msg.header.length;
}

static ssize_t daedalus_deliver_one(struct daedalus_reader *r)
{
	ssize_t ret;

	ret = daedalus_deliver_retire(r);
	if (!ret)
		ret = daedalus_deliver_flush(r);
	if (!ret)
		ret = daedalus_deliver_format(r);
	if (!ret)
		ret = daedalus_deliver_capture(r);
	if (!ret)
		ret = daedalus_deliver_job(r);
	return ret;
}

static bool daedalus_deliver_has_job(struct daedalus_session *s)
{
	u32 behind;
	struct daedalus_job *job = daedalus_next_queued(s, &behind);

	return job && daedalus_job_readable(job);
}

/* Is there a message, or nothing ever to come? */
bool daedalus_deliver_ready(struct daedalus_session *s)
{
	bool ready;

	mutex_lock(&s->lock);
	ready = !s->ctx || s->retired_count || s->flush_pending ||
		s->format_pending ||
		(!s->flush_unanswered && (daedalus_flow_next_offer(s) ||
					  daedalus_deliver_has_job(s)));
	mutex_unlock(&s->lock);
	return ready;
}

/*
 * Fills buf with as many whole messages as fit and are there. Returns their
 * bytes, 0 at the end of the session, -EAGAIN, -EMSGSIZE, -EINTR or -EFAULT. Called
 * with the worker's read_lock, without session->lock.
 */
ssize_t daedalus_deliver(struct daedalus_worker *w, char __user *buf,
			 size_t count)
{
	struct daedalus_reader r = {
		.worker = w,
		.session = w->session,
		.at = buf,
		.room = count,
	};
	struct daedalus_session *s = w->session;
	ssize_t ret;

	if (!access_ok(buf, count))
		return -EFAULT;

	mutex_lock(&s->lock);
	for (;;) {
		if (w->broken || !s->ctx) {
			ret = 0;
			break;
		}
		ret = daedalus_deliver_one(&r);
		if (ret > 0) {
			r.at += ret;
			r.room -= ret;
		} else if (!ret) {
			ret = -EAGAIN;
			break;
		} else if (ret == -EAGAIN) {
			continue; /* that job is gone, there may be another */
		} else if (ret == -EFAULT && r.at == buf && !r.faults) {
			/* Only small messages fault without having tried. */
			mutex_unlock(&s->lock);
			ret = daedalus_fault_in(&r, r.at,
						min_t(size_t, r.room, PAGE_SIZE));
			mutex_lock(&s->lock);
			if (ret)
				break;
		} else {
			break;
		}
	}
	mutex_unlock(&s->lock);
	return r.at > buf ? r.at - buf : ret;
}
