// Messages with a level, one line each. Not for interrupt handlers and the switch of tasks: the log has a lock, which the interrupted task
// may hold.
#pragma once

#include "types.h"

enum log_level {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG, // may depend on the machine: addresses, sizes, counts
};

#define LOG_RECORDS 64
#define MAX_LOG_MESSAGE 240

// The last messages, those that were not printed as well, for debuggers: the oldest is at log_count % LOG_RECORDS.
struct log_record {
    enum log_level level;
    char text[MAX_LOG_MESSAGE];
};

extern struct log_record log_records[LOG_RECORDS];
extern uint64_t log_count;

// Messages above this level are kept but not printed. Starts as LOG_INFO.
void log_set_level(enum log_level level);

// Finds a level by its name; false if there is none of that name.
bool log_level_parse(const char *name, enum log_level *level);

void log_message(enum log_level level, const char *format, ...) PRINTF(2, 3);

#define log_error(...) log_message(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_message(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)
