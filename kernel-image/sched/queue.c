#include "sched/queue.h"

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
