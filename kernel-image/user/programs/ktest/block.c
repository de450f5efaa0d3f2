#include "file.h"
#include "ktest.h"

#define DEVICE 0
#define SECTOR 512
#define PIECE 8           // sectors
#define MAX_SECTORS 4096UL // that are read; a disk may be large
#define KNOWN_FILE "/disk/ktest.dat"

static int64_t sectors(void)
{
    int64_t count = sys_block_sectors(DEVICE);
    if (count <= 0) {
        test_skip("this machine has no block device that the kernel knows");
    }
    return count;
}

// Each sector alone, and the same in pieces.
static void sectors_read_the_same_twice(void)
{
    int64_t count = sectors();
    uint64_t limit = (uint64_t)count < MAX_SECTORS ? (uint64_t)count : MAX_SECTORS;
    for (uint64_t first = 0; count > 0 && first < limit; first += PIECE) {
        static uint8_t together[PIECE * SECTOR], alone[SECTOR];
        uint64_t size = limit - first < PIECE ? limit - first : PIECE;
        CHECK_EQUAL(sys_block_read(DEVICE, first, together, size), 0);
        for (uint64_t i = 0; i < size; i++) {
            CHECK_EQUAL(sys_block_read(DEVICE, first + i, alone, 1), 0);
            CHECK(memcmp(alone, together + i * SECTOR, SECTOR) == 0);
        }
    }
}

static void what_is_beyond_the_end_is_refused(void)
{
    int64_t count = sectors();
    if (count <= 0) {
        return;
    }
    uint64_t end = (uint64_t)count;
    uint8_t buffer[SECTOR];
    CHECK_EQUAL(sys_block_read(DEVICE, end - 1, buffer, 1), 0);
    CHECK_EQUAL(sys_block_read(DEVICE, end, buffer, 1), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_block_read(DEVICE, end - 1, buffer, 2), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_block_read(DEVICE, UINT64_MAX, buffer, 2), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_block_read(DEVICE, 0, buffer, UINT64_MAX), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_block_read(DEVICE, 0, NULL, 1), -ERROR_BAD_ADDRESS);
    CHECK_EQUAL(sys_block_read(1000, 0, buffer, 1), -ERROR_NO_DEVICE);
    CHECK_EQUAL(sys_block_write(DEVICE, end, buffer, 1), -ERROR_BAD_ARGUMENT);
    CHECK_EQUAL(sys_block_write(1000, 0, buffer, 1), -ERROR_NO_DEVICE);
}

// Who makes the disk can put a file there whose bytes follow from their places.
static void the_disk_holds_what_was_written(void)
{
    struct vfs_file file;
    if (sectors() <= 0) {
        return;
    }
    if (file_open(KNOWN_FILE, &file) < 0) {
        test_skip("there is no " KNOWN_FILE);
        return;
    }
    uint8_t buffer[700];
    uint64_t offset = 0;
    for (int64_t got; (got = file_read(&file, offset, buffer, sizeof buffer)) != 0;) {
        CHECK(got > 0);
        for (int64_t i = 0; i < got; i++, offset++) {
            CHECK_EQUAL(buffer[i], (uint8_t)(offset * 31));
        }
    }
    CHECK_EQUAL(offset, file.size);
}

// The last sector, which is given back what it held.
static void a_sector_that_is_written_comes_back(void)
{
    static uint8_t before[SECTOR], written[SECTOR], after[SECTOR];
    int64_t count = sectors();
    if (count <= 0) {
        return;
    }
    uint64_t last = (uint64_t)count - 1;
    CHECK_EQUAL(sys_block_read(DEVICE, last, before, 1), 0);
    for (size_t i = 0; i < SECTOR; i++) {
        written[i] = (uint8_t)(before[i] + i + 1);
    }
    int64_t result = sys_block_write(DEVICE, last, written, 1);
    if (result == -ERROR_READ_ONLY) {
        test_skip("the disk is read only");
        return;
    }
    CHECK_EQUAL(result, 0);
    CHECK_EQUAL(sys_block_read(DEVICE, last, after, 1), 0);
    CHECK(memcmp(after, written, SECTOR) == 0);
    CHECK_EQUAL(sys_block_write(DEVICE, last, before, 1), 0);
    CHECK_EQUAL(sys_block_read(DEVICE, last, after, 1), 0);
    CHECK(memcmp(after, before, SECTOR) == 0);
}

static const struct test tests[] = {
    {"sectors_read_the_same_twice", sectors_read_the_same_twice},
    {"a_sector_that_is_written_comes_back", a_sector_that_is_written_comes_back},
    {"what_is_beyond_the_end_is_refused", what_is_beyond_the_end_is_refused},
    {"the_disk_holds_what_was_written", the_disk_holds_what_was_written},
};

SECTION(block_section, "Block Device", tests);
