#include "lib/format.h"

#include "lib/string.h"

// The digits of 2^64 in octal would be 22: no base in use has more.
#define MAX_DIGITS 24

struct field {
    bool left;
    bool zeros;
    size_t width;
};

struct output {
    format_sink sink;
    void *context;
};

static void repeat(const struct output *out, char c, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out->sink(out->context, c);
    }
}

static void put_field(const struct output *out, const struct field *field, const char *prefix, const char *text, size_t length)
{
    size_t prefix_length = strlen(prefix);
    size_t total = prefix_length + length;
    size_t padding = field->width > total ? field->width - total : 0;
    if (!field->left && !field->zeros) {
        repeat(out, ' ', padding);
    }
    for (size_t i = 0; i < prefix_length; i++) {
        out->sink(out->context, prefix[i]);
    }
    if (field->zeros) {
        repeat(out, '0', padding);
    }
    for (size_t i = 0; i < length; i++) {
        out->sink(out->context, text[i]);
    }
    if (field->left) {
        repeat(out, ' ', padding);
    }
}

static void put_number(const struct output *out, const struct field *field, const char *prefix, uint64_t value, unsigned base)
{
    char digits[MAX_DIGITS];
    size_t first = MAX_DIGITS;
    do {
        digits[--first] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    put_field(out, field, prefix, &digits[first], MAX_DIGITS - first);
}

static const char *parse_field(const char *format, struct field *field)
{
    for (;; format++) {
        if (*format == '-') {
            field->left = true;
        } else if (*format == '0') {
            field->zeros = true;
        } else {
            break;
        }
    }
    if (field->left) {
        field->zeros = false;
    }
    while (*format >= '0' && *format <= '9') {
        field->width = field->width * 10 + (size_t)(*format++ - '0');
    }
    return format;
}

void format_to(format_sink sink, void *context, const char *format, va_list arguments)
{
    const struct output out = {sink, context};
    while (*format != '\0') {
        if (*format != '%') {
            sink(context, *format++);
            continue;
        }
        struct field field = {0};
        format = parse_field(format + 1, &field);
        // size_t is as long as long.
        bool is_long = false;
        while (*format == 'l' || *format == 'z') {
            is_long = true;
            format++;
        }
        switch (*format) {
        case 'c':
            put_field(&out, &field, "", &(char){(char)va_arg(arguments, int)}, 1);
            break;
        case 's': {
            const char *text = va_arg(arguments, const char *);
            text = text != NULL ? text : "(null)";
            put_field(&out, &field, "", text, strlen(text));
            break;
        }
        case 'd': {
            int64_t value = is_long ? va_arg(arguments, long) : va_arg(arguments, int);
            put_number(&out, &field, value < 0 ? "-" : "", value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
            break;
        }
        case 'u':
            put_number(&out, &field, "", is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 10);
            break;
        case 'x':
            put_number(&out, &field, "", is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 16);
            break;
        case 'p':
            put_number(&out, &field, "0x", (uint64_t)va_arg(arguments, void *), 16);
            break;
        case '\0':
            return;
        default: // %% and what this does not know
            sink(context, *format);
            break;
        }
        format++;
    }
}

struct text {
    char *buffer;
    size_t length;
    size_t limit;
};

static void append(void *context, char c)
{
    struct text *text = context;
    if (text->length < text->limit) {
        text->buffer[text->length++] = c;
    }
}

void format_text(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct text text = {.buffer = buffer, .length = 0, .limit = size - 1};
    format_to(append, &text, format, arguments);
    buffer[text.length] = '\0';
}

void format_into(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text(buffer, size, format, arguments);
    va_end(arguments);
}
