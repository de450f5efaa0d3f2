#include <stdarg.h>

#include "lib/format.h"
#include "program.h"

#define PIECE 128

struct piece {
    size_t length;
    char text[PIECE];
};

static void put(void *context, char c)
{
    struct piece *piece = context;
    piece->text[piece->length++] = c;
    if (piece->length == PIECE) {
        sys_console_write(piece->text, piece->length);
        piece->length = 0;
    }
}

void print(const char *format, ...)
{
    struct piece piece = {0};
    va_list arguments;
    va_start(arguments, format);
    format_to(put, &piece, format, arguments);
    va_end(arguments);
    sys_console_write(piece.text, piece.length);
}
