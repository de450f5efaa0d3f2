// Capabilities to tasks: how the namespace of a process names servers. Who has one learns the id to send messages to.
#include "proc/process_calls.h"

#include "ipc/handles.h"
#include "mm/heap.h"
#include "proc/process.h"

struct task_reference {
    struct object object;
    uint64_t task;
};

static void destroy(struct object *object)
{
    kfree(object);
}

static const struct object_type task_reference_type = {.name = "task", .destroy = destroy};

int64_t sys_task_capability(const uint64_t argument[])
{
    (void)argument;
    struct task_reference *reference = kmalloc(sizeof *reference);
    if (reference == NULL) {
        return -ERROR_NO_MEMORY;
    }
    object_init(&reference->object, &task_reference_type);
    reference->task = current_task()->id;
    struct capability capability = capability_to(&reference->object, RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE);
    int64_t handle = handle_insert(&current_process()->handles, capability);
    if (handle < 0) {
        capability_put(capability);
    }
    object_put(&reference->object);
    return handle;
}

int64_t sys_task_of(const uint64_t argument[])
{
    struct object *object;
    int64_t error = handle_get(&current_process()->handles, argument[0], &task_reference_type, RIGHT_SEND, &object);
    if (error != 0) {
        return error;
    }
    int64_t task = (int64_t)((struct task_reference *)object)->task;
    object_put(object);
    return task;
}
