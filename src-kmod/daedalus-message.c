// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the message of a job says. Controls and bitstream stay where they are, for the
 * reader to copy.
 */
#include "daedalus.h"

static void daedalus_describe_request(const struct daedalus_src_buffer *src,
				      struct daedalus_msg_decode *msg)
{
	const struct daedalus_job *job = &src->job;

	msg->header.type = DAEDALUS_MSG_DECODE;
	msg->cookie = job->cookie;
	msg->timestamp = src->m2m.vb.vb2_buf.timestamp;
	msg->dst_buffer = job->dst->id;
	if (job->hold)
		msg->flags |= DAEDALUS_DECODE_HOLD;
	if (job->held)
		msg->flags |= DAEDALUS_DECODE_HELD;
	if (job->dst->m2m.vb.vb2_buf.memory != VB2_MEMORY_MMAP)
		msg->flags |= DAEDALUS_DECODE_IMPORTED;
	msg->attempt = job->attempt;
	msg->coded_width = job->coded_width;
	msg->coded_height = job->coded_height;
	msg->age_ns = ktime_to_ns(ktime_sub(ktime_get(), job->queued_at));
	msg->controls_offset = sizeof(*msg);
	msg->controls_length = job->controls_length;
	msg->bitstream_offset = msg->controls_offset + msg->controls_length;
	msg->bitstream_length = src->bitstream_length;
	msg->dst = job->dst->layout;
}

static void daedalus_describe_input(const struct daedalus_src_buffer *src,
				    struct daedalus_msg_input *msg)
{
	const struct daedalus_job *job = &src->job;

	msg->header.type = DAEDALUS_MSG_INPUT;
	msg->cookie = job->cookie;
	msg->timestamp = src->m2m.vb.vb2_buf.timestamp;
	msg->attempt = job->attempt;
	msg->age_ns = ktime_to_ns(ktime_sub(ktime_get(), job->queued_at));
	msg->bitstream_offset = sizeof(*msg);
	msg->bitstream_length = src->bitstream_length;
}

/* session->lock. behind: jobs that wait after it. */
void daedalus_describe_job(struct daedalus_job *job, u32 behind,
			   struct daedalus_job_message *msg)
{
	const struct daedalus_src_buffer *src = daedalus_job_to_src(job);

	memset(msg, 0, sizeof(*msg));
	switch (job->kind) {
	case DAEDALUS_JOB_REQUEST:
		msg->fixed = sizeof(msg->decode);
		daedalus_describe_request(src, &msg->decode);
		msg->decode.queued = behind;
		msg->controls = job->controls;
		msg->controls_length = job->controls_length;
		break;
	case DAEDALUS_JOB_INPUT:
		msg->fixed = sizeof(msg->input);
		daedalus_describe_input(src, &msg->input);
		msg->input.queued = behind;
		break;
	case DAEDALUS_JOB_DRAIN:
		msg->fixed = sizeof(msg->drain);
		msg->header.type = DAEDALUS_MSG_DRAIN;
		msg->drain.cookie = job->cookie;
		msg->drain.attempt = job->attempt;
		break;
	}
	if (job->kind != DAEDALUS_JOB_DRAIN) {
		msg->bitstream = src->bitstream;
		msg->bitstream_length = src->bitstream_length;
	}
	msg->header.length = msg->fixed + msg->controls_length +
			     ALIGN(msg->bitstream_length, 8);
}
