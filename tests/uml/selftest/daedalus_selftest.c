// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does, on purpose, one of the wrongs that the test machine must notice.
 * Never part of the module; see tests/uml/selftest/run.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *wrong = "";
module_param(wrong, charp, 0444);
MODULE_PARM_DESC(wrong, "warn, use_after_free, sleep, deadlock, leak or hang");

static DEFINE_SPINLOCK(lock);
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void use_after_free(void)
{
	volatile char *memory = kmalloc(64, GFP_KERNEL);

	kfree((void *)memory);
	if (memory)
		pr_info("selftest: read %d\n", memory[3]);
}

static void sleep_in_atomic(void)
{
	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void deadlock(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void leak(void)
{
	int i;

	/* Several: a stale pointer on a stack may hide one of them. */
	for (i = 0; i < 8; i++)
		memset(kmalloc(192, GFP_KERNEL), i, 192);
}

static void hang(void)
{
	DECLARE_COMPLETION_ONSTACK(never);

	wait_for_completion(&never);
}

static int __init selftest_init(void)
{
	if (!strcmp(wrong, "warn"))
		WARN(1, "selftest\n");
	else if (!strcmp(wrong, "use_after_free"))
		use_after_free();
	else if (!strcmp(wrong, "sleep"))
		sleep_in_atomic();
	else if (!strcmp(wrong, "deadlock"))
		deadlock();
	else if (!strcmp(wrong, "leak"))
		leak();
	else if (!strcmp(wrong, "hang"))
		hang();
	else
		return -EINVAL;
	return 0;
}

static void __exit selftest_exit(void)
{
}

module_init(selftest_init);
module_exit(selftest_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Proof that the test machine notices what is wrong");
