/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: the life of sessions and jobs, for `trace-cmd -e daedalus`.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM daedalus

#if !defined(DAEDALUS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DAEDALUS_TRACE_H

#include <linux/tracepoint.h>

#include "daedalus.h"

DECLARE_EVENT_CLASS(daedalus_job,
		    TP_PROTO(const struct daedalus_session *s,
			     const struct daedalus_job *job),
		    TP_ARGS(s, job),
		    TP_STRUCT__entry(__field(u64, session)
				     __field(u64, cookie)
				     __field(u64, buffer)
				     __field(u32, status)
				     __field(u32, attempt)
				     __field(s64, age_us)),
		    TP_fast_assign(__entry->session = s->id;
				   __entry->cookie = job->cookie;
				   __entry->buffer = job->dst ? job->dst->id : 0;
				   __entry->status = job->status;
				   __entry->attempt = job->attempt;
				   __entry->age_us =
					ktime_us_delta(ktime_get(),
						       job->queued_at);),
		    TP_printk("session=%llu cookie=%llx buffer=%llu status=%u attempt=%u age_us=%lld",
			      __entry->session, __entry->cookie,
			      __entry->buffer, __entry->status,
			      __entry->attempt, __entry->age_us)
);

/* A request became a job. */
DEFINE_EVENT(daedalus_job, daedalus_job_start,
	     TP_PROTO(const struct daedalus_session *s,
		      const struct daedalus_job *job),
	     TP_ARGS(s, job)
);

/* A worker has read it. */
DEFINE_EVENT(daedalus_job, daedalus_deliver,
	     TP_PROTO(const struct daedalus_session *s,
		      const struct daedalus_job *job),
	     TP_ARGS(s, job)
);

/* Its outcome is known. */
DEFINE_EVENT(daedalus_job, daedalus_job_finish,
	     TP_PROTO(const struct daedalus_session *s,
		      const struct daedalus_job *job),
	     TP_ARGS(s, job)
);

/* It was not answered in time. */
DEFINE_EVENT(daedalus_job, daedalus_watchdog,
	     TP_PROTO(const struct daedalus_session *s,
		      const struct daedalus_job *job),
	     TP_ARGS(s, job)
);

/* The client stopped a queue; epoch is the new one. */
TRACE_EVENT(daedalus_flush,
	    TP_PROTO(const struct daedalus_session *s),
	    TP_ARGS(s),
	    TP_STRUCT__entry(__field(u64, session)
			     __field(u32, epoch)),
	    TP_fast_assign(__entry->session = s->id;
			   __entry->epoch = s->epoch;),
	    TP_printk("session=%llu epoch=%u", __entry->session,
		      __entry->epoch)
);

/* A worker came or went. */
TRACE_EVENT(daedalus_worker,
	    TP_PROTO(const struct daedalus_session *s, bool attached),
	    TP_ARGS(s, attached),
	    TP_STRUCT__entry(__field(u64, session)
			     __field(u32, workers)
			     __field(bool, attached)),
	    TP_fast_assign(__entry->session = s->id;
			   __entry->workers = s->workers;
			   __entry->attached = attached;),
	    TP_printk("session=%llu workers=%u %s", __entry->session,
		      __entry->workers,
		      __entry->attached ? "attached" : "detached")
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE daedalus_trace
#include <trace/define_trace.h>
