// The system call: from what a program says to a plan that holds nothing of the program's memory but the file.
#include "abi/errors.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "proc/archive.h"
#include "proc/spawn.h"
#include "proc/user_memory.h"

// Of the caller's table. What was taken out may come back.
struct handed {
    uint32_t handle;
    bool taken;
    struct capability capability;
};

struct request {
    struct spawn spawn;
    struct spawn_plan plan;
    size_t handed_count;
    struct handed handed[MAX_SPAWN_HANDLES + MAX_SPAWN_NAMES];
};

static struct handle_table *handles(void)
{
    return &current_process()->handles;
}

// A capability of the new process's own for one of the caller's.
static int64_t hand(struct request *request, uint32_t handle, struct capability *own)
{
    struct handed *handed = &request->handed[request->handed_count];
    *handed = (struct handed){.handle = handle & ~MESSAGE_COPY, .taken = (handle & MESSAGE_COPY) == 0};
    int64_t error = handed->taken ? handle_take(handles(), handed->handle, &handed->capability)
                                  : handle_copy(handles(), handed->handle, &handed->capability);
    if (error == 0) {
        request->handed_count++;
        *own = capability_to(handed->capability.object, handed->capability.rights);
    }
    return error;
}

// What was handed over is the new process's, or goes back.
static void settle(struct request *request, bool started)
{
    for (size_t i = 0; i < request->handed_count; i++) {
        const struct handed *handed = &request->handed[i];
        if (handed->taken && !started) {
            handle_restore(handles(), handed->handle, handed->capability);
            continue;
        }
        if (handed->taken) {
            handle_free(handles(), handed->handle);
        }
        capability_put(handed->capability);
    }
    if (!started) {
        for (size_t i = 0; i < request->plan.handle_count; i++) {
            capability_put(request->plan.handles[i]);
        }
        namespace_close(&request->plan.namespace);
    }
}

static int64_t copy_strings(struct spawn_plan *plan, const char *from, size_t size)
{
    size_t used = plan->arguments_size + plan->environment_size;
    if (size > MAX_SPAWN_STRINGS - used) {
        return -ERROR_TOO_LONG;
    }
    int64_t error = copy_from_user(plan->strings + used, (virt_addr)from, size);
    if (error != 0) {
        return error;
    }
    return size == 0 || plan->strings[used + size - 1] == '\0' ? 0 : -ERROR_BAD_ARGUMENT;
}

static int64_t plan_strings(struct spawn_plan *plan, const struct spawn *spawn)
{
    int64_t length = copy_string_from_user(plan->name, (virt_addr)spawn->name, sizeof plan->name);
    if (length <= 0) {
        return length < 0 ? length : -ERROR_BAD_ARGUMENT;
    }
    int64_t error = copy_strings(plan, spawn->arguments, spawn->arguments_size);
    if (error == 0) {
        plan->arguments_size = spawn->arguments_size;
        error = copy_strings(plan, spawn->environment, spawn->environment_size);
        plan->environment_size = spawn->environment_size;
    }
    return error;
}

static int64_t plan_file(struct spawn_plan *plan, const struct spawn *spawn)
{
    if (spawn->image != NULL) {
        plan->file = (struct program_file){.bytes = spawn->image, .size = spawn->image_size, .is_of_program = true};
        return spawn->image_size <= MAX_PROGRAM_SIZE ? 0 : -ERROR_TOO_LONG;
    }
    char path[MAX_ARCHIVE_PATH];
    int64_t length = copy_string_from_user(path, (virt_addr)spawn->path, sizeof path);
    return length < 0 ? length : archive_program(path, &plan->file);
}

static int64_t plan_handles(struct request *request)
{
    const struct spawn *spawn = &request->spawn;
    uint32_t numbers[MAX_SPAWN_HANDLES];
    if (spawn->handle_count > MAX_SPAWN_HANDLES) {
        return -ERROR_TOO_LONG;
    }
    int64_t error = copy_from_user(numbers, (virt_addr)spawn->handles, spawn->handle_count * sizeof numbers[0]);
    for (size_t i = 0; error == 0 && i < spawn->handle_count; i++) {
        error = hand(request, numbers[i], &request->plan.handles[i]);
        request->plan.handle_count += error == 0;
    }
    return error;
}

static int64_t plan_name(struct request *request, const struct spawn_name *name)
{
    if (memchr(name->name, '\0', NAME_SIZE) == NULL || name->name[0] == '\0') {
        return -ERROR_BAD_ARGUMENT;
    }
    namespace_remove(&request->plan.namespace, name->name);
    if (name->removes != 0) {
        return 0;
    }
    struct capability own;
    int64_t error = hand(request, name->handle, &own);
    if (error == 0) {
        error = namespace_bind(&request->plan.namespace, name->name, own);
        if (error != 0) {
            capability_put(own);
        }
    }
    return error;
}

static int64_t plan_names(struct request *request)
{
    const struct spawn *spawn = &request->spawn;
    struct spawn_name names[MAX_SPAWN_NAMES];
    if (spawn->name_count > MAX_SPAWN_NAMES) {
        return -ERROR_TOO_LONG;
    }
    namespace_inherit(&request->plan.namespace, &current_process()->namespace);
    int64_t error = copy_from_user(names, (virt_addr)spawn->names, spawn->name_count * sizeof names[0]);
    for (size_t i = 0; error == 0 && i < spawn->name_count; i++) {
        error = plan_name(request, &names[i]);
    }
    return error;
}

int64_t sys_spawn(const uint64_t argument[])
{
    struct request *request = kcalloc(1, sizeof *request);
    if (request == NULL) {
        return -ERROR_NO_MEMORY;
    }
    int64_t result = copy_from_user(&request->spawn, argument[0], sizeof request->spawn);
    if (result == 0) {
        result = plan_strings(&request->plan, &request->spawn);
    }
    if (result == 0) {
        result = plan_file(&request->plan, &request->spawn);
    }
    if (result == 0) {
        result = plan_handles(request);
    }
    if (result == 0) {
        result = plan_names(request);
    }
    if (result == 0) {
        result = spawn(&request->plan, current_process());
    }
    settle(request, result > 0);
    kfree(request);
    return result;
}

int64_t sys_name_lookup(const uint64_t argument[])
{
    char name[NAME_SIZE];
    int64_t length = copy_string_from_user(name, argument[0], sizeof name);
    if (length < 0) {
        return length;
    }
    struct capability bound = namespace_find(&current_process()->namespace, name);
    if (bound.object == NULL) {
        return -ERROR_NOT_FOUND;
    }
    struct capability own = capability_to(bound.object, bound.rights);
    int64_t handle = handle_insert(handles(), own);
    if (handle < 0) {
        capability_put(own);
    }
    return handle;
}
