// The file server: a tree with the RAM file system at its root and the disk's at /disk. Its first handle is a channel, over which it sends a
// capability to its task as soon as it serves. After that it answers calls, one after the other, and nothing that a client says can end it.
#include "file_system.h"
#include "scrub.h"

#define ANNOUNCEMENT_CHANNEL 0
#define DISK 0
#define DISK_FOLDER "disk"

enum { RAM_FILES, DISK_FILES, MOUNTS };

static const struct file_system *mounts[MOUNTS];

// A file, in the numbers of its own file system.
struct place {
    uint64_t mount;
    uint64_t node;
};

static uint64_t global_node(struct place place)
{
    return place.mount << NODE_BITS | place.node;
}

static int64_t local_place(uint64_t node, struct place *place)
{
    *place = (struct place){node >> NODE_BITS, node & ((1ULL << NODE_BITS) - 1)};
    return place->mount < MOUNTS ? 0 : -ERROR_NOT_FOUND;
}

static struct place root(void)
{
    return (struct place){RAM_FILES, mounts[RAM_FILES]->root};
}

// The next part of a path; false at its end. A part that is too long is cut to a name that nothing has.
static bool next_part(const char **path, char name[VFS_NAME_SIZE])
{
    while (**path == '/') {
        (*path)++;
    }
    size_t length = 0;
    for (; **path != '\0' && **path != '/'; (*path)++) {
        if (length < VFS_NAME_SIZE - 1) {
            name[length++] = **path;
        }
    }
    name[length] = '\0';
    return length > 0;
}

static int64_t step(struct place *place, const char *name)
{
    bool at_root = place->node == mounts[place->mount]->root;
    if (at_root && place->mount == RAM_FILES && string_equal(name, DISK_FOLDER)) {
        *place = (struct place){DISK_FILES, mounts[DISK_FILES]->root};
        return 0;
    }
    if (at_root && string_equal(name, "..")) {
        *place = root();
        return 0;
    }
    return mounts[place->mount]->lookup(place->node, name, &place->node);
}

static int64_t resolve(const char *path, struct place *place)
{
    char name[VFS_NAME_SIZE];
    int64_t error = 0;
    *place = root();
    while (error == 0 && next_part(&path, name)) {
        error = string_equal(name, ".") ? 0 : step(place, name);
    }
    return error;
}

// The folder that a path's last part is in, or is to be in, and that part.
static int64_t resolve_parent(const char *path, struct place *folder, char name[VFS_NAME_SIZE])
{
    char next[VFS_NAME_SIZE];
    *folder = root();
    if (!next_part(&path, name)) {
        return -ERROR_BAD_ARGUMENT;
    }
    while (next_part(&path, next)) {
        int64_t error = step(folder, name);
        if (error != 0) {
            return error;
        }
        memcpy(name, next, VFS_NAME_SIZE);
    }
    bool is_dots = string_equal(name, ".") || string_equal(name, "..");
    return is_dots || strlen(name) == VFS_NAME_SIZE - 1 ? -ERROR_BAD_ARGUMENT : 0;
}

static int64_t describe(struct place place, struct vfs_file *file)
{
    int64_t error = mounts[place.mount]->describe(place.node, file);
    file->node = global_node(place);
    return error;
}

static int64_t open(const char *path, struct vfs_reply *reply)
{
    struct place place;
    int64_t error = resolve(path, &place);
    return error != 0 ? error : describe(place, &reply->file);
}

static int64_t create(const char *path, bool is_folder, struct vfs_reply *reply)
{
    char name[VFS_NAME_SIZE];
    struct place place, there;
    int64_t error = resolve_parent(path, &place, name);
    if (error != 0) {
        return error;
    }
    if (resolve(path, &there) == 0) {
        return is_folder ? -ERROR_EXISTS : describe(there, &reply->file);
    }
    if (mounts[place.mount]->create == NULL) {
        return -ERROR_READ_ONLY;
    }
    error = mounts[place.mount]->create(place.node, name, is_folder, &place.node);
    return error != 0 ? error : describe(place, &reply->file);
}

static int64_t remove(const char *path)
{
    char name[VFS_NAME_SIZE];
    struct place folder, there;
    int64_t error = resolve_parent(path, &folder, name);
    if (error == 0) {
        error = resolve(path, &there);
    }
    if (error != 0) {
        return error;
    }
    // What is mounted is in use.
    return mounts[folder.mount]->remove == NULL || there.mount != folder.mount ? -ERROR_READ_ONLY
                                                                               : mounts[folder.mount]->remove(folder.node, name);
}

static int64_t list(struct place place, uint64_t position, struct vfs_reply *reply)
{
    struct place entry = {.mount = place.mount};
    int64_t result = mounts[place.mount]->list(place.node, &position, (char *)reply->data, &entry.node);
    if (result <= 0) {
        return result;
    }
    reply->offset = position;
    int64_t error = describe(entry, &reply->file);
    return error != 0 ? error : 1;
}

static int64_t serve_path(const struct vfs_request *request, const char *path, struct vfs_reply *reply)
{
    switch (request->operation) {
    case VFS_OPEN:
        return open(path, reply);
    case VFS_CREATE:
        return create(path, false, reply);
    case VFS_MAKE_FOLDER:
        return create(path, true, reply);
    case VFS_REMOVE:
        return remove(path);
    default:
        return -ERROR_BAD_ARGUMENT;
    }
}

static int64_t serve_node(const struct vfs_request *request, struct vfs_reply *reply)
{
    struct place place;
    int64_t error = local_place(request->node, &place);
    if (error != 0) {
        return error;
    }
    const struct file_system *files = mounts[place.mount];
    switch (request->operation) {
    case VFS_READ:
        return files->read(place.node, request->offset, reply->data, request->size < VFS_REPLY_DATA ? request->size : VFS_REPLY_DATA);
    case VFS_WRITE:
        return files->write == NULL ? -ERROR_READ_ONLY : files->write(place.node, request->offset, request->data, request->size);
    case VFS_TRUNCATE:
        return files->truncate == NULL ? -ERROR_READ_ONLY : files->truncate(place.node);
    case VFS_LIST:
        return list(place, request->offset, reply);
    default:
        return -ERROR_BAD_ARGUMENT;
    }
}

// The message is the client's word only: sizes are checked, and a path ends where it has to.
static void serve(const struct message *call, struct message *answer)
{
    const struct vfs_request *request = (const struct vfs_request *)call->data;
    struct vfs_reply *reply = (struct vfs_reply *)answer->data;
    *reply = (struct vfs_reply){.result = -ERROR_BAD_ARGUMENT};
    answer->handle_count = 0;
    bool has_path = request->operation <= VFS_REMOVE;
    size_t data = call->size < sizeof *request ? 0 : call->size - sizeof *request;
    if (call->size < sizeof *request || (request->operation == VFS_WRITE && request->size > data)) {
        reply->result = -ERROR_BAD_ARGUMENT;
    } else if (has_path && (data == 0 || data > VFS_PATH_SIZE || memchr(request->data, '\0', data) == NULL)) {
        reply->result = -ERROR_TOO_LONG;
    } else {
        reply->result = has_path ? serve_path(request, (const char *)request->data, reply) : serve_node(request, reply);
    }
    size_t payload = 0;
    if (reply->result > 0) {
        payload = request->operation == VFS_READ ? (size_t)reply->result : request->operation == VFS_LIST ? VFS_NAME_SIZE : 0;
    }
    answer->size = (uint32_t)(sizeof *reply + payload);
}

// Who opens the folder that was opened last has looked around and comes back: nothing is being loaded, and there is time for a check. The
// client has its reply by then.
static void check_memory(const struct message *call, const struct message *answer)
{
    static uint64_t last_folder;
    const struct vfs_request *request = (const struct vfs_request *)call->data;
    const struct vfs_reply *reply = (const struct vfs_reply *)answer->data;
    if (request->operation != VFS_OPEN || reply->result < 0 || reply->file.is_folder == 0) {
        return;
    }
    if (reply->file.node == last_folder) {
        scrub_next();
    }
    last_folder = reply->file.node;
}

static void announce(void)
{
    struct message message = {.handle_count = 1};
    int64_t handle = sys_task_capability();
    message.handles[0] = (uint32_t)handle;
    int64_t error = handle < 0 ? handle : sys_channel_send(ANNOUNCEMENT_CHANNEL, &message);
    if (error < 0) {
        complain("vfs: nobody can be told that the file server is there: %s\n", error_text(error));
        sys_exit(1);
    }
    sys_handle_close(ANNOUNCEMENT_CHANNEL);
}

static const struct file_system *mount_disk(void)
{
    const struct file_system *files = sys_block_sectors(DISK) < 0 ? NULL : fat_mount(DISK);
    return files != NULL ? files : nodisk_mount();
}

int main(int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    static struct message call, answer;
    mounts[RAM_FILES] = ramfs_start();
    mounts[DISK_FILES] = mount_disk();
    uint64_t disk_folder;
    mounts[RAM_FILES]->create(mounts[RAM_FILES]->root, DISK_FOLDER, true, &disk_folder);
    announce();
    for (;;) {
        int64_t client = sys_recv(FROM_ANYBODY, &call);
        if (client >= 0) {
            serve(&call, &answer);
            // A client that did not call, or is gone, gets nothing.
            sys_reply((uint64_t)client, &answer);
            check_memory(&call, &answer);
        }
    }
}
