// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform device and driver: brings the media device, the video node and
 * the bridge up in an order that is taken down backwards.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "daedalus-compat.h"
#include "daedalus.h"

#define CREATE_TRACE_POINTS
#include "daedalus_trace.h"

/* Above 10: the number that clients of stateful decoders look for. */
static int video_nr = 11;
module_param(video_nr, int, 0444);
MODULE_PARM_DESC(video_nr, "lowest number the video node may get (default 11)");

static uint job_timeout_ms = 900;
module_param(job_timeout_ms, uint, 0444);
MODULE_PARM_DESC(job_timeout_ms,
		 "ms after which an unanswered request fails, until a daemon says otherwise (default 900)");

static void daedalus_dev_free(struct kref *ref)
{
	struct daedalus_dev *dev = container_of(ref, struct daedalus_dev, ref);

	mutex_destroy(&dev->lock);
	put_device(dev->dev);
	kfree(dev);
}

void daedalus_dev_get(struct daedalus_dev *dev)
{
	kref_get(&dev->ref);
}

void daedalus_dev_put(struct daedalus_dev *dev)
{
	kref_put(&dev->ref, daedalus_dev_free);
}

static struct daedalus_dev *daedalus_dev_create(struct device *parent)
{
	struct daedalus_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	kref_init(&dev->ref);
	dev->dev = get_device(parent);
	mutex_init(&dev->lock);
	INIT_LIST_HEAD(&dev->sessions);
	INIT_LIST_HEAD(&dev->waiting);
	init_waitqueue_head(&dev->control_wait);
	dev->job_timeout_ms = clamp(job_timeout_ms, 50U, 60000U);
	dev->max_sessions = 64;
	return dev;
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

	ret = v4l2_device_register(&pdev->dev, &dev->v4l2_dev);
	if (ret)
		goto put_dev;
	ret = daedalus_media_init(dev);
	if (ret)
		goto unregister_v4l2;
	ret = daedalus_bridge_register(dev);
	if (ret)
		goto cleanup_media;
	ret = daedalus_video_register(dev, video_nr);
	if (ret) {
		daedalus_bridge_unregister(dev);
		goto put_dev;
	}
	ret = daedalus_media_register(dev);
	if (ret) {
		/* The node has been open to everyone for a moment. */
		daedalus_bridge_unregister(dev);
		video_unregister_device(&dev->vdev);
		goto put_dev;
	}

	platform_set_drvdata(pdev, dev);
	dev_info(dev->dev, "%s: stateless decoder, version " DAEDALUS_VERSION
		 ", protocol %u\n", video_device_node_name(&dev->vdev),
		 DAEDALUS_PROTO_VERSION);
	return 0;

cleanup_media:
	v4l2_m2m_release(dev->m2m_dev);
	media_device_cleanup(&dev->mdev);
unregister_v4l2:
	v4l2_device_unregister(&dev->v4l2_dev);
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
	daedalus_media_unregister(dev);
	video_unregister_device(&dev->vdev);
	daedalus_dev_put(dev);
}

#ifdef DAEDALUS_REMOVE_RETURNS_INT
static int daedalus_remove_int(struct platform_device *pdev)
{
	daedalus_remove(pdev);
	return 0;
}
#endif

static struct platform_driver daedalus_driver = {
	.probe = daedalus_probe,
	DAEDALUS_REMOVE(daedalus_remove),
	.driver = {
		.name = DAEDALUS_NAME,
		.dev_groups = daedalus_sysfs_groups,
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

	ret = platform_driver_register(&daedalus_driver);
	if (ret)
		return ret;
	daedalus_pdev = platform_device_register_full(&info);
	if (IS_ERR(daedalus_pdev)) {
		platform_driver_unregister(&daedalus_driver);
		return PTR_ERR(daedalus_pdev);
	}
	return 0;
}

static void __exit daedalus_exit(void)
{
	platform_device_unregister(daedalus_pdev);
	platform_driver_unregister(&daedalus_driver);
}

module_init(daedalus_init);
module_exit(daedalus_exit);

MODULE_DESCRIPTION("Stateless V4L2 decoder served by a userspace daemon");
MODULE_AUTHOR("The daedalus-v4l2 project");
MODULE_LICENSE("GPL");
MODULE_VERSION(DAEDALUS_VERSION);
MODULE_INFO(daedalus_proto, __stringify(DAEDALUS_PROTO_VERSION));
MODULE_ALIAS("platform:" DAEDALUS_NAME);
DAEDALUS_IMPORT_NS_DMA_BUF;
