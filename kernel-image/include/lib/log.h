// Messages with a level, one line each.
#pragma once

#include "types.h"

enum log_level {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG, // may depend on the machine: addresses, sizes, counts
};

// Messages above this level are dropped. Starts as LOG_INFO.
void log_set_level(enum log_level level);

// Finds a level by its name; false if there is none of that name.
bool log_level_parse(const char *name, enum log_level *level);

void log_message(enum log_level level, const char *format, ...) PRINTF(2, 3);

#define log_error(...) log_message(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_message(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)
