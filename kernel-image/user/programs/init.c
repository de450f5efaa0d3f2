// The first process: starts the file server, then the program that its arguments name (shell, without them), and ends with that one's status.
// It waits for every process whose parent has ended.
#include "abi/vfs.h"
#include "program.h"

static int64_t start(const char *path, const char *name, size_t arguments_size, const uint32_t *handle, const struct spawn_name *server)
{
    struct spawn spawn = {
        .name = name,
        .path = path,
        .arguments = name,
        .arguments_size = arguments_size,
        .handles = handle,
        .handle_count = handle != NULL,
        .names = server,
        .name_count = server != NULL,
    };
    int64_t id = sys_spawn(&spawn);
    if (id < 0) {
        complain("init: %s: %s\n", path, error_text(id));
        sys_exit(1);
    }
    return id;
}

// The file server sends a capability to itself when it is ready.
static struct spawn_name start_file_server(void)
{
    uint64_t channel[2];
    struct message message;
    int64_t error = sys_channel_create_pair(channel);
    if (error == 0) {
        uint32_t handle = (uint32_t)channel[1];
        start("bin/vfs", "vfs", sizeof "vfs", &handle, NULL);
        error = sys_channel_receive_blocking(channel[0], &message);
        sys_handle_close(channel[0]);
    }
    if (error < 0 || message.handle_count != 1) {
        complain("init: no file server: %s\n", error_text(error));
        sys_exit(1);
    }
    return (struct spawn_name){.name = "/", .handle = message.handles[0]};
}

int main(int argument_count, char **arguments)
{
    static char strings[MAX_SPAWN_STRINGS] = "shell";
    size_t size = 0;
    for (int i = 1; i < argument_count; i++) {
        size_t length = strlen(arguments[i]) + 1;
        if (length > sizeof strings - size) {
            complain("init: the arguments are too long\n");
            return 1;
        }
        memcpy(strings + size, arguments[i], length);
        size += length;
    }
    char path[VFS_PATH_SIZE] = "bin/";
    string_copy(path + strlen(path), strings, sizeof path - strlen(path));
    struct spawn_name server = start_file_server();
    int64_t child = start(path, strings, size > 0 ? size : sizeof "shell", NULL, &server);
    int64_t status = 0;
    for (int64_t id = 0; id != child;) {
        id = sys_wait(ANY_PROCESS, &status);
    }
    return status == 0 ? 0 : 1;
}
