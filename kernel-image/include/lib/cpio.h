// Archives in cpio's "new ASCII" format, as the initial archive is one (cpio(5), "New ASCII Format"). Part of the kernel and of programs.
#pragma once

#include "types.h"

struct cpio_file {
    const char *name; // ends with a zero byte, in the archive
    bool is_folder;
    const uint8_t *data;
    size_t size;
};

// Reads the file whose header is at *position, and moves the position behind it. False at the end of the archive, and where it is not one:
// then the position is CPIO_DAMAGED.
bool cpio_next(const uint8_t *archive, size_t archive_size, size_t *position, struct cpio_file *file);

#define CPIO_DAMAGED SIZE_MAX
