// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform device and driver: brings the bridge, the video nodes and the
 * media device up in an order that is taken down backwards.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "daedalus-compat.h"
#include "daedalus.h"

#define CREATE_TRACE_POINTS
#include "daedalus_trace.h"

#define DAEDALUS_RELEASE_DELAY_MS 20

/* Clients of stateful decoders open number 10, or the first that they find. */
static bool stateful = true;
module_param(stateful, bool, 0444);
MODULE_PARM_DESC(stateful, "have a stateful decoder node (default Y)");

static int stateful_nr = 10;
module_param(stateful_nr, int, 0444);
MODULE_PARM_DESC(stateful_nr,
		 "lowest number the stateful node may get (default 10)");

static bool stateless = true;
module_param(stateless, bool, 0444);
MODULE_PARM_DESC(stateless, "have a stateless decoder node (default Y)");

static int video_nr = 11;
module_param(video_nr, int, 0444);
MODULE_PARM_DESC(video_nr,
		 "lowest number the stateless node may get (default 11)");

static uint job_timeout_ms = 900;
module_param(job_timeout_ms, uint, 0444);
MODULE_PARM_DESC(job_timeout_ms,
		 "ms after which an unanswered request fails, until a daemon says otherwise (default 900)");

/* Where devices end; drained before this code goes. */
static struct workqueue_struct *daedalus_release_wq;

/*
 * The last reference may be that of a request, and some kernels count that one
 * down in the media device after it was freed: it is left in peace for a moment.
 */
static void daedalus_dev_free(struct work_struct *work)
{
	struct daedalus_dev *dev =
		container_of(work, struct daedalus_dev, release);

	msleep(DAEDALUS_RELEASE_DELAY_MS);
	daedalus_media_cleanup(dev);
	mutex_destroy(&dev->lock);
	put_device(dev->dev);
	kfree(dev);
}

static void daedalus_dev_end(struct kref *ref)
{
	struct daedalus_dev *dev = container_of(ref, struct daedalus_dev, ref);

	queue_work(daedalus_release_wq, &dev->release);
}

void daedalus_dev_get(struct daedalus_dev *dev)
{
	kref_get(&dev->ref);
}

void daedalus_dev_put(struct daedalus_dev *dev)
{
	kref_put(&dev->ref, daedalus_dev_end);
}

static struct daedalus_dev *daedalus_dev_create(struct device *parent)
{
	struct daedalus_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	dev->dev = parent;
	if (daedalus_media_init(dev)) {
		kfree(dev);
		return NULL;
	}
	kref_init(&dev->ref);
	INIT_WORK(&dev->release, daedalus_dev_free);
	get_device(parent);
	mutex_init(&dev->lock);
	INIT_LIST_HEAD(&dev->sessions);
	INIT_LIST_HEAD(&dev->waiting);
	INIT_LIST_HEAD(&dev->users);
	daedalus_linger_init(dev);
	init_waitqueue_head(&dev->control_wait);
	dev->job_timeout_ms = clamp(job_timeout_ms, 50U, 60000U);
	dev->max_sessions = 64;
	return dev;
}

static void daedalus_tell_node(struct daedalus_node *node)
{
	dev_info(node->dev->dev, "%s: %s decoder, version " DAEDALUS_VERSION
		 ", protocol %u\n", video_device_node_name(&node->vdev),
		 node->api->kind == DAEDALUS_SESSION_STATEFUL ? "stateful" :
								"stateless",
		 DAEDALUS_PROTO_VERSION);
}

/*
 * The stateful node comes first and has the lower number: its clients take the
 * first node that looks right, and some would take the stateless one.
 */
static int daedalus_register_nodes(struct daedalus_dev *dev)
{
	int nr = video_nr;
	int ret;

	if (!stateful && !stateless)
		return -ENODEV;
	if (stateful) {
		ret = daedalus_node_register(&dev->stateful, dev,
					     &daedalus_stateful_api,
					     stateful_nr);
		if (ret)
			return ret;
		daedalus_tell_node(&dev->stateful);
		nr = max(nr, dev->stateful.vdev.num + 1);
	}
	if (!stateless)
		return 0;
	ret = daedalus_node_register(&dev->stateless, dev,
				     &daedalus_stateless_api, nr);
	if (ret)
		return ret;
	daedalus_tell_node(&dev->stateless);
	return daedalus_media_register(dev);
}

static int daedalus_probe(struct platform_device *pdev)
{
	struct daedalus_dev *dev;
	int ret;

	/* Nothing here does DMA itself, but buffers are for devices that do. */
	ret = dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return ret;
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);

	dev = daedalus_dev_create(&pdev->dev);
	if (!dev)
		return -ENOMEM;

	ret = daedalus_bridge_register(dev);
	if (ret)
		goto put_dev;
	ret = daedalus_register_nodes(dev);
	if (ret)
		goto unregister_bridge;

	platform_set_drvdata(pdev, dev);
	return 0;

unregister_bridge:
	/* The nodes may have been open to everyone for a moment. */
	daedalus_bridge_unregister(dev);
	daedalus_node_unregister(&dev->stateless);
	daedalus_node_unregister(&dev->stateful);
	daedalus_linger_end(dev);
put_dev:
	daedalus_dev_put(dev);
	return ret;
}

/*
 * May run at any time, with clients and a daemon at work. First no new work
 * gets in, then what is under way fails, then the nodes go; open files keep
 * their memory and get ENODEV.
 */
static void daedalus_remove(struct platform_device *pdev)
{
	struct daedalus_dev *dev = platform_get_drvdata(pdev);

	daedalus_bridge_unregister(dev);
	if (dev->stateless.registered)
		daedalus_media_unregister(dev);
	daedalus_node_unregister(&dev->stateless);
	daedalus_node_unregister(&dev->stateful);
	daedalus_linger_end(dev);
	daedalus_dev_put(dev);
}

#ifdef DAEDALUS_REMOVE_RETURNS_INT
static int daedalus_remove_int(struct platform_device *pdev)
{
	daedalus_remove(pdev);
	return 0;
}
#endif

/*
 * The machine wakes up, and tasks are about to be thawed. Work items are before
 * them: the time in which no worker could run is none that it has taken.
 */
static void daedalus_pm_complete(struct device *device)
{
	struct daedalus_dev *dev = dev_get_drvdata(device);
	struct daedalus_session *s;

	if (!dev)
		return;
	mutex_lock(&dev->lock);
	list_for_each_entry(s, &dev->sessions, node) {
		mutex_lock(&s->lock);
		s->progress = ktime_get();
		mutex_unlock(&s->lock);
	}
	mutex_unlock(&dev->lock);
}

static const struct dev_pm_ops daedalus_pm_ops = {
	.complete = pm_sleep_ptr(daedalus_pm_complete),
};

static struct platform_driver daedalus_driver = {
	.probe = daedalus_probe,
	DAEDALUS_REMOVE(daedalus_remove),
	.driver = {
		.name = DAEDALUS_NAME,
		.dev_groups = daedalus_sysfs_groups,
		.pm = pm_sleep_ptr(&daedalus_pm_ops),
	},
};

static struct platform_device *daedalus_pdev;

static int __init daedalus_init(void)
{
	/*
	 * Allocated, not static: exported buffers keep the device alive, and
	 * may do so for longer than the module is loaded.
	 */
	static const struct platform_device_info info = {
		.name = DAEDALUS_NAME,
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(64),
	};
	int ret;

	daedalus_mem_ops_init();
	daedalus_release_wq = alloc_workqueue(DAEDALUS_NAME, WQ_UNBOUND, 0);
	if (!daedalus_release_wq)
		return -ENOMEM;
	ret = platform_driver_register(&daedalus_driver);
	if (ret)
		goto destroy_wq;
	daedalus_pdev = platform_device_register_full(&info);
	if (IS_ERR(daedalus_pdev)) {
		ret = PTR_ERR(daedalus_pdev);
		goto unregister_driver;
	}
	return 0;

unregister_driver:
	platform_driver_unregister(&daedalus_driver);
destroy_wq:
	destroy_workqueue(daedalus_release_wq);
	return ret;
}

static void __exit daedalus_exit(void)
{
	platform_device_unregister(daedalus_pdev);
	platform_driver_unregister(&daedalus_driver);
	destroy_workqueue(daedalus_release_wq);
}

module_init(daedalus_init);
module_exit(daedalus_exit);

MODULE_DESCRIPTION("V4L2 decoders served by a userspace daemon");
MODULE_AUTHOR("The daedalus-v4l2 project");
MODULE_LICENSE("GPL");
MODULE_VERSION(DAEDALUS_VERSION);
MODULE_INFO(daedalus_proto, __stringify(DAEDALUS_PROTO_VERSION));
MODULE_ALIAS("platform:" DAEDALUS_NAME);
DAEDALUS_IMPORT_NS_DMA_BUF;
