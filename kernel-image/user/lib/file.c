#include "file.h"

#include "memory.h"
#include "program.h"

#define REQUEST(message) ((struct vfs_request *)(message).data)
#define REPLY(message) ((struct vfs_reply *)(message).data)

// The server's task, by way of the capability that the namespace has for it.
static int64_t find_server(void)
{
    static int64_t server;

    if (server <= 0) {
        int64_t handle = sys_name_lookup(VFS_SERVER);
        if (handle < 0) {
            return handle;
        }
        server = sys_task_of((uint64_t)handle);
        sys_handle_close((uint64_t)handle);
    }
    return server;
}

// Calls the server with a request that has so many bytes of data; what comes back is in the message.
static int64_t call(struct message *message, size_t data_size)
{
    int64_t server = find_server();
    if (server < 0) {
        return server;
    }
    message->size = (uint32_t)(sizeof(struct vfs_request) + data_size);
    message->handle_count = 0;
    int64_t error = sys_call((uint64_t)server, message);
    if (error < 0) {
        return error;
    }
    return message->size >= sizeof(struct vfs_reply) ? REPLY(*message)->result : -ERROR_DEVICE;
}

static int64_t call_with_path(enum vfs_operation operation, const char *path, struct vfs_file *file)
{
    struct message message;
    size_t size = strlen(path) + 1;
    if (size > VFS_PATH_SIZE) {
        return -ERROR_TOO_LONG;
    }
    *REQUEST(message) = (struct vfs_request){.operation = operation, .size = (uint32_t)size};
    memcpy(REQUEST(message)->data, path, size);
    int64_t result = call(&message, size);
    if (result >= 0 && file != NULL) {
        *file = REPLY(message)->file;
    }
    return result;
}

int64_t file_open(const char *path, struct vfs_file *file)
{
    return call_with_path(VFS_OPEN, path, file);
}

int64_t file_create(const char *path, struct vfs_file *file)
{
    return call_with_path(VFS_CREATE, path, file);
}

int64_t file_make_folder(const char *path)
{
    return call_with_path(VFS_MAKE_FOLDER, path, NULL);
}

int64_t file_remove(const char *path)
{
    return call_with_path(VFS_REMOVE, path, NULL);
}

int64_t file_read(const struct vfs_file *file, uint64_t offset, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        struct message message;
        size_t piece = size - done < VFS_REPLY_DATA ? size - done : VFS_REPLY_DATA;
        *REQUEST(message) = (struct vfs_request){
            .operation = VFS_READ, .size = (uint32_t)piece, .node = file->node, .offset = offset + done};
        int64_t count = call(&message, 0);
        if (count <= 0) {
            return count < 0 ? count : (int64_t)done;
        }
        size_t got = (size_t)count < piece ? (size_t)count : piece;
        memcpy((char *)to + done, REPLY(message)->data, got);
        done += got;
    }
    return (int64_t)done;
}

int64_t file_write(const struct vfs_file *file, uint64_t offset, const void *from, size_t size)
{
    for (size_t done = 0; done < size;) {
        struct message message;
        size_t piece = size - done < VFS_REQUEST_DATA ? size - done : VFS_REQUEST_DATA;
        *REQUEST(message) = (struct vfs_request){
            .operation = VFS_WRITE, .size = (uint32_t)piece, .node = file->node, .offset = offset == VFS_END ? VFS_END : offset + done};
        memcpy(REQUEST(message)->data, (const char *)from + done, piece);
        int64_t result = call(&message, piece);
        if (result < 0) {
            return result;
        }
        done += piece;
    }
    return (int64_t)size;
}

int64_t file_truncate(const struct vfs_file *file)
{
    struct message message;
    *REQUEST(message) = (struct vfs_request){.operation = VFS_TRUNCATE, .node = file->node};
    return call(&message, 0);
}

int64_t file_list(const struct vfs_file *folder, uint64_t *position, char name[VFS_NAME_SIZE], struct vfs_file *entry)
{
    struct message message;
    *REQUEST(message) = (struct vfs_request){.operation = VFS_LIST, .node = folder->node, .offset = *position};
    int64_t result = call(&message, 0);
    if (result > 0) {
        *position = REPLY(message)->offset;
        *entry = REPLY(message)->file;
        string_copy(name, (const char *)REPLY(message)->data, VFS_NAME_SIZE);
    }
    return result;
}

int64_t file_load(const char *path, void **bytes, size_t *size)
{
    struct vfs_file file;
    int64_t result = file_open(path, &file);
    if (result < 0) {
        return result;
    }
    if (file.is_folder != 0) {
        return -ERROR_IS_A_FOLDER;
    }
    void *memory = memory_allocate(file.size + 1);
    if (memory == NULL) {
        return -ERROR_NO_MEMORY;
    }
    result = file_read(&file, 0, memory, file.size);
    if (result < 0) {
        memory_free(memory);
        return result;
    }
    *bytes = memory;
    *size = (size_t)result;
    return 0;
}
