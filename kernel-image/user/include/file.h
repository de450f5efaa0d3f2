// Files, as the file server has them. Paths begin at the root, with or without a slash. All return a negative error if they fail.
#pragma once

#include "abi/vfs.h"

int64_t file_open(const char *path, struct vfs_file *file);

// Opens a file, and makes it if there is none.
int64_t file_create(const char *path, struct vfs_file *file);

// Reads up to size bytes; less only at the end of the file. Returns how many.
int64_t file_read(const struct vfs_file *file, uint64_t offset, void *to, size_t size);

// Writes at an offset, or at VFS_END.
int64_t file_write(const struct vfs_file *file, uint64_t offset, const void *from, size_t size);

int64_t file_truncate(const struct vfs_file *file);

// The entry of a folder at a position, 0 for the first, which moves to the next one. Returns 0 after the last, else 1.
int64_t file_list(const struct vfs_file *folder, uint64_t *position, char name[VFS_NAME_SIZE], struct vfs_file *entry);

int64_t file_make_folder(const char *path);
int64_t file_remove(const char *path);

// All of a file in memory of its own, to be freed.
int64_t file_load(const char *path, void **bytes, size_t *size);
