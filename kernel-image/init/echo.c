#include "init/echo.h"

#include "drivers/uart16550.h"
#include "lib/console.h"
#include "lib/log.h"
#include "lib/spinlock.h"
#include "sched/wait.h"

#define MAX_LINE 128
#define HANGUP (-1)

static struct spinlock input_lock = SPINLOCK("echo");
static struct wait_queue readers = WAIT_QUEUE("echo");

static bool keep_nothing(uint8_t byte)
{
    (void)byte;
    return false;
}

static void wake_readers(void)
{
    uint64_t flags = spin_lock_irqsave(&input_lock);
    wait_queue_wake_all(&readers);
    spin_unlock_irqrestore(&input_lock, flags);
}

static int next_byte(void)
{
    int byte;
    uint64_t flags = spin_lock_irqsave(&input_lock);
    while ((byte = uart16550_receive()) < 0 && uart16550_carrier()) {
        wait_queue_wait(&readers, &input_lock);
    }
    spin_unlock_irqrestore(&input_lock, flags);
    return byte < 0 ? HANGUP : byte;
}

// A line ends with CR, as terminals send, or with LF. What is longer than the buffer is cut. False if the end of the input came first.
static bool read_line(char *line)
{
    size_t length = 0;
    int byte = next_byte();
    for (; byte != '\r' && byte != '\n' && byte != HANGUP; byte = next_byte()) {
        if (length < MAX_LINE - 1) {
            line[length++] = (char)byte;
        }
    }
    line[length] = '\0';
    return byte != HANGUP;
}

void echo_lines(uint64_t count)
{
    static const struct uart16550_listener listener = {keep_nothing, wake_readers};

    if (count > 0) {
        uart16550_listen(&listener);
        print("echo: ready\n");
    }
    for (uint64_t i = 0; i < count; i++) {
        char line[MAX_LINE];
        if (!read_line(line)) {
            log_warn("echo: the console hung up");
            break;
        }
        print("echo: %s\n", line);
    }
    if (uart16550_lost() != 0) {
        log_warn("echo: %lu bytes of input were lost", uart16550_lost());
    }
}
