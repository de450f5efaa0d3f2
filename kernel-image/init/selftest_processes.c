// A program that tries what the kernel promises to programs, and files that are none.
#include "init/selftest.h"

#include "abi/errors.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "proc/archive.h"
#include "proc/process.h"
#include "proc/spawn.h"

#define SUCCESS 42

// Offsets in an ELF file and values that no program has there: class, byte order, type, machine, program headers out of the file, too many
// of them; of the first segment: flags, offset, address in the kernel's half, size.
static const struct damage {
    size_t offset;
    uint64_t value;
    size_t size;
} damages[] = {
    {0, 0x00, 1},   {4, 1, 1},       {5, 2, 1},           {16, 3, 2},           {18, 40, 2},
    {24, 8, 8},     {32, 1 << 30, 8}, {32, UINT64_MAX, 8}, {56, 0xffff, 2},      {56, 0, 2},
    {64 + 4, 7, 4}, {64 + 8, UINT64_MAX - 4095, 8},        {64 + 16, 0xffffffff80000000, 8}, {64 + 16, 0x00007fffffffe000, 8},
    {64 + 16, 0, 8}, {64 + 32, UINT64_MAX, 8},             {64 + 40, UINT64_MAX, 8},
};

static void run_program(void)
{
    static const char *const arguments[] = {"selftest", "one", "and two", NULL};
    int64_t id = spawn_from_archive("bin/selftest", arguments);
    int64_t status = 0;
    ASSERT(id > 0 && process_wait(NULL, (uint64_t)id, true, &status) == id);
    if (status != SUCCESS) {
        panic("the program for self-tests ended with status 0x%lx", (uint64_t)status);
    }
    ASSERT(process_wait(NULL, (uint64_t)id, true, &status) == -ERROR_NO_PROCESS);
}

// Each file with one damage; the first bytes alone, as many as there may be.
static void refuse_what_is_no_program(void)
{
    struct spawn_plan *plan = kcalloc(1, sizeof *plan);
    struct cpio_file file;
    ASSERT(plan != NULL && archive_find("bin/selftest", &file));
    uint8_t *copy = kmalloc(file.size);
    ASSERT(copy != NULL);
    string_copy(plan->name, "none", sizeof plan->name);
    for (size_t i = 0; i < ARRAY_LENGTH(damages); i++) {
        memcpy(copy, file.data, file.size);
        memcpy(copy + damages[i].offset, &damages[i].value, damages[i].size);
        plan->file = (struct program_file){.bytes = copy, .size = file.size};
        ASSERT(spawn(plan, NULL) < 0);
    }
    for (size_t size = 0; size < 64 + 2 * 56; size += 7) {
        plan->file = (struct program_file){.bytes = file.data, .size = size};
        ASSERT(spawn(plan, NULL) == -ERROR_BAD_PROGRAM);
    }
    kfree(copy);
    kfree(plan);
}

void selftest_processes(void)
{
    size_t frames = frames_available();
    size_t used = heap_used();
    refuse_what_is_no_program();
    run_program();
    // The heap keeps the pages that it took.
    size_t after = frames_available();
    refuse_what_is_no_program();
    run_program();
    ASSERT(frames_available() == after && heap_used() == used);
    log_debug("processes: %zu frames went to the heap", frames - after);
}
