// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device: one control fd at a time, the daemon's.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "daedalus.h"

#define DAEDALUS_MIN_TIMEOUT_MS 50
#define DAEDALUS_MAX_TIMEOUT_MS 60000
#define DAEDALUS_MAX_SESSIONS 1024

static int daedalus_bridge_open(struct inode *inode, struct file *file)
{
	struct daedalus_dev *dev =
		container_of(file->private_data, struct daedalus_dev, misc);
	int ret = 0;

	mutex_lock(&dev->lock);
	if (dev->gone) {
		ret = -ENODEV;
	} else if (dev->control) {
		ret = -EBUSY;
	} else {
		daedalus_dev_get(dev);
		dev->control = file;
		file->private_data = dev;
	}
	mutex_unlock(&dev->lock);
	return ret;
}

static int daedalus_bridge_release(struct inode *inode, struct file *file)
{
	struct daedalus_dev *dev = file->private_data;

	mutex_lock(&dev->lock);
	WRITE_ONCE(dev->attached, false);
	dev->said_hello = false;
	dev->control = NULL;
	dev->codecs = 0;
	dev->daemon_version[0] = '\0';
	daedalus_session_fail_without_daemon(dev);
	mutex_unlock(&dev->lock);
	daedalus_dev_put(dev);
	return 0;
}

static __poll_t daedalus_bridge_poll(struct file *file, poll_table *wait)
{
	struct daedalus_dev *dev = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &dev->control_wait, wait);
	mutex_lock(&dev->lock);
	if (dev->gone)
		events = EPOLLHUP | EPOLLERR;
	else if (dev->said_hello && !list_empty(&dev->waiting))
		events = EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&dev->lock);
	return events;
}

static bool daedalus_hello_valid(const struct daedalus_hello *hello)
{
	return !hello->reserved32 &&
	       !memchr_inv(hello->reserved, 0, sizeof(hello->reserved)) &&
	       !(hello->features & ~DAEDALUS_FEATURES_KNOWN) &&
	       !(hello->codecs & ~(BIT_ULL(DAEDALUS_CODEC_COUNT) - 1)) &&
	       hello->job_timeout_ms >= DAEDALUS_MIN_TIMEOUT_MS &&
	       hello->job_timeout_ms <= DAEDALUS_MAX_TIMEOUT_MS &&
	       hello->max_sessions &&
	       hello->max_sessions <= DAEDALUS_MAX_SESSIONS &&
	       strnlen(hello->daemon_version, sizeof(hello->daemon_version)) <
		       sizeof(hello->daemon_version);
}

/*
 * The version is looked at first and answered in any case: daemons of other
 * versions may mean other things by the other fields.
 */
static long daedalus_ioc_hello(struct daedalus_dev *dev, void __user *arg)
{
	struct daedalus_hello hello;
	u32 daemon_proto;
	long ret = 0;

	if (copy_from_user(&hello, arg, sizeof(hello)))
		return -EFAULT;
	daemon_proto = hello.proto_version;
	hello.proto_version = DAEDALUS_PROTO_VERSION;
	strscpy_pad(hello.module_version, DAEDALUS_VERSION,
		    sizeof(hello.module_version));

	if (daemon_proto != DAEDALUS_PROTO_VERSION) {
		hello.daemon_version[sizeof(hello.daemon_version) - 1] = '\0';
		dev_err(dev->dev,
			"daemon %*pE speaks protocol %u, this module (%s) speaks %u: install the same version of daedalus-v4l2 and daedalus-v4l2-dkms, then reload the module or reboot\n",
			(int)strlen(hello.daemon_version), hello.daemon_version,
			daemon_proto, DAEDALUS_VERSION, DAEDALUS_PROTO_VERSION);
		ret = -EPROTONOSUPPORT;
	} else if (!daedalus_hello_valid(&hello)) {
		ret = -EINVAL;
	}
	if (copy_to_user(arg, &hello, sizeof(hello)))
		return -EFAULT;
	if (ret)
		return ret;

	mutex_lock(&dev->lock);
	if (dev->gone) {
		ret = -ENODEV;
	} else {
		dev->codecs = hello.codecs;
		dev->max_sessions = hello.max_sessions;
		WRITE_ONCE(dev->job_timeout_ms, hello.job_timeout_ms);
		strscpy(dev->daemon_version, hello.daemon_version,
			sizeof(dev->daemon_version));
		dev->said_hello = true;
		WRITE_ONCE(dev->attached, true);
	}
	mutex_unlock(&dev->lock);
	wake_up_interruptible(&dev->control_wait);
	return ret;
}

/* The session that has waited longest, with a reference, or NULL. */
static struct daedalus_session *daedalus_take_waiting(struct daedalus_dev *dev)
{
	struct daedalus_session *s;

	mutex_lock(&dev->lock);
	s = list_first_entry_or_null(&dev->waiting, struct daedalus_session,
				     wait_node);
	if (s) {
		list_del_init(&s->wait_node);
		kref_get(&s->ref);
	}
	mutex_unlock(&dev->lock);
	return s;
}

static long daedalus_ioc_accept(struct daedalus_dev *dev, void __user *arg)
{
	struct daedalus_session_info info = {};
	struct daedalus_session *s;
	struct file *file;
	int fd, ret;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	do {
		s = daedalus_take_waiting(dev);
		if (!s) {
			ret = -EAGAIN;
			goto put_fd;
		}
		ret = daedalus_worker_attach(s, &info, &file);
		if (ret && ret != -EAGAIN) {
			/* Out of memory, perhaps for a moment only. */
			mutex_lock(&dev->lock);
			daedalus_session_want_worker(s);
			mutex_unlock(&dev->lock);
		}
		daedalus_session_put(s);
	} while (ret == -EAGAIN);
	if (ret)
		goto put_fd;

	if (copy_to_user(arg, &info, sizeof(info))) {
		fput(file); /* and the session waits again */
		ret = -EFAULT;
		goto put_fd;
	}
	fd_install(fd, file);
	return fd;

put_fd:
	put_unused_fd(fd);
	return ret;
}

/* dev->lock: takes no reference; the session stays on the list meanwhile. */
static struct daedalus_session *daedalus_find_session(struct daedalus_dev *dev,
						      u64 id)
{
	struct daedalus_session *s;

	list_for_each_entry(s, &dev->sessions, node)
		if (s->id == id)
			return s;
	return NULL;
}

static u32 daedalus_cancel_jobs(struct daedalus_session *s, u64 cookie)
{
	struct daedalus_job *job;
	u32 canceled = 0;

	mutex_lock(&s->lock);
	if (!cookie) {
		canceled = daedalus_job_fail_all(s, DAEDALUS_STATUS_CANCELED);
	} else {
		job = daedalus_job_find(s, cookie);
		if (job && job->state != DAEDALUS_JOB_FINISHED) {
			daedalus_job_finish(s, job, DAEDALUS_STATUS_CANCELED,
					    false);
			daedalus_job_pop_finished(s);
			canceled = 1;
		}
	}
	mutex_unlock(&s->lock);
	return canceled;
}

static long daedalus_ioc_cancel(struct daedalus_dev *dev, void __user *arg)
{
	struct daedalus_cancel cancel;
	struct daedalus_session *s;
	long ret = 0;

	if (copy_from_user(&cancel, arg, sizeof(cancel)))
		return -EFAULT;
	if (cancel.reserved32)
		return -EINVAL;

	mutex_lock(&dev->lock);
	s = daedalus_find_session(dev, cancel.session);
	if (s)
		cancel.canceled = daedalus_cancel_jobs(s, cancel.cookie);
	if (!s || (cancel.cookie && !cancel.canceled))
		ret = -ENOENT;
	mutex_unlock(&dev->lock);

	if (!ret && copy_to_user(arg, &cancel, sizeof(cancel)))
		ret = -EFAULT;
	return ret;
}

static long daedalus_bridge_ioctl(struct file *file, unsigned int cmd,
				  unsigned long arg)
{
	struct daedalus_dev *dev = file->private_data;
	bool said_hello, gone;

	mutex_lock(&dev->lock);
	said_hello = dev->said_hello;
	gone = dev->gone;
	mutex_unlock(&dev->lock);
	if (gone)
		return -ENODEV;
	if (cmd == DAEDALUS_IOC_HELLO)
		return daedalus_ioc_hello(dev, (void __user *)arg);
	if (!said_hello)
		return -ENOTCONN;

	switch (cmd) {
	case DAEDALUS_IOC_ACCEPT:
		return daedalus_ioc_accept(dev, (void __user *)arg);
	case DAEDALUS_IOC_CANCEL:
		return daedalus_ioc_cancel(dev, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations daedalus_bridge_fops = {
	.owner = THIS_MODULE,
	.open = daedalus_bridge_open,
	.release = daedalus_bridge_release,
	.poll = daedalus_bridge_poll,
	.unlocked_ioctl = daedalus_bridge_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

int daedalus_bridge_register(struct daedalus_dev *dev)
{
	dev->misc.minor = MISC_DYNAMIC_MINOR;
	dev->misc.name = DAEDALUS_DEVICE_NAME;
	dev->misc.fops = &daedalus_bridge_fops;
	dev->misc.parent = dev->dev;
	dev->misc.mode = 0600;
	return misc_register(&dev->misc);
}

/*
 * The driver goes: no daemon, no worker and no client gets anything more done,
 * and whatever is under way fails now.
 */
void daedalus_bridge_unregister(struct daedalus_dev *dev)
{
	struct daedalus_session *s;

	misc_deregister(&dev->misc);

	mutex_lock(&dev->lock);
	dev->gone = true;
	WRITE_ONCE(dev->attached, false);
	list_for_each_entry(s, &dev->sessions, node) {
		mutex_lock(&s->lock);
		if (s->worker)
			daedalus_worker_break(s);
		daedalus_job_fail_all(s, DAEDALUS_STATUS_NO_DAEMON);
		mutex_unlock(&s->lock);
		daedalus_session_fail_for_good(s);
	}
	mutex_unlock(&dev->lock);
	wake_up_interruptible(&dev->control_wait);
}
