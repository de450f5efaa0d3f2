#include "stream.h"

#include "file.h"
#include "line.h"
#include "program.h"

struct stream {
    const char *variable;
    enum { UNOPENED, CONSOLE, FILE, FAILED } kind;
    int64_t error;
    struct vfs_file file;
    uint64_t offset;
};

static struct stream input = {.variable = "STDIN"};
static struct stream output = {.variable = "STDOUT"};

static void open(struct stream *stream)
{
    const char *path = environment_get(stream->variable);
    if (path == NULL) {
        stream->kind = CONSOLE;
        return;
    }
    stream->error = file_open(path, &stream->file);
    stream->kind = stream->error < 0 ? FAILED : FILE;
}

// What is typed goes out a line at a time, so that it can be corrected first.
static int64_t read_console(void *to, size_t size)
{
    static struct line_editor editor;
    static size_t handed_out;
    static bool has_line;

    if (!has_line) {
        enum line_end end = line_read(&editor, "");
        if (end == LINE_NO_MORE) {
            return 0;
        }
        if (end == LINE_INTERRUPTED) {
            sys_kill(sys_process_id());
        }
        editor.text[editor.length++] = '\n';
        handed_out = 0;
        has_line = true;
    }
    size_t count = editor.length - handed_out < size ? editor.length - handed_out : size;
    memcpy(to, editor.text + handed_out, count);
    handed_out += count;
    has_line = handed_out < editor.length;
    return (int64_t)count;
}

int64_t stream_read(void *to, size_t size)
{
    if (input.kind == UNOPENED) {
        open(&input);
    }
    if (input.kind == FAILED) {
        return input.error;
    }
    if (input.kind == CONSOLE) {
        return read_console(to, size);
    }
    int64_t count = file_read(&input.file, input.offset, to, size);
    input.offset += count > 0 ? (uint64_t)count : 0;
    return count;
}

int64_t stream_write(const void *from, size_t size)
{
    if (output.kind == UNOPENED) {
        open(&output);
    }
    if (output.kind == FAILED) {
        return output.error;
    }
    return output.kind == CONSOLE ? sys_console_write(from, size) : file_write(&output.file, VFS_END, from, size);
}
