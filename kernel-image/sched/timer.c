// What comes with time: the ends of sleeps and of turns. As long as tasks compete for the processor the timer ticks; else it interrupts once,
// for the next sleeper, or not at all. Each processor has its own timer and its own
// sleepers; without the APICs there is one of both.
#include "drivers/clock.h"
#include "drivers/timer.h"
#include "lib/random.h"
#include "sched/sched.h"
#include "x86_64/cpu.h"

void task_sleep(uint64_t nanos)
{
    struct task *task = current_task();
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    if (!task->killed) {
        task->wake_time = clock_nanos() + nanos;
        struct task **place = &this_cpu()->timer.sleepers;
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
    struct task **place = &cpus[task->cpu].timer.sleepers;
    while (*place != task) {
        place = &(*place)->next;
    }
    *place = task->next;
    sched_make_ready(task);
}

static bool wake_sleepers(const struct cpu_timer *timer)
{
    bool woken = false;
    while (timer->sleepers != NULL && timer->sleepers->wake_time <= clock_nanos()) {
        sched_end_sleep(timer->sleepers);
        woken = true;
    }
    return woken;
}

void sched_tick(void)
{
    struct cpu_timer *timer = &this_cpu()->timer;
    if (timer->mode != TIMER_TICKS) {
        timer->mode = TIMER_TICKS;
        timer_start_ticks();
    }
}

// Programming the timer takes long: it is not done for what is done already.
static void stop_ticks(struct cpu_timer *timer)
{
    if (timer->sleepers == NULL) {
        if (timer->mode != TIMER_OFF) {
            timer->mode = TIMER_OFF;
            timer_stop();
        }
    } else if (timer->mode != TIMER_ONCE || timer->alarm != timer->sleepers->wake_time) {
        timer->mode = TIMER_ONCE;
        timer->alarm = timer->sleepers->wake_time;
        uint64_t now = clock_nanos();
        timer_start_once(timer->alarm > now ? timer->alarm - now : 0);
    }
}

static bool is_prepared(const struct cpu_timer *timer)
{
    return timer->sleepers == NULL ? timer->mode == TIMER_OFF : timer->mode == TIMER_ONCE && timer->alarm == timer->sleepers->wake_time;
}

// With several processors the lock is much asked for, and many interrupts bring nothing to run: whoever makes a task ready sees, with the lock,
// that this processor is idle, and interrupts it.
bool sched_prepare_idle(void)
{
    struct cpu *cpu = this_cpu();
    if (cpu_count > 1 && is_prepared(&cpu->timer) && !sched_anything_waits()) {
        return true;
    }
    spin_lock(&sched_lock);
    bool nothing_to_run = cpu->run_queue.first == NULL && !sched_pull();
    if (nothing_to_run) {
        stop_ticks(&cpu->timer);
    }
    spin_unlock(&sched_lock);
    return nothing_to_run;
}

// Idle looks for itself whether there is something to run.
static bool handle_timer(void)
{
    struct cpu *cpu = this_cpu();
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    bool woken = wake_sleepers(&cpu->timer);
    bool turn_is_over = cpu->current != cpu->idle && cpu->run_queue.first != NULL;
    if (turn_is_over) {
        cpu->need_resched = true;
    }
    bool ticks = cpu->timer.mode == TIMER_TICKS;
    if (!ticks) {
        cpu->timer.mode = TIMER_OFF; // it has come
        stop_ticks(&cpu->timer);
    }
    spin_unlock_irqrestore(&sched_lock, flags);
    random_stir(clock_nanos());
    return woken || turn_is_over || !ticks;
}

void sched_timer_init(void)
{
    timer_stop();
    timer_set_handler(handle_timer);
}
