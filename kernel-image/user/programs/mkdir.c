// mkdir PATH...: makes folders.
#include "file.h"
#include "program.h"

int main(int argument_count, char **arguments)
{
    int status = 0;
    for (int i = 1; i < argument_count; i++) {
        int64_t error = file_make_folder(arguments[i]);
        if (error < 0) {
            complain("mkdir: %s: %s\n", arguments[i], error_text(error));
            status = 1;
        }
    }
    return status;
}
