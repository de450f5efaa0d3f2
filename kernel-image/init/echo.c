#include "init/echo.h"

#include "drivers/uart16550.h"
#include "lib/console.h"
#include "lib/log.h"
#include "x86_64/cpu.h"

#define MAX_LINE 128

static char next_char(void)
{
    int byte;
    interrupts_off();
    while ((byte = uart16550_receive()) < 0) {
        wait_for_interrupt();
    }
    interrupts_on();
    return (char)byte;
}

// A line ends with CR, as terminals send, or with LF. What is longer than the buffer is cut.
static void read_line(char *line)
{
    size_t length = 0;
    for (char c = next_char(); c != '\r' && c != '\n'; c = next_char()) {
        if (length < MAX_LINE - 1) {
            line[length++] = c;
        }
    }
    line[length] = '\0';
}

void echo_lines(uint64_t count)
{
    if (count > 0) {
        print("echo: ready\n");
    }
    for (uint64_t i = 0; i < count; i++) {
        char line[MAX_LINE];
        read_line(line);
        print("echo: %s\n", line);
    }
    if (uart16550_lost() != 0) {
        log_warn("echo: %lu bytes of input were lost", uart16550_lost());
    }
}
