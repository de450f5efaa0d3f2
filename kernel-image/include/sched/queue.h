// Lists of tasks, first in, first out, linked through the tasks themselves.
#pragma once

#include "types.h"

struct task;

struct task_queue {
    struct task *first;
    struct task *last;
};

void task_queue_put(struct task_queue *queue, struct task *task);

// The task that was put first, taken out of the queue; NULL if there is none.
struct task *task_queue_take(struct task_queue *queue);

// Takes a task out, wherever in the queue it is.
void task_queue_remove(struct task_queue *queue, struct task *task);
