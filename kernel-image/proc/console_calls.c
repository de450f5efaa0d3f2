// System calls that read and write the console.
#include "proc/device_calls.h"

#include <stdatomic.h>

#include "drivers/uart16550.h"
#include "lib/console.h"
#include "lib/spinlock.h"
#include "proc/process.h"
#include "proc/user_memory.h"

#define PIECE 128
#define CTRL_C 0x03

static struct spinlock input_lock = SPINLOCK("console input");
static struct wait_queue readers = WAIT_QUEUE("console input");
static _Atomic uint64_t foreground; // the process that Ctrl-C ends; 0: none, and Ctrl-C is a byte like others

static bool take(uint8_t byte)
{
    uint64_t process = foreground;
    return byte == CTRL_C && process != 0 && process_kill(process) == 0;
}

// With the lock, so that nobody who has just found nothing to read falls asleep meanwhile.
static void wake_readers(void)
{
    uint64_t flags = spin_lock_irqsave(&input_lock);
    wait_queue_wake_all(&readers);
    spin_unlock_irqrestore(&input_lock, flags);
}

void console_calls_init(void)
{
    static const struct uart16550_listener listener = {take, wake_readers};

    uart16550_listen(&listener);
}

int64_t sys_console_write(const uint64_t argument[])
{
    char piece[PIECE];
    uint64_t size = argument[1];
    if (!is_user_range(argument[0], size)) {
        return -ERROR_BAD_ADDRESS;
    }
    for (uint64_t done = 0; done < size;) {
        size_t length = size - done < PIECE ? size - done : PIECE;
        int64_t error = copy_from_user(piece, argument[0] + done, length);
        if (error != 0) {
            return done > 0 ? (int64_t)done : error;
        }
        console_write(piece, length);
        done += length;
    }
    return (int64_t)size;
}

// The lock is held. How many bytes there were.
static size_t take_input(uint8_t *to, size_t size)
{
    size_t count = 0;
    for (int byte; count < size && (byte = uart16550_receive()) >= 0; count++) {
        to[count] = (uint8_t)byte;
    }
    return count;
}

int64_t sys_console_read(const uint64_t argument[])
{
    uint8_t piece[PIECE];
    size_t size = argument[1] < PIECE ? argument[1] : PIECE;
    size_t count;
    bool killed = false;
    uint64_t flags = spin_lock_irqsave(&input_lock);
    while ((count = take_input(piece, size)) == 0 && size > 0 && uart16550_carrier() && !killed) {
        killed = !wait_queue_wait_killable(&readers, &input_lock);
    }
    spin_unlock_irqrestore(&input_lock, flags);
    if (killed) {
        return -ERROR_KILLED;
    }
    int64_t error = copy_to_user(argument[0], piece, count);
    return error != 0 ? error : (int64_t)count;
}

int64_t sys_console_foreground(const uint64_t argument[])
{
    uint64_t process = argument[0];
    foreground = process;
    // Typed when the process was about to start.
    if (process != 0 && uart16550_drop_through(CTRL_C)) {
        process_kill(process);
    }
    return 0;
}
