#include "lib/log.h"

#include <stdarg.h>

#include "lib/console.h"
#include "lib/format.h"
#include "lib/string.h"

#define MAX_MESSAGE 256

static enum log_level threshold = LOG_INFO;
static const char *const names[] = {[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

void log_set_level(enum log_level level)
{
    threshold = level;
}

bool log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (string_equal(name, names[i])) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_message(enum log_level level, const char *format, ...)
{
    if (level > threshold) {
        return;
    }
    char message[MAX_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    format_text(message, sizeof message, format, arguments);
    va_end(arguments);
    // A message that comes while a line is unfinished, as a stage's is, starts a new one.
    const char *before = console_at_line_start() ? "" : "\n";
    if (level == LOG_INFO) {
        print("%s%s\n", before, message);
    } else {
        print("%s%s: %s\n", before, names[level], message);
    }
}
