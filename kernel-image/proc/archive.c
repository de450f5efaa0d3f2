#include "proc/archive.h"

#include "lib/panic.h"
#include "lib/string.h"

static size_t archive_size(void)
{
    return (size_t)(initial_archive_end - initial_archive);
}

size_t archive_check(void)
{
    struct cpio_file file;
    size_t count = 0;
    size_t position = 0;
    while (cpio_next(initial_archive, archive_size(), &position, &file)) {
        count++;
    }
    if (position == CPIO_DAMAGED) {
        panic("the initial archive is damaged after %zu files", count);
    }
    return count;
}

bool archive_find(const char *path, struct cpio_file *file)
{
    for (size_t position = 0; cpio_next(initial_archive, archive_size(), &position, file);) {
        if (!file->is_folder && string_equal(file->name, path)) {
            return true;
        }
    }
    return false;
}
