// The initial archive: the programs and files that are part of the kernel's image.
#pragma once

#include "lib/cpio.h"

#define MAX_ARCHIVE_PATH 64

extern const uint8_t initial_archive[], initial_archive_end[];

// Checks the archive. Ends the kernel if it is damaged. Returns the number of files.
size_t archive_check(void);

// Finds a file by its path, which begins without a slash.
bool archive_find(const char *path, struct cpio_file *file);
