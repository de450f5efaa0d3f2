#include <stdarg.h>

#include "lib/format.h"
#include "program.h"
#include "stream.h"

#define PIECE 256

struct piece {
    int64_t (*write)(const void *text, size_t size);
    size_t length;
    char text[PIECE];
};

static void flush(struct piece *piece)
{
    piece->write(piece->text, piece->length);
    piece->length = 0;
}

static void put(void *context, char c)
{
    struct piece *piece = context;
    piece->text[piece->length++] = c;
    if (piece->length == PIECE) {
        flush(piece);
    }
}

static void print_to(int64_t (*write)(const void *, size_t), const char *format, va_list arguments)
{
    struct piece piece = {.write = write};
    format_to(put, &piece, format, arguments);
    if (piece.length > 0) {
        flush(&piece);
    }
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_to(stream_write, format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_to(sys_console_write, format, arguments);
    va_end(arguments);
}
