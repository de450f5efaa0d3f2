#include "run.h"

#include "file.h"
#include "memory.h"
#include "program.h"

struct strings {
    size_t size;
    bool cut;
    char text[MAX_SPAWN_STRINGS];
};

static void append(struct strings *strings, const char *text, size_t size)
{
    if (size > sizeof strings->text - strings->size) {
        strings->cut = true;
        return;
    }
    memcpy(strings->text + strings->size, text, size);
    strings->size += size;
}

static void append_variable(struct strings *strings, const char *name, const char *value)
{
    if (value != NULL) {
        append(strings, name, strlen(name));
        append(strings, "=", 1);
        append(strings, value, strlen(value) + 1);
    }
}

int64_t run_file(const char *path, int argument_count, const char *const arguments[], const struct redirection *redirection)
{
    static struct strings strings;
    strings = (struct strings){0};
    for (int i = 0; i < argument_count; i++) {
        append(&strings, arguments[i], strlen(arguments[i]) + 1);
    }
    size_t arguments_size = strings.size;
    append_variable(&strings, "STDIN", redirection->input);
    append_variable(&strings, "STDOUT", redirection->output);
    if (strings.cut) {
        return -ERROR_TOO_LONG;
    }
    char name[PROCESS_NAME_SIZE];
    string_copy(name, arguments[0], sizeof name);
    void *image;
    size_t image_size;
    int64_t result = file_load(path, &image, &image_size);
    if (result < 0) {
        return result;
    }
    struct spawn spawn = {
        .name = name,
        .image = image,
        .image_size = image_size,
        .arguments = strings.text,
        .arguments_size = arguments_size,
        .environment = strings.text + arguments_size,
        .environment_size = strings.size - arguments_size,
    };
    result = sys_spawn(&spawn);
    memory_free(image);
    return result;
}
