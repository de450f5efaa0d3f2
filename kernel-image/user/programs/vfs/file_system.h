// What the server asks of a file system. Nodes are numbers of its own, below 2^NODE_BITS; nothing here trusts that one is still there.
#pragma once

#include "abi/vfs.h"
#include "program.h"

#define NODE_BITS 56

struct file_system {
    uint64_t root;
    // All return a negative error if they fail.
    int64_t (*lookup)(uint64_t folder, const char *name, uint64_t *node);
    int64_t (*describe)(uint64_t node, struct vfs_file *file); // all but the node
    int64_t (*read)(uint64_t node, uint64_t offset, void *to, size_t size);
    // The entry at a position, which moves to the next one. 1, or 0 after the last.
    int64_t (*list)(uint64_t folder, uint64_t *position, char name[VFS_NAME_SIZE], uint64_t *node);
    // NULL, all four, in a file system that cannot be written.
    int64_t (*create)(uint64_t folder, const char *name, bool is_folder, uint64_t *node);
    int64_t (*remove)(uint64_t folder, const char *name);
    int64_t (*write)(uint64_t node, uint64_t offset, const void *from, size_t size); // or at VFS_END
    int64_t (*truncate)(uint64_t node);
};

// Files in memory, at first those of the initial archive (ramfs.c). Ends the program if that cannot be had.
const struct file_system *ramfs_start(void);

// The FAT12 or FAT16 file system of a block device (fat.c); NULL if there is nothing on it that this understands, which it says.
const struct file_system *fat_mount(uint64_t device);

// What is at /disk when no disk is there: an empty folder (nodisk.c).
const struct file_system *nodisk_mount(void);
