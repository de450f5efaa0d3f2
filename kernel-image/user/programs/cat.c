// cat [FILE...]: what is in files; without one, what comes from the standard input.
#include "file.h"
#include "program.h"
#include "stream.h"

#define PIECE 1024

static int64_t copy_file(const char *path)
{
    static char piece[PIECE];
    struct vfs_file file;
    int64_t result = file_open(path, &file);
    if (result < 0) {
        return result;
    }
    uint64_t offset = 0;
    while ((result = file_read(&file, offset, piece, sizeof piece)) > 0) {
        offset += (uint64_t)result;
        result = stream_write(piece, (size_t)result);
        if (result < 0) {
            break;
        }
    }
    return result;
}

static int64_t copy_input(void)
{
    char piece[PIECE];
    int64_t result;
    while ((result = stream_read(piece, sizeof piece)) > 0 && (result = stream_write(piece, (size_t)result)) >= 0) {
    }
    return result;
}

int main(int argument_count, char **arguments)
{
    int status = 0;
    for (int i = 1; i < argument_count || i == 1; i++) {
        const char *path = i < argument_count ? arguments[i] : "the standard input";
        int64_t error = i < argument_count ? copy_file(path) : copy_input();
        if (error < 0) {
            complain("cat: %s: %s\n", path, error_text(error));
            status = 1;
        }
    }
    return status;
}
