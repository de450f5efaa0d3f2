#include "proc/spawn.h"

#include "abi/errors.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "proc/archive.h"
#include "x86_64/layout.h"

#define STACK_ALIGNMENT 16
#define MAX_STRINGS (MAX_SPAWN_STRINGS / 2)

// A stack that grows downwards into memory that is not the current address space's.
struct stack_writer {
    struct address_space *space;
    virt_addr top;
};

static void push(struct stack_writer *writer, const void *bytes, size_t size)
{
    writer->top -= size;
    for (size_t done = 0; done < size;) {
        size_t rest_of_page = PAGE_SIZE - (writer->top + done) % PAGE_SIZE;
        size_t piece = size - done < rest_of_page ? size - done : rest_of_page;
        memcpy(address_space_at(writer->space, writer->top + done), (const char *)bytes + done, piece);
        done += piece;
    }
}

static void push_word(struct stack_writer *writer, uint64_t word)
{
    push(writer, &word, sizeof word);
}

static size_t count_strings(const char *strings, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += strings[i] == '\0';
    }
    return count;
}

// Pushes pointers to strings that follow each other, so that the first one comes to lie lowest, above them a null pointer.
static void push_pointers(struct stack_writer *writer, const char *strings, size_t size, virt_addr first)
{
    push_word(writer, 0);
    for (size_t end = size; end > 0;) {
        size_t start = end - 1;
        while (start > 0 && strings[start - 1] != '\0') {
            start--;
        }
        push_word(writer, first + start);
        end = start;
    }
}

// As the System V ABI has it (AMD64 supplement, 3.4.1): the number of arguments, pointers to them, a null pointer, pointers to the
// environment, a null pointer, and an empty auxiliary vector; above that the strings.
static virt_addr write_start(struct address_space *space, const struct spawn_plan *plan)
{
    struct stack_writer writer = {space, PROGRAM_STACK_TOP};
    const char *environment = plan->strings + plan->arguments_size;
    size_t arguments = count_strings(plan->strings, plan->arguments_size);
    size_t variables = count_strings(environment, plan->environment_size);

    push(&writer, plan->strings, plan->arguments_size + plan->environment_size);
    virt_addr strings = writer.top;
    size_t words = 1 + arguments + 1 + variables + 1 + 2;
    writer.top = ALIGN_DOWN(writer.top - words * sizeof(uint64_t), STACK_ALIGNMENT) + words * sizeof(uint64_t);
    push_word(&writer, 0);
    push_word(&writer, 0);
    push_pointers(&writer, environment, plan->environment_size, strings + plan->arguments_size);
    push_pointers(&writer, plan->strings, plan->arguments_size, strings);
    push_word(&writer, arguments);
    return writer.top;
}

// Below the stack nothing is ever mapped: the page under it is its guard.
static int64_t add_stack(struct address_space *space)
{
    for (virt_addr page = PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE; page < PROGRAM_STACK_TOP; page += PAGE_SIZE) {
        if (!address_space_add(space, page, PAGE_WRITE)) {
            return -ERROR_NO_MEMORY;
        }
    }
    return 0;
}

static int64_t fill(struct process *process, const struct spawn_plan *plan, virt_addr *entry, virt_addr *stack)
{
    struct loaded_program loaded;
    int64_t error = elf_load(&process->space, &plan->file, &loaded);
    if (error == 0) {
        error = add_stack(&process->space);
    }
    if (error == 0) {
        process->heap_start = loaded.end;
        process->heap_end = loaded.end;
        *entry = loaded.entry;
        *stack = write_start(&process->space, plan);
    }
    return error;
}

// The capabilities go over when nothing can fail any more but the task.
static void hand_over(struct process *process, struct spawn_plan *plan)
{
    for (size_t i = 0; i < plan->handle_count; i++) {
        handle_insert(&process->handles, plan->handles[i]);
    }
    process->namespace = plan->namespace;
}

static void take_back(struct process *process)
{
    process->namespace.count = 0;
    handle_table_init(&process->handles);
}

int64_t spawn(struct spawn_plan *plan, struct process *parent)
{
    struct process *process;
    int64_t error = process_create(plan->name, parent, &process);
    if (error != 0) {
        return error;
    }
    virt_addr entry, stack;
    uint64_t task;
    error = fill(process, plan, &entry, &stack);
    if (error == 0) {
        hand_over(process, plan);
        int64_t id = process_start_task(process, entry, stack, 0, &task);
        if (id > 0) {
            return id;
        }
        error = id;
        take_back(process);
    }
    process_discard(process);
    return error;
}

int64_t archive_program(const char *path, struct program_file *file)
{
    struct cpio_file found;
    if (!archive_find(path, &found)) {
        return -ERROR_NOT_FOUND;
    }
    *file = (struct program_file){.bytes = found.data, .size = found.size};
    return 0;
}

int64_t spawn_from_archive(const char *path, const char *const arguments[])
{
    struct spawn_plan *plan = kcalloc(1, sizeof *plan);
    if (plan == NULL) {
        return -ERROR_NO_MEMORY;
    }
    string_copy(plan->name, arguments[0], sizeof plan->name);
    for (; *arguments != NULL; arguments++) {
        string_copy(plan->strings + plan->arguments_size, *arguments, MAX_SPAWN_STRINGS - plan->arguments_size);
        plan->arguments_size += strlen(plan->strings + plan->arguments_size) + 1;
    }
    int64_t result = archive_program(path, &plan->file);
    if (result == 0) {
        result = spawn(plan, NULL);
    }
    kfree(plan);
    return result;
}
