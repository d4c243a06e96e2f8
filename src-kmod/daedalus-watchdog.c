// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog: no request stays unanswered for longer than the timeout after
 * it was queued, or after the worker's last answer. A new worker is given the
 * timeout anew, but once: a job waits for twice the timeout at most, however
 * many workers come and die. It is the last line: daemons have their own,
 * shorter ones.
 */
#include <linux/jiffies.h>

#include "daedalus_trace.h"
#include "daedalus.h"

/* One late job may be a slow picture; a second one is a stuck worker. */
#define DAEDALUS_MISSES_TO_BREAK 2
/*
 * A worker that has read nothing yet is being loaded from a slow card, say:
 * requests fail meanwhile, but starting another would only take longer.
 */
#define DAEDALUS_MISSES_TO_START 20

static ktime_t daedalus_deadline(struct daedalus_session *s,
				 const struct daedalus_job *job)
{
	u32 timeout_ms = READ_ONCE(s->dev->job_timeout_ms);
	ktime_t since = max(s->progress, job->queued_at);
	ktime_t worker = clamp(s->attached_at, since,
			       ktime_add_ms(since, timeout_ms));

	return ktime_add_ms(worker, timeout_ms);
}

/*
 * The oldest job whose outcome is not known; its deadline is the first. None
 * while it is the client who is waited for.
 */
static struct daedalus_job *daedalus_oldest_unfinished(struct daedalus_session *s)
{
	struct daedalus_job *job;

	if (daedalus_flow_waits_for_client(s))
		return NULL;
	list_for_each_entry(job, &s->jobs, node)
		if (job->state != DAEDALUS_JOB_FINISHED)
			return job;
	return NULL;
}

/* session->lock: has the watchdog look again when the oldest job is due. */
void daedalus_watchdog_arm(struct daedalus_session *s)
{
	struct daedalus_job *job = daedalus_oldest_unfinished(s);
	s64 left;

	lockdep_assert_held(&s->lock);
	if (!job) {
		/* Left to run out: it then finds nothing to do. */
		return;
	}
	if (delayed_work_pending(&s->watchdog))
		return;
	left = ktime_ms_delta(daedalus_deadline(s, job), ktime_get());
	queue_delayed_work(system_freezable_wq, &s->watchdog,
			   msecs_to_jiffies(max_t(s64, left, 0)) + 1);
}

/* session->lock: jobs of the worker have expired. Is it to be given up? */
static bool daedalus_count_miss(struct daedalus_worker *w)
{
	w->misses++;
	return w->misses >= (w->started ? DAEDALUS_MISSES_TO_BREAK :
					  DAEDALUS_MISSES_TO_START);
}

static void daedalus_watchdog_work(struct work_struct *work)
{
	struct daedalus_session *s = container_of(to_delayed_work(work),
						  struct daedalus_session,
						  watchdog);
	struct daedalus_job *job;
	ktime_t now = ktime_get();
	bool expired = false;
	bool blocked = false;
	bool broken = false;

	mutex_lock(&s->lock);
	while ((job = daedalus_oldest_unfinished(s)) &&
	       !ktime_before(now, daedalus_deadline(s, job))) {
		/*
		 * It is not to blame for what it could not be given: a bitstream that
		 * is written to still, and what waits behind that.
		 */
		if (job->state == DAEDALUS_JOB_QUEUED &&
		    !daedalus_job_readable(job))
			blocked = true;
		if (job->state != DAEDALUS_JOB_QUEUED || !blocked)
			expired = true;
		daedalus_count(s->dev, DAEDALUS_WATCHDOG_TIMEOUTS, 1);
		trace_daedalus_watchdog(s, job);
		daedalus_job_finish(s, job, DAEDALUS_STATUS_TIMEOUT, false);
	}
	daedalus_job_pop_finished(s);
	if (expired && s->worker && daedalus_count_miss(s->worker)) {
		daedalus_worker_break(s);
		broken = true;
	}
	daedalus_watchdog_arm(s);
	mutex_unlock(&s->lock);

	if (broken) {
		dev_warn_ratelimited(s->dev->dev,
				     "session %llu (%s, pid %u): worker does not answer, asking for another\n",
				     s->id, s->client_comm, s->client_pid);
		mutex_lock(&s->dev->lock);
		daedalus_session_want_worker(s);
		mutex_unlock(&s->dev->lock);
	}
}

void daedalus_watchdog_init(struct daedalus_session *s)
{
	INIT_DELAYED_WORK(&s->watchdog, daedalus_watchdog_work);
}
