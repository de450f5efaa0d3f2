#include "lib/console.h"

#include "drivers/uart16550.h"
#include "lib/format.h"
#include "lib/spinlock.h"

static struct spinlock console_lock = SPINLOCK("console");
static char last = '\n';

static void put(void *context, char c)
{
    (void)context;
    if (c == '\n') {
        uart16550_send('\r');
    }
    uart16550_send(c);
    last = c;
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    uint64_t flags = spin_lock_irqsave(&console_lock);
    format_to(put, NULL, format, arguments);
    spin_unlock_irqrestore(&console_lock, flags);
    va_end(arguments);
}

void console_write(const char *text, size_t length)
{
    uint64_t flags = spin_lock_irqsave(&console_lock);
    for (size_t i = 0; i < length; i++) {
        put(NULL, text[i]);
    }
    spin_unlock_irqrestore(&console_lock, flags);
}

bool console_at_line_start(void)
{
    return last == '\n';
}

void console_break_lock(void)
{
    spin_break(&console_lock);
}
