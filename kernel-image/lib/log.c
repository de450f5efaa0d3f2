#include "lib/log.h"

#include <stdarg.h>

#include "lib/console.h"
#include "lib/format.h"
#include "lib/spinlock.h"
#include "lib/string.h"

struct log_record log_records[LOG_RECORDS];
uint64_t log_count;

// Leaves interrupts on: a line takes milliseconds at the speed of a serial line.
static struct spinlock log_lock = SPINLOCK("log");
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

static void show(const struct log_record *record)
{
    // A message that comes while a line is unfinished, as a stage's is, starts a new one.
    const char *before = console_at_line_start() ? "" : "\n";
    if (record->level == LOG_INFO) {
        print("%s%s\n", before, record->text);
    } else {
        print("%s%s: %s\n", before, names[record->level], record->text);
    }
}

void log_message(enum log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    spin_lock(&log_lock);
    struct log_record *record = &log_records[log_count % LOG_RECORDS];
    record->level = level;
    format_text(record->text, sizeof record->text, format, arguments);
    log_count++;
    if (level <= threshold) {
        show(record);
    }
    spin_unlock(&log_lock);
    va_end(arguments);
}
