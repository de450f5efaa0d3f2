// What the file server answers, and that nothing a client does can stop it.
#include "file.h"
#include "ktest.h"

#define FILE_SIZE 20000
#define CLIENTS 3
#define ARCHIVED "Hello from the initial archive.\n" // root/hello.txt

static bool folder_has(const char *path, const char *name, bool is_folder)
{
    struct vfs_file folder, entry;
    char found[VFS_NAME_SIZE];
    if (file_open(path, &folder) < 0) {
        return false;
    }
    for (uint64_t position = 0; file_list(&folder, &position, found, &entry) > 0;) {
        if (string_equal(found, name)) {
            return (entry.is_folder != 0) == is_folder;
        }
    }
    return false;
}

static void the_root_holds_the_initial_archive(void)
{
    CHECK(folder_has("/", "bin", true));
    CHECK(folder_has("/", "disk", true));
    CHECK(folder_has("/", "hello.txt", false));
    CHECK(folder_has("/bin", "ktest", false));
    struct vfs_file file;
    char text[sizeof ARCHIVED] = "";
    CHECK_EQUAL(file_open("/hello.txt", &file), 0);
    CHECK_EQUAL(file.size, sizeof ARCHIVED - 1);
    CHECK_EQUAL(file_read(&file, 0, text, sizeof text), sizeof ARCHIVED - 1);
    CHECK(string_equal(text, ARCHIVED));
    CHECK_EQUAL(file_read(&file, 6, text, 4), 4);
    CHECK(memcmp(text, "from", 4) == 0);
    CHECK_EQUAL(file_read(&file, file.size, text, 1), 0);
}

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 13 + offset / 256);
}

// In pieces that fit no message.
static int64_t write_pattern(const struct vfs_file *file, uint64_t from, uint64_t to)
{
    uint8_t piece[777];
    while (from < to) {
        uint64_t size = to - from < sizeof piece ? to - from : sizeof piece;
        for (uint64_t i = 0; i < size; i++) {
            piece[i] = byte_at(from + i);
        }
        int64_t count = file_write(file, from, piece, size);
        if (count < 0) {
            return count;
        }
        from += size;
    }
    return 0;
}

static void expect_pattern(const struct vfs_file *file, uint64_t size)
{
    uint8_t piece[500];
    for (uint64_t offset = 0; offset < size;) {
        int64_t count = file_read(file, offset, piece, sizeof piece);
        CHECK(count > 0);
        for (int64_t i = 0; i < count; i++, offset++) {
            CHECK_EQUAL(piece[i], byte_at(offset));
        }
    }
    CHECK_EQUAL(file_read(file, size, piece, sizeof piece), 0);
}

static void what_is_written_is_read(void)
{
    struct vfs_file file;
    CHECK_EQUAL(file_create("/ktest.data", &file), 0);
    CHECK_EQUAL(write_pattern(&file, 0, FILE_SIZE), 0);
    expect_pattern(&file, FILE_SIZE);
    CHECK_EQUAL(file_open("/ktest.data", &file), 0);
    CHECK_EQUAL(file.size, FILE_SIZE);
    CHECK_EQUAL(file_write(&file, VFS_END, "end", 3), 3);
    char end[4] = "";
    CHECK_EQUAL(file_read(&file, FILE_SIZE, end, 4), 3);
    CHECK(string_equal(end, "end"));
    CHECK_EQUAL(file_truncate(&file), 0);
    CHECK_EQUAL(file_read(&file, 0, end, 1), 0);
    CHECK_EQUAL(file_remove("/ktest.data"), 0);
    CHECK_EQUAL(file_open("/ktest.data", &file), -ERROR_NOT_FOUND);
}

static void what_was_never_written_is_zero(void)
{
    struct vfs_file file;
    uint8_t bytes[1001];
    CHECK_EQUAL(file_create("/ktest.hole", &file), 0);
    CHECK_EQUAL(file_write(&file, 1000, "x", 1), 1);
    CHECK_EQUAL(file_read(&file, 0, bytes, sizeof bytes), 1001);
    for (size_t i = 0; i < 1000; i++) {
        CHECK_EQUAL(bytes[i], 0);
    }
    CHECK_EQUAL(bytes[1000], 'x');
    CHECK_EQUAL(file_remove("/ktest.hole"), 0);
}

static void folders_hold_files(void)
{
    struct vfs_file file, node;
    CHECK_EQUAL(file_make_folder("/ktest"), 0);
    CHECK_EQUAL(file_make_folder("/ktest"), -ERROR_EXISTS);
    CHECK_EQUAL(file_create("/ktest/file", &file), 0);
    CHECK_EQUAL(file_open("ktest/../ktest/./file", &node), 0);
    CHECK_EQUAL(node.node, file.node);
    CHECK_EQUAL(file_create("/ktest/file/below", &node), -ERROR_NOT_A_FOLDER);
    CHECK_EQUAL(file_remove("/ktest"), -ERROR_NOT_EMPTY);
    CHECK_EQUAL(file_remove("/ktest/file"), 0);
    // The number is never another file's.
    CHECK_EQUAL(file_create("/ktest/other", &node), 0);
    char byte;
    CHECK_EQUAL(file_read(&file, 0, &byte, 1), -ERROR_NOT_FOUND);
    CHECK_EQUAL(file_remove("/ktest/other"), 0);
    CHECK_EQUAL(file_remove("/ktest"), 0);
}

static void wrong_names_are_refused(void)
{
    struct vfs_file file;
    char path[VFS_PATH_SIZE + 1];
    CHECK_EQUAL(file_open("/none", &file), -ERROR_NOT_FOUND);
    CHECK_EQUAL(file_open("/none/below", &file), -ERROR_NOT_FOUND);
    CHECK_EQUAL(file_remove("/none"), -ERROR_NOT_FOUND);
    CHECK(file_remove("/") < 0);
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    CHECK_EQUAL(file_open(path, &file), -ERROR_TOO_LONG);
    CHECK_EQUAL(file_open("/bin", &file), 0);
    CHECK_EQUAL(file_read(&file, 0, path, 1), -ERROR_IS_A_FOLDER);
}

static void several_clients_are_served(void)
{
    static const char *const names[CLIENTS] = {"/ktest.0", "/ktest.1", "/ktest.2"};
    int64_t children[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        children[i] = child_start(&(struct child){.role = "file", .argument = names[i]});
        CHECK(children[i] > 0);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        CHECK_EQUAL(child_end(children[i]), 0);
        CHECK_EQUAL(file_remove(names[i]), 0);
    }
}

// The last byte first: the server takes the memory for all of the file at once, so that how much it ever has does not depend on whose turn it
// is when.
int write_and_compare(const char *path)
{
    struct vfs_file file;
    if (file_create(path, &file) < 0 || write_pattern(&file, FILE_SIZE - 1, FILE_SIZE) < 0 || write_pattern(&file, 0, FILE_SIZE) < 0) {
        return 1;
    }
    expect_pattern(&file, FILE_SIZE);
    return test_has_failed() ? 2 : 0;
}

static void the_server_survives_what_is_sent_to_it(void)
{
    int64_t handle = sys_name_lookup(VFS_SERVER);
    CHECK(handle >= 0);
    uint64_t server = (uint64_t)sys_task_of((uint64_t)handle);
    CHECK_EQUAL(sys_handle_close((uint64_t)handle), 0);
    for (uint32_t size = 0; size <= MESSAGE_SIZE; size += 64) {
        for (uint8_t seed = 0; seed < 10; seed++) {
            // A number of an operation, and nonsense.
            struct message message = message_of(size, seed);
            message.data[0] = seed;
            memset(message.data + 1, 0, 3);
            CHECK_EQUAL(sys_call(server, &message), 0);
            CHECK(message.size >= sizeof(struct vfs_reply));
        }
    }
    // One that wants no reply, and one that will be gone when it comes.
    struct message message = message_of(100, 1);
    CHECK_EQUAL(sys_send(server, &message), 0);
    for (int i = 0; i < 5; i++) {
        int64_t child = child_start(&(struct child){.role = "file", .argument = "/ktest.killed"});
        CHECK(child > 0);
        sys_sleep(1);
        sys_kill((uint64_t)child);
        CHECK(child_end(child) >= 0);
    }
    file_remove("/ktest.killed");
    the_root_holds_the_initial_archive();
}

static const struct test tests[] = {
    {"the_root_holds_the_initial_archive", the_root_holds_the_initial_archive},
    {"what_is_written_is_read", what_is_written_is_read},
    {"what_was_never_written_is_zero", what_was_never_written_is_zero},
    {"folders_hold_files", folders_hold_files},
    {"wrong_names_are_refused", wrong_names_are_refused},
    {"several_clients_are_served", several_clients_are_served},
    {"the_server_survives_what_is_sent_to_it", the_server_survives_what_is_sent_to_it},
};

SECTION(vfs_section, "VFS", tests);
