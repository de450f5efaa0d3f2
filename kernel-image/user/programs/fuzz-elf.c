// fuzz-elf FILE COUNT SEED: has the kernel start COUNT programs that are FILE with bytes of its headers changed at random. Whatever becomes of
// them, nothing may stay behind.
#include "abi/statistics.h"
#include "file.h"
#include "memory.h"
#include "program.h"

#define HEADERS 288 // the file's header and four program headers
#define MAX_CHANGES 4
#define TICKS_TO_LIVE 2

// Marsaglia's xorshift: the same sequence for the same seed.
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void change(uint8_t *image, size_t size, uint64_t *random)
{
    static const uint8_t values[] = {0x00, 0x01, 0x07, 0x40, 0x7f, 0x80, 0xff};
    for (uint64_t changes = next_random(random) % MAX_CHANGES + 1; changes > 0; changes--) {
        size_t at = next_random(random) % (size < HEADERS ? size : HEADERS);
        bool is_special = next_random(random) % 2 == 0;
        uint64_t value = next_random(random);
        image[at] = is_special ? values[value % sizeof values] : (uint8_t)value;
    }
}

// Whether the kernel took it for a program.
static bool try(const uint8_t *image, size_t size)
{
    struct spawn spawn = {.name = "fuzzed", .image = image, .image_size = size};
    int64_t id = sys_spawn(&spawn);
    int64_t status;
    if (id < 0) {
        return false;
    }
    for (int i = 0; i < TICKS_TO_LIVE && sys_wait_if_exited((uint64_t)id, &status) == -ERROR_WOULD_BLOCK; i++) {
        sys_sleep(1);
    }
    if (sys_kill((uint64_t)id) == 0) {
        sys_wait((uint64_t)id, &status);
    }
    return true;
}

int main(int argument_count, char **arguments)
{
    uint64_t count, random;
    void *file;
    size_t size;
    if (argument_count != 4 || !parse_number(arguments[2], INT32_MAX, &count) || !parse_number(arguments[3], INT32_MAX, &random)) {
        complain("usage: fuzz-elf FILE COUNT SEED\n");
        return 2;
    }
    int64_t error = file_load(arguments[1], &file, &size);
    uint8_t *image = error == 0 ? memory_allocate(size) : NULL;
    if (image == NULL) {
        complain("fuzz-elf: %s: %s\n", arguments[1], error_text(error != 0 ? error : ERROR_NO_MEMORY));
        return 1;
    }
    struct statistics before, after;
    uint64_t started = 0;
    random = random * 2 + 1; // the sequence of 0 stays there
    sys_statistics(&before);
    for (uint64_t i = 0; i < count; i++) {
        memcpy(image, file, size);
        change(image, size, &random);
        started += try(image, size);
    }
    sys_statistics(&after);
    bool leaks = after.frames != before.frames || after.tasks != before.tasks;
    print("fuzz-elf: %lu files, %s\n", count, started == 0 || started == count ? "which is no fuzzing" : leaks ? "LEAK" : "nothing left behind");
    return leaks;
}
