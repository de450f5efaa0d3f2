#include "sched/queue.h"

#include "lib/panic.h"
#include "sched/task.h"

void task_queue_put(struct task_queue *queue, struct task *task)
{
    task->next = NULL;
    if (queue->first == NULL) {
        queue->first = task;
    } else {
        queue->last->next = task;
    }
    queue->last = task;
}

struct task *task_queue_take(struct task_queue *queue)
{
    struct task *task = queue->first;
    if (task != NULL) {
        queue->first = task->next;
        task->next = NULL;
    }
    return task;
}

void task_queue_remove(struct task_queue *queue, struct task *task)
{
    struct task *before = NULL;
    struct task *at = queue->first;
    for (; at != NULL && at != task; at = at->next) {
        before = at;
    }
    ASSERT(at == task);
    if (before == NULL) {
        queue->first = task->next;
    } else {
        before->next = task->next;
    }
    if (queue->last == task) {
        queue->last = before;
    }
    task->next = NULL;
}
