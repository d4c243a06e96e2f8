// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one user may have of a decoder that all share: open files, sessions that
 * stream and memory for buffers. A user is who opened the node, by user id.
 *
 * Requests need no limit of their own: each that is queued holds an OUTPUT buffer,
 * of which a file has DAEDALUS_MAX_BUFFERS at most.
 */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "daedalus.h"

static uint user_clients = 256;
module_param(user_clients, uint, 0644);
MODULE_PARM_DESC(user_clients,
		 "files that one user may have open on the video nodes (default 256)");

static uint user_sessions;
module_param(user_sessions, uint, 0644);
MODULE_PARM_DESC(user_sessions,
		 "sessions that one user may stream at a time, 0: three quarters of all that may (default 0)");

static uint user_memory_mib;
module_param(user_memory_mib, uint, 0644);
MODULE_PARM_DESC(user_memory_mib,
		 "MiB that one user's buffers may have, 0: half of the memory (default 0)");

/* A user who has a file open, or memory of one; freed with the last. */
struct daedalus_user {
	struct list_head node; /* dev->users */
	kuid_t uid;
	u32 refs;          /* open files, and memory that lingers; dev->lock */
	u32 clients;       /* open files; dev->lock */
	u32 sessions;      /* of them that stream; dev->lock */
	atomic64_t memory; /* bytes of buffers that the module allocated */
};

static int daedalus_refuse(struct daedalus_dev *dev)
{
	daedalus_count(dev, DAEDALUS_REFUSED_QUOTA, 1);
	return -EDQUOT;
}

static struct daedalus_user *daedalus_find_user(struct daedalus_dev *dev,
						kuid_t uid)
{
	struct daedalus_user *user;

	lockdep_assert_held(&dev->lock);
	list_for_each_entry(user, &dev->users, node)
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

/*
 * A file is being opened, in its client's own call; daedalus_user_put() when it is
 * closed. -EDQUOT: the user has too many.
 */
struct daedalus_user *daedalus_user_get(struct daedalus_dev *dev)
{
	struct daedalus_user *spare = kzalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
	struct daedalus_user *user;
	int ret = 0;

	if (!spare)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&dev->lock);
	user = daedalus_find_user(dev, current_uid());
	if ((user ? user->clients : 0) >= READ_ONCE(user_clients)) {
		ret = daedalus_refuse(dev);
	} else {
		if (!user) {
			user = spare;
			spare = NULL;
			user->uid = current_uid();
			list_add_tail(&user->node, &dev->users);
		}
		user->clients++;
		daedalus_user_hold(user);
	}
	mutex_unlock(&dev->lock);
	kfree(spare);
	return ret ? ERR_PTR(ret) : user;
}

void daedalus_user_put(struct daedalus_dev *dev, struct daedalus_user *user)
{
	mutex_lock(&dev->lock);
	if (!--user->clients)
		daedalus_assert(!user->sessions);
	daedalus_user_release(user);
	mutex_unlock(&dev->lock);
}

/* dev->lock: somebody else needs the user. */
void daedalus_user_hold(struct daedalus_user *user)
{
	user->refs++;
}

/* dev->lock: and does not any more. */
void daedalus_user_release(struct daedalus_user *user)
{
	if (--user->refs)
		return;
	daedalus_assert(!atomic64_read(&user->memory));
	list_del(&user->node);
	kfree(user);
}

/* dev->lock: one more session is to stream. -EDQUOT: the user has too many. */
int daedalus_user_start_session(struct daedalus_dev *dev,
				struct daedalus_user *user)
{
	u32 most = READ_ONCE(user_sessions);

	lockdep_assert_held(&dev->lock);
	if (!most)
		most = dev->max_sessions - dev->max_sessions / 4;
	if (user->sessions >= most)
		return daedalus_refuse(dev);
	user->sessions++;
	return 0;
}

/* dev->lock */
void daedalus_user_end_session(struct daedalus_dev *dev,
			       struct daedalus_user *user)
{
	lockdep_assert_held(&dev->lock);
	daedalus_assert(user->sessions);
	user->sessions--;
}

/*
 * Pieces of memory that outlive their buffers: each is looked at again and again, and
 * small ones could be had by the hundred thousand.
 */
#define DAEDALUS_MAX_LINGERING 1024

static bool daedalus_has_room(struct daedalus_user *user, u64 bytes)
{
	u64 mib = READ_ONCE(user_memory_mib);
	u64 most = mib ? mib * SZ_1M : (u64)totalram_pages() / 2 * PAGE_SIZE;
	int lingering = READ_ONCE(user->refs) - READ_ONCE(user->clients);

	return lingering <= DAEDALUS_MAX_LINGERING &&
	       atomic64_read(&user->memory) + bytes <= most;
}

/*
 * Buffers of so many bytes are to be allocated. -EDQUOT: that would be too much;
 * without this REQBUFS would say so by ENOMEM, which sends people looking elsewhere.
 */
int daedalus_user_may_allocate(struct daedalus_dev *dev,
			       struct daedalus_user *user, u64 bytes)
{
	if (daedalus_has_room(user, bytes))
		return 0;
	daedalus_linger_reap(dev);
	return daedalus_has_room(user, bytes) ? 0 : daedalus_refuse(dev);
}

/* They are; daedalus_user_uncharge() when they are freed. -EDQUOT as above. */
int daedalus_user_charge(struct daedalus_dev *dev, struct daedalus_user *user,
			 u64 bytes)
{
	atomic64_add(bytes, &user->memory);
	if (daedalus_has_room(user, 0))
		return 0;
	atomic64_sub(bytes, &user->memory);
	return daedalus_refuse(dev);
}

void daedalus_user_uncharge(struct daedalus_user *user, u64 bytes)
{
	s64 left = atomic64_sub_return(bytes, &user->memory);

	daedalus_assert(left >= 0);
}
