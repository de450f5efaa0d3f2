// The file server's protocol: calls to its task, one message there and one back. It keeps nothing about its clients: files are named by paths,
// or by the numbers that opening them gave. Included by programs only.
#pragma once

#include "abi/message.h"

// What the file server is called in a process's namespace.
#define VFS_SERVER "/"

#define VFS_PATH_SIZE 256 // with its zero byte
#define VFS_NAME_SIZE 64  // of one part of a path, with its zero byte

// Instead of an offset: where the file ends at that moment.
#define VFS_END UINT64_MAX

enum vfs_operation {
    VFS_OPEN,        // path: the file
    VFS_CREATE,      // path: the file, which is empty if it is new
    VFS_MAKE_FOLDER, // path: the folder, which has to be new
    VFS_REMOVE,      // path, of a file or an empty folder
    VFS_READ,        // node, offset, size: the bytes there are, 0 at the end
    VFS_WRITE,       // node, offset or VFS_END, bytes: all of them are written
    VFS_TRUNCATE,    // node: the file is empty
    VFS_LIST,        // node, offset as the reply before gave it, 0 at first: an entry, or none
};

struct vfs_request {
    uint32_t operation;
    uint32_t size; // of the data, or how many bytes to read at most
    uint64_t node;
    uint64_t offset;
    uint8_t data[];
};

struct vfs_file {
    uint64_t node; // as long as the file is there; never that of another file
    uint64_t size;
    uint64_t is_folder;
};

struct vfs_reply {
    int64_t result; // how many bytes of data, or 1 for an entry, 0 for none; a negative error
    uint64_t offset; // of the next entry
    struct vfs_file file;
    uint8_t data[]; // bytes, or the entry's name with its zero byte
};

#define VFS_REQUEST_DATA (MESSAGE_SIZE - sizeof(struct vfs_request))
#define VFS_REPLY_DATA (MESSAGE_SIZE - sizeof(struct vfs_reply))
