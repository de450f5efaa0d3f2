// What comes with time: the ends of sleeps and of turns. As long as tasks compete for the processor the timer ticks; else it interrupts once,
// for the next sleeper, or not at all. There is one timer, and it interrupts the boot processor.
#include "drivers/clock.h"
#include "drivers/timer.h"
#include "lib/random.h"
#include "sched/sched.h"
#include "x86_64/cpu.h"

// The scheduler's lock guards all of these.
static struct task *sleepers; // the next to wake first
static enum { TIMER_OFF, TIMER_ONCE, TIMER_TICKS } timer;
static uint64_t alarm; // TIMER_ONCE: for what time

void task_sleep(uint64_t nanos)
{
    struct task *task = current_task();
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    if (!task->killed) {
        task->wake_time = clock_nanos() + nanos;
        struct task **place = &sleepers;
        while (*place != NULL && (*place)->wake_time <= task->wake_time) {
            place = &(*place)->next;
        }
        task->next = *place;
        *place = task;
        task->state = TASK_SLEEPING;
        sched_block();
    }
    spin_unlock_irqrestore(&sched_lock, flags);
}

void sched_end_sleep(struct task *task)
{
    struct task **place = &sleepers;
    while (*place != task) {
        place = &(*place)->next;
    }
    *place = task->next;
    sched_make_ready(task);
}

static bool wake_sleepers(void)
{
    bool woken = false;
    while (sleepers != NULL && sleepers->wake_time <= clock_nanos()) {
        sched_end_sleep(sleepers);
        woken = true;
    }
    return woken;
}

void sched_tick(void)
{
    if (timer != TIMER_TICKS) {
        timer = TIMER_TICKS;
        timer_start_ticks();
    }
}

// Programming the timer takes long: it is not done for what is done already.
static void stop_ticks(void)
{
    if (sleepers == NULL) {
        if (timer != TIMER_OFF) {
            timer = TIMER_OFF;
            timer_stop();
        }
    } else if (timer != TIMER_ONCE || alarm != sleepers->wake_time) {
        timer = TIMER_ONCE;
        alarm = sleepers->wake_time;
        uint64_t now = clock_nanos();
        timer_start_once(alarm > now ? alarm - now : 0);
    }
}

bool sched_prepare_idle(void)
{
    spin_lock(&sched_lock);
    bool nothing_to_run = this_cpu()->run_queue.first == NULL;
    if (nothing_to_run) {
        stop_ticks();
    }
    spin_unlock(&sched_lock);
    return nothing_to_run;
}

// Idle looks for itself whether there is something to run.
static bool handle_timer(void)
{
    struct cpu *cpu = this_cpu();
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    bool woken = wake_sleepers();
    bool turn_is_over = cpu->current != cpu->idle && cpu->run_queue.first != NULL;
    if (turn_is_over) {
        cpu->need_resched = true;
    }
    if (timer != TIMER_TICKS) {
        timer = TIMER_OFF; // it has come
        stop_ticks();
    }
    spin_unlock_irqrestore(&sched_lock, flags);
    random_stir(clock_nanos());
    return woken || turn_is_over || timer != TIMER_TICKS;
}

void sched_timer_init(void)
{
    timer_stop();
    timer_set_handler(handle_timer);
}
