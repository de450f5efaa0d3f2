// ls [PATH...]: what is in folders, one name a line, first the folder itself as ".", folders in it with a slash behind; with -l also how large it
// is. Without a path the root.
#include "file.h"
#include "program.h"

static bool is_long;

static void show(const char *name, const struct vfs_file *file)
{
    if (is_long) {
        print("%8lu ", file->size);
    }
    print("%s%s\n", name, file->is_folder != 0 && !string_equal(name, ".") ? "/" : "");
}

static int64_t list(const char *path)
{
    struct vfs_file file, entry;
    int64_t result = file_open(path, &file);
    if (result < 0) {
        return result;
    }
    if (file.is_folder == 0) {
        show(path, &file);
        return 0;
    }
    show(".", &file);
    char name[VFS_NAME_SIZE];
    for (uint64_t position = 0; (result = file_list(&file, &position, name, &entry)) > 0;) {
        show(name, &entry);
    }
    return result;
}

int main(int argument_count, char **arguments)
{
    int first = 1;
    if (argument_count > 1 && string_equal(arguments[1], "-l")) {
        is_long = true;
        first = 2;
    }
    int status = 0;
    for (int i = first; i < argument_count || i == first; i++) {
        const char *path = i < argument_count ? arguments[i] : "/";
        int64_t error = list(path);
        if (error < 0) {
            complain("ls: %s: %s\n", path, error_text(error));
            status = 1;
        }
    }
    return status;
}
