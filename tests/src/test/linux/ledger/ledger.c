// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module with a lock that its timer's handler and its thread take. By default the thread leaves interrupts on
 * while it holds the lock, which is the bug; with safe=1 it turns them off.
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/spinlock.h>

static bool safe;
module_param(safe, bool, 0444);

static unsigned int rounds = 2000;
module_param(rounds, uint, 0444);

static DEFINE_SPINLOCK(ledger_lock);
static unsigned long ledger_total;
static unsigned long ledger_ticks;
static unsigned int ledger_last;
static struct hrtimer ledger_timer;
static DECLARE_COMPLETION(ledger_done);

static noinline enum hrtimer_restart ledger_tick(struct hrtimer *timer)
{
	spin_lock(&ledger_lock);
	ledger_ticks++;
	ledger_total += 3;
	spin_unlock(&ledger_lock);
	hrtimer_forward_now(timer, ms_to_ktime(1));
	return HRTIMER_RESTART;
}

static noinline void ledger_post(unsigned int amount)
{
	unsigned long flags;

	if (safe)
		spin_lock_irqsave(&ledger_lock, flags);
	else
		spin_lock(&ledger_lock);
	ledger_total += amount;
	if (safe)
		spin_unlock_irqrestore(&ledger_lock, flags);
	else
		spin_unlock(&ledger_lock);
	/* Behind the unlock, which would be a jump otherwise, and leave no caller on the stack. */
	WRITE_ONCE(ledger_last, amount);
}

static int ledger_thread(void *unused)
{
	unsigned int round, busy;

	for (round = 0; round < rounds; round++) {
		for (busy = 0; busy < 500; busy++)
			cpu_relax();
		ledger_post(round);
	}
	complete(&ledger_done);
	return 0;
}

static int __init ledger_init(void)
{
	struct task_struct *thread;

	hrtimer_init(&ledger_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	ledger_timer.function = ledger_tick;
	hrtimer_start(&ledger_timer, ms_to_ktime(1), HRTIMER_MODE_REL_HARD);
	thread = kthread_run(ledger_thread, NULL, "ledger");
	if (IS_ERR(thread)) {
		hrtimer_cancel(&ledger_timer);
		return PTR_ERR(thread);
	}
	wait_for_completion(&ledger_done);
	hrtimer_cancel(&ledger_timer);
	pr_info("ledger: %u rounds\n", rounds);
	return 0;
}

static void __exit ledger_exit(void)
{
}

module_init(ledger_init);
module_exit(ledger_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A lock taken in an interrupt, and with interrupts on");
