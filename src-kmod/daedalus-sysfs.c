// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs: what the module knows, one value a file, also when no daemon lives.
 * Under /sys/devices/platform/daedalus_v4l2.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "daedalus.h"

static ssize_t proto_version_show(struct device *device,
				  struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", DAEDALUS_PROTO_VERSION);
}
static DEVICE_ATTR_RO(proto_version);

static ssize_t version_show(struct device *device,
			    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", DAEDALUS_VERSION);
}
static DEVICE_ATTR_RO(version);

static ssize_t daemon_attached_show(struct device *device,
				    struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%d\n", READ_ONCE(dev->attached));
}
static DEVICE_ATTR_RO(daemon_attached);

static ssize_t daemon_version_show(struct device *device,
				   struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);
	ssize_t ret;

	mutex_lock(&dev->lock);
	ret = sysfs_emit(buf, "%s\n", dev->daemon_version);
	mutex_unlock(&dev->lock);
	return ret;
}
static DEVICE_ATTR_RO(daemon_version);

/* Empty where there is no such node. */
static ssize_t daedalus_node_show(const struct daedalus_node *node, char *buf)
{
	return sysfs_emit(buf, "%s\n", node->registered ?
			  dev_name(&node->vdev.dev) : "");
}

static ssize_t video_device_show(struct device *device,
				 struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return daedalus_node_show(&dev->stateless, buf);
}
static DEVICE_ATTR_RO(video_device);

static ssize_t stateful_device_show(struct device *device,
				    struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return daedalus_node_show(&dev->stateful, buf);
}
static DEVICE_ATTR_RO(stateful_device);

static size_t daedalus_list_length(struct daedalus_dev *dev,
				   struct list_head *list)
{
	struct list_head *node;
	size_t n = 0;

	mutex_lock(&dev->lock);
	list_for_each(node, list)
		n++;
	mutex_unlock(&dev->lock);
	return n;
}

/* Open files of the video node. */
static ssize_t clients_show(struct device *device,
			    struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%zu\n",
			  daedalus_list_length(dev, &dev->sessions));
}
static DEVICE_ATTR_RO(clients);

/* Those that stream. */
static ssize_t sessions_show(struct device *device,
			     struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%u\n", READ_ONCE(dev->streaming_sessions));
}
static DEVICE_ATTR_RO(sessions);

/* Those that stream and have no worker. */
static ssize_t sessions_waiting_show(struct device *device,
				     struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%zu\n",
			  daedalus_list_length(dev, &dev->waiting));
}
static DEVICE_ATTR_RO(sessions_waiting);

static ssize_t jobs_in_flight_show(struct device *device,
				   struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%d\n", atomic_read(&dev->jobs_in_flight));
}
static DEVICE_ATTR_RO(jobs_in_flight);

static ssize_t job_timeout_ms_show(struct device *device,
				   struct device_attribute *attr, char *buf)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%u\n", READ_ONCE(dev->job_timeout_ms));
}
static DEVICE_ATTR_RO(job_timeout_ms);

static struct attribute *daedalus_attrs[] = {
	&dev_attr_proto_version.attr,
	&dev_attr_version.attr,
	&dev_attr_daemon_attached.attr,
	&dev_attr_daemon_version.attr,
	&dev_attr_video_device.attr,
	&dev_attr_stateful_device.attr,
	&dev_attr_clients.attr,
	&dev_attr_sessions.attr,
	&dev_attr_sessions_waiting.attr,
	&dev_attr_jobs_in_flight.attr,
	&dev_attr_job_timeout_ms.attr,
	NULL
};

static const struct attribute_group daedalus_group = {
	.attrs = daedalus_attrs,
};

struct daedalus_counter_attr {
	struct device_attribute attr;
	size_t offset; /* of the atomic64_t in struct daedalus_dev */
};

static ssize_t daedalus_counter_show(struct device *device,
				     struct device_attribute *attr, char *buf)
{
	const struct daedalus_counter_attr *counter =
		container_of(attr, struct daedalus_counter_attr, attr);
	struct daedalus_dev *dev = dev_get_drvdata(device);
	const atomic64_t *value = (void *)dev + counter->offset;

	return sysfs_emit(buf, "%lld\n", (long long)atomic64_read(value));
}

#define DAEDALUS_COUNTER(name, array, index)                                \
	static struct daedalus_counter_attr daedalus_counter_##name = {     \
		.attr = __ATTR(name, 0444, daedalus_counter_show, NULL),    \
		.offset = offsetof(struct daedalus_dev, array) +            \
			  (index) * sizeof(atomic64_t),                     \
	}

DAEDALUS_COUNTER(jobs_dispatched, counters, DAEDALUS_JOBS_DISPATCHED);
DAEDALUS_COUNTER(jobs_completed, counters, DAEDALUS_JOBS_COMPLETED);
DAEDALUS_COUNTER(jobs_failed, counters, DAEDALUS_JOBS_FAILED);
DAEDALUS_COUNTER(jobs_dropped, counters, DAEDALUS_JOBS_DROPPED);
DAEDALUS_COUNTER(flushes, counters, DAEDALUS_FLUSHES);
DAEDALUS_COUNTER(watchdog_timeouts, counters, DAEDALUS_WATCHDOG_TIMEOUTS);
DAEDALUS_COUNTER(workers_attached, counters, DAEDALUS_WORKERS_ATTACHED);
DAEDALUS_COUNTER(workers_died, counters, DAEDALUS_WORKERS_DIED);
DAEDALUS_COUNTER(stale_answers, counters, DAEDALUS_STALE_ANSWERS);
DAEDALUS_COUNTER(refused_answers, counters, DAEDALUS_REFUSED_ANSWERS);
DAEDALUS_COUNTER(refused_controls, counters, DAEDALUS_REFUSED_CONTROLS);
DAEDALUS_COUNTER(refused_sessions, counters, DAEDALUS_REFUSED_SESSIONS);
DAEDALUS_COUNTER(refused_quota, counters, DAEDALUS_REFUSED_QUOTA);
DAEDALUS_COUNTER(pictures, counters, DAEDALUS_PICTURES);
DAEDALUS_COUNTER(bytes_in, counters, DAEDALUS_BYTES_IN);
DAEDALUS_COUNTER(error_concealed, errors, DAEDALUS_STATUS_CONCEALED);
DAEDALUS_COUNTER(error_bad_stream, errors, DAEDALUS_STATUS_BAD_STREAM);
DAEDALUS_COUNTER(error_unsupported, errors, DAEDALUS_STATUS_UNSUPPORTED);
DAEDALUS_COUNTER(error_bad_buffer, errors, DAEDALUS_STATUS_BAD_BUFFER);
DAEDALUS_COUNTER(error_internal, errors, DAEDALUS_STATUS_INTERNAL);
DAEDALUS_COUNTER(error_timeout, errors, DAEDALUS_STATUS_TIMEOUT);
DAEDALUS_COUNTER(error_worker_died, errors, DAEDALUS_STATUS_WORKER_DIED);
DAEDALUS_COUNTER(error_no_daemon, errors, DAEDALUS_STATUS_NO_DAEMON);
DAEDALUS_COUNTER(error_canceled, errors, DAEDALUS_STATUS_CANCELED);

static struct attribute *daedalus_counter_attrs[] = {
	&daedalus_counter_jobs_dispatched.attr.attr,
	&daedalus_counter_jobs_completed.attr.attr,
	&daedalus_counter_jobs_failed.attr.attr,
	&daedalus_counter_jobs_dropped.attr.attr,
	&daedalus_counter_flushes.attr.attr,
	&daedalus_counter_watchdog_timeouts.attr.attr,
	&daedalus_counter_workers_attached.attr.attr,
	&daedalus_counter_workers_died.attr.attr,
	&daedalus_counter_stale_answers.attr.attr,
	&daedalus_counter_refused_answers.attr.attr,
	&daedalus_counter_refused_controls.attr.attr,
	&daedalus_counter_refused_sessions.attr.attr,
	&daedalus_counter_refused_quota.attr.attr,
	&daedalus_counter_pictures.attr.attr,
	&daedalus_counter_bytes_in.attr.attr,
	&daedalus_counter_error_concealed.attr.attr,
	&daedalus_counter_error_bad_stream.attr.attr,
	&daedalus_counter_error_unsupported.attr.attr,
	&daedalus_counter_error_bad_buffer.attr.attr,
	&daedalus_counter_error_internal.attr.attr,
	&daedalus_counter_error_timeout.attr.attr,
	&daedalus_counter_error_worker_died.attr.attr,
	&daedalus_counter_error_no_daemon.attr.attr,
	&daedalus_counter_error_canceled.attr.attr,
	NULL
};

static const struct attribute_group daedalus_counter_group = {
	.name = "counters",
	.attrs = daedalus_counter_attrs,
};

const struct attribute_group *daedalus_sysfs_groups[] = {
	&daedalus_group,
	&daedalus_counter_group,
	NULL
};
