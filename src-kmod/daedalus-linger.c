// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that outlives its buffer. REQBUFS frees buffers that are mapped or exported,
 * and vb2 keeps the memory until the last who has it lets go. Until then it counts
 * against what its user may have, or a client could free buffers, keep them, and make
 * others for ever.
 *
 * Nobody is told when that is. So the module keeps an export of its own and looks, now
 * and then, and whenever a user is about to be refused, whether it is the last one.
 */
#include <linux/dma-buf.h>
#include <linux/fcntl.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "daedalus.h"

/* Workers let go within milliseconds, clients when they like: ever less often. */
#define DAEDALUS_LOOK_FIRST max(HZ / 100, 1)
#define DAEDALUS_LOOK_LAST HZ

/* In dev->lingering, dev->lock; owned by it until daedalus_linger_reap() takes it. */
struct daedalus_linger {
	struct list_head node;
	struct daedalus_user *user; /* stays while this does */
	struct dma_buf *dbuf;       /* keeps the memory, and mem_priv */
	const struct vb2_mem_ops *mem_ops;
	void *mem_priv;
	u64 bytes;
};

static bool daedalus_linger_is_last(const struct daedalus_linger *linger)
{
	return linger->mem_ops->num_users(linger->mem_priv) == 1;
}

static void daedalus_look_soon(struct daedalus_dev *dev)
{
	lockdep_assert_held(&dev->lock);
	if (dev->look_after == DAEDALUS_LOOK_FIRST) {
		queue_delayed_work(system_freezable_wq, &dev->reaper,
				   dev->look_after);
	} else {
		dev->look_after = DAEDALUS_LOOK_FIRST;
		mod_delayed_work(system_freezable_wq, &dev->reaper,
				 dev->look_after);
	}
}

/*
 * What nobody else has any more is freed; all of it if the driver goes, for there is
 * nothing to count against then. Also for a user who is short of memory.
 */
void daedalus_linger_reap(struct daedalus_dev *dev)
{
	struct daedalus_linger *linger, *next;
	LIST_HEAD(freed);

	mutex_lock(&dev->lock);
	list_for_each_entry_safe(linger, next, &dev->lingering, node) {
		if (!dev->gone && !daedalus_linger_is_last(linger))
			continue;
		daedalus_user_uncharge(linger->user, linger->bytes);
		daedalus_user_release(linger->user);
		list_move_tail(&linger->node, &freed);
	}
	if (!list_empty(&dev->lingering)) {
		dev->look_after = min_t(unsigned long, 2 * dev->look_after,
					DAEDALUS_LOOK_LAST);
		queue_delayed_work(system_freezable_wq, &dev->reaper,
				   dev->look_after);
	}
	mutex_unlock(&dev->lock);

	list_for_each_entry_safe(linger, next, &freed, node) {
		dma_buf_put(linger->dbuf);
		kfree(linger);
	}
}

static void daedalus_linger_work(struct work_struct *work)
{
	daedalus_linger_reap(container_of(to_delayed_work(work),
					  struct daedalus_dev, reaper));
}

void daedalus_linger_init(struct daedalus_dev *dev)
{
	INIT_LIST_HEAD(&dev->lingering);
	dev->look_after = DAEDALUS_LOOK_FIRST;
	INIT_DELAYED_WORK(&dev->reaper, daedalus_linger_work);
}

/* The driver goes; dev->gone is set, so nothing is added any more. */
void daedalus_linger_end(struct daedalus_dev *dev)
{
	cancel_delayed_work_sync(&dev->reaper);
	daedalus_linger_reap(dev);
}

static struct daedalus_linger *daedalus_linger_create(struct vb2_buffer *vb,
						      unsigned int plane)
{
	const struct vb2_mem_ops *mem_ops = vb->vb2_queue->mem_ops;
	void *mem_priv = vb->planes[plane].mem_priv;
	struct daedalus_linger *linger;
	struct dma_buf *dbuf;

	linger = kzalloc(sizeof(*linger), GFP_KERNEL);
	if (!linger)
		return NULL;
	dbuf = mem_ops->get_dmabuf(vb, mem_priv, O_RDONLY);
	if (IS_ERR_OR_NULL(dbuf)) {
		kfree(linger);
		return NULL;
	}
	linger->dbuf = dbuf;
	linger->mem_ops = mem_ops;
	linger->mem_priv = mem_priv;
	linger->bytes = daedalus_plane_bytes(vb, plane);
	return linger;
}

/*
 * A plane is about to be freed. Does its charge stay, because others have it? Where the
 * kernel can't remember it, for want of memory or files, it does not: who brings that
 * about gets on by the buffers of one file each time, and is out of memory itself.
 */
static bool daedalus_linger_plane(struct daedalus_dev *dev,
				  struct daedalus_user *user,
				  struct vb2_buffer *vb, unsigned int plane)
{
	const struct vb2_mem_ops *mem_ops = vb->vb2_queue->mem_ops;
	struct daedalus_linger *linger;
	bool stays;

	if (mem_ops->num_users(vb->planes[plane].mem_priv) <= 1)
		return false;
	linger = daedalus_linger_create(vb, plane);
	if (!linger)
		return false;

	mutex_lock(&dev->lock);
	stays = !dev->gone;
	if (stays) {
		daedalus_user_hold(user);
		linger->user = user;
		list_add_tail(&linger->node, &dev->lingering);
		daedalus_look_soon(dev);
	}
	mutex_unlock(&dev->lock);
	if (!stays) {
		dma_buf_put(linger->dbuf);
		kfree(linger);
	}
	return stays;
}

/*
 * A buffer that the module allocated is about to be freed. Returns how many bytes of
 * it stay charged.
 */
u64 daedalus_linger(struct daedalus_dev *dev, struct daedalus_user *user,
		    struct vb2_buffer *vb)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < vb->num_planes; i++)
		if (daedalus_linger_plane(dev, user, vb, i))
			bytes += daedalus_plane_bytes(vb, i);
	return bytes;
}
