#include "init/options.h"

#include "drivers/debug_exit.h"
#include "init/boot_info.h"
#include "lib/console.h"
#include "lib/log.h"
#include "lib/string.h"
#include "x86_64/percpu.h"

#define DEFAULT_TICKS 10

struct options options = {.crash = CRASH_NONE, .exit_code = DEBUG_EXIT_SUCCESS, .ticks = DEFAULT_TICKS, .processors = MAX_CPUS};

static _Noreturn void refuse(const char *name, const char *value, const char *wanted)
{
    if (value == NULL) {
        log_error("option \"%s\": %s", name, wanted);
    } else {
        log_error("option \"%s=%s\": %s", name, value, wanted);
    }
    print("Sprout: failed\n");
    debug_exit(DEBUG_EXIT_FAILURE);
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

// A decimal number, or a hexadecimal one after 0x.
static bool parse_number(const char *text, uint64_t limit, uint64_t *number)
{
    int base = 10;
    if (text[0] == '0' && (text[1] | 0x20) == 'x') {
        base = 16;
        text += 2;
    }
    uint64_t value = 0;
    for (const char *c = text; *c != '\0'; c++) {
        int digit = digit_value(*c);
        if (digit >= base) {
            return false;
        }
        value = value * (uint64_t)base + (uint64_t)digit;
        if (value > limit) {
            return false;
        }
    }
    *number = value;
    return *text != '\0';
}

static uint64_t number_option(const char *name, const char *value, uint64_t limit, const char *wanted)
{
    uint64_t number;
    if (value == NULL || !parse_number(value, limit, &number)) {
        refuse(name, value, wanted);
    }
    return number;
}

static enum test test_option(const char *name, const char *value)
{
    static const struct {
        const char *name;
        enum test test;
    } tests[] = {{"shell", TEST_SHELL}, {"boot-stages", TEST_BOOT_STAGES}, {"kthread", TEST_KTHREAD}, {"sleep", TEST_SLEEP}, {"ktest", TEST_KTEST}};

    for (size_t i = 0; value != NULL && i < ARRAY_LENGTH(tests); i++) {
        if (string_equal(value, tests[i].name)) {
            return tests[i].test;
        }
    }
    refuse(name, value, "takes shell, boot-stages, kthread, sleep or ktest");
}

static void set_option(const char *name, const char *value)
{
    if (string_equal(name, "loglevel")) {
        enum log_level level;
        if (value == NULL || !log_level_parse(value, &level)) {
            refuse(name, value, "takes error, warn, info or debug");
        }
        log_set_level(level);
    } else if (string_equal(name, "crash")) {
        if (value == NULL || !crash_parse(value, &options.crash)) {
            refuse(name, value, "takes pf, ud, gp, df, stack, div, assert or hang");
        }
    } else if (string_equal(name, "test")) {
        options.test = test_option(name, value);
    } else if (string_equal(name, "run")) {
        if (value == NULL) {
            refuse(name, value, "takes commands for the shell");
        }
        options.test = TEST_RUN;
        options.commands = value;
    } else if (string_equal(name, "section")) {
        if (value == NULL) {
            refuse(name, value, "takes the beginning of the name of a section of ktest");
        }
        options.section = value;
    } else if (string_equal(name, "exit")) {
        options.exit_code = (uint8_t)number_option(name, value, 255, "takes a number up to 255");
    } else if (string_equal(name, "ticks")) {
        options.ticks = number_option(name, value, 1000000, "takes a number up to 1000000");
    } else if (string_equal(name, "echo")) {
        options.echo_lines = number_option(name, value, 1000000, "takes a number up to 1000000");
    } else if (string_equal(name, "apic") && value == NULL) {
        options.apic = true;
    } else if (string_equal(name, "cpus")) {
        options.processors = number_option(name, value, MAX_CPUS, "takes a number from 1 to 16");
        if (options.processors == 0) {
            refuse(name, value, "takes a number from 1 to 16");
        }
    } else if (string_equal(name, "halt") && value == NULL) {
        options.halt = true;
    } else {
        refuse(name, value, "there is no such option");
    }
}

// Finds the end of a value, which may hold blanks if it is in double quotes. The quotes are dropped.
static char *end_of_value(const char *name, char **value)
{
    char *end = *value;
    if (*end != '"') {
        while (*end != '\0' && *end != ' ') {
            end++;
        }
        return end;
    }
    *value = ++end;
    while (*end != '"') {
        if (*end++ == '\0') {
            refuse(name, *value, "the closing quote is missing");
        }
    }
    *end++ = '\0';
    if (*end != '\0' && *end != ' ') {
        refuse(name, *value, "there has to be a blank after the closing quote");
    }
    return end;
}

// The parser cuts its copy into words and the words into names and values.
void options_init(const char *command_line)
{
    static char line[MAX_COMMAND_LINE];

    memcpy(line, command_line, strlen(command_line) + 1);
    for (char *at = line; *at != '\0';) {
        while (*at == ' ') {
            at++;
        }
        char *name = at;
        char *value = NULL;
        while (*at != '\0' && *at != ' ' && *at != '=') {
            at++;
        }
        if (*at == '=') {
            *at = '\0';
            value = at + 1;
            at = end_of_value(name, &value);
        }
        if (*at == ' ') {
            *at++ = '\0';
        }
        if (*name != '\0' || value != NULL) {
            set_option(name, value);
        }
    }
}
