#include "ktest.h"

static void the_disk_holds_what_was_written(void)
{
    test_skip("this machine has no block device that the kernel knows");
}

static const struct test tests[] = {
    {"the_disk_holds_what_was_written", the_disk_holds_what_was_written},
};

SECTION(block_section, "Block Device", tests);
