#include "ipc/rendezvous.h"

#include "abi/errors.h"
#include "lib/trace.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "x86_64/cpu.h"

// All of these have the scheduler's lock held.

static struct task *find(uint64_t id)
{
    for (size_t i = 0; i < MAX_TASKS; i++) {
        if (tasks[i].id == id && tasks[i].state != TASK_FREE && tasks[i].state != TASK_EXITED) {
            return &tasks[i];
        }
    }
    return NULL;
}

static void copy_message(struct message *to, const struct message *from)
{
    to->size = from->size;
    to->handle_count = 0;
    memcpy(to->data, from->data, from->size);
}

static int64_t wait_as(enum task_state state)
{
    struct task *self = current_task();
    self->state = state;
    sched_block();
    return self->rendezvous.result;
}

static void end_wait(struct task *task, int64_t result)
{
    task->rendezvous.calls = false;
    task->rendezvous.result = result;
    sched_make_ready(task);
}

static bool receives_from(const struct task *receiver, const struct task *sender)
{
    return receiver->state == TASK_RECV_BLOCKED && (receiver->rendezvous.partner == NULL || receiver->rendezvous.partner == sender);
}

// The sender that has waited longest, of all or of one, taken out of the queue.
static struct task *take_sender(struct task *self, const struct task *from)
{
    for (struct task *sender = self->rendezvous.senders.first; sender != NULL; sender = sender->next) {
        if (from == NULL || sender == from) {
            task_queue_remove(&self->rendezvous.senders, sender);
            return sender;
        }
    }
    return NULL;
}

static int64_t send(uint64_t to, struct message *message, bool calls)
{
    struct task *self = current_task();
    struct task *receiver = find(to);
    if (self->killed) {
        return -ERROR_KILLED;
    }
    if (receiver == NULL) {
        return -ERROR_NO_TASK;
    }
    if (receiver == self || message->size > MESSAGE_SIZE) {
        return -ERROR_BAD_ARGUMENT;
    }
    self->rendezvous.message = message;
    self->rendezvous.partner = receiver;
    self->rendezvous.calls = calls;
    if (receives_from(receiver, self)) {
        copy_message(receiver->rendezvous.message, message);
        end_wait(receiver, (int64_t)self->id);
        if (!calls) {
            return 0;
        }
#ifdef VARIANT_PREEMPT_IN_REPLY
        spin_unlock(&sched_lock);
        interrupts_on();
        trace(TRACE_SYSCALL, self->id, receiver->id);
        interrupts_off();
        spin_lock(&sched_lock);
#endif
        return wait_as(TASK_REPLY_BLOCKED);
    }
    // Who receives the call of a blocked sender makes it wait for the reply: it does not run in between.
    task_queue_put(&receiver->rendezvous.senders, self);
    int64_t result = wait_as(TASK_SEND_BLOCKED);
#ifdef VARIANT_RECV_WAKES_CALLER
    if (calls && result == 0) {
        result = wait_as(TASK_REPLY_BLOCKED);
    }
#endif
    return result;
}

static int64_t receive(uint64_t from, struct message *message)
{
    struct task *self = current_task();
    struct task *partner = from == FROM_ANYBODY ? NULL : find(from);
    if (self->killed) {
        return -ERROR_KILLED;
    }
    if (from != FROM_ANYBODY && (partner == NULL || partner == self)) {
        return -ERROR_NO_TASK;
    }
    struct task *sender = take_sender(self, partner);
    if (sender == NULL) {
        self->rendezvous.message = message;
        self->rendezvous.partner = partner;
        return wait_as(TASK_RECV_BLOCKED);
    }
    copy_message(message, sender->rendezvous.message);
#ifndef VARIANT_RECV_WAKES_CALLER
    if (sender->rendezvous.calls) {
        sender->state = TASK_REPLY_BLOCKED;
        return (int64_t)sender->id;
    }
#endif
    end_wait(sender, 0);
    return (int64_t)sender->id;
}

static int64_t reply(uint64_t to, const struct message *message)
{
    struct task *caller = find(to);
    if (caller == NULL) {
        return -ERROR_NO_TASK;
    }
    if (message->size > MESSAGE_SIZE) {
        return -ERROR_BAD_ARGUMENT;
    }
#ifdef VARIANT_PREEMPT_IN_REPLY
    // It does not sleep yet: there is nobody to wake.
    if (caller->state == TASK_READY && caller->rendezvous.calls && caller->rendezvous.partner == current_task()) {
        copy_message(caller->rendezvous.message, message);
        caller->rendezvous.calls = false;
        return 0;
    }
#endif
    if (caller->state != TASK_REPLY_BLOCKED || caller->rendezvous.partner != current_task()) {
        return -ERROR_NOT_WAITING;
    }
    copy_message(caller->rendezvous.message, message);
    end_wait(caller, 0);
    return 0;
}

void rendezvous_interrupt(struct task *task)
{
    if (task->state == TASK_SEND_BLOCKED) {
        task_queue_remove(&task->rendezvous.partner->rendezvous.senders, task);
    }
    end_wait(task, -ERROR_KILLED);
}

void rendezvous_exit(struct task *task)
{
    for (struct task *sender; (sender = task_queue_take(&task->rendezvous.senders)) != NULL;) {
        end_wait(sender, -ERROR_NO_TASK);
    }
    for (size_t i = 0; i < MAX_TASKS; i++) {
        bool waits = tasks[i].state == TASK_REPLY_BLOCKED || tasks[i].state == TASK_RECV_BLOCKED;
        if (waits && tasks[i].rendezvous.partner == task) {
            end_wait(&tasks[i], -ERROR_NO_TASK);
        }
    }
}

// And these take it.

int64_t rendezvous_send(uint64_t to, struct message *message)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    int64_t result = send(to, message, false);
    spin_unlock_irqrestore(&sched_lock, flags);
    return result;
}

int64_t rendezvous_receive(uint64_t from, struct message *message)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    int64_t result = receive(from, message);
    spin_unlock_irqrestore(&sched_lock, flags);
    return result;
}

int64_t rendezvous_call(uint64_t to, struct message *message)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    int64_t result = send(to, message, true);
    spin_unlock_irqrestore(&sched_lock, flags);
    return result;
}

int64_t rendezvous_reply(uint64_t to, const struct message *message)
{
    uint64_t flags = spin_lock_irqsave(&sched_lock);
    int64_t result = reply(to, message);
    spin_unlock_irqrestore(&sched_lock, flags);
    return result;
}
