#include "drivers/pit8254.h"

#include "drivers/clock.h"
#include "drivers/timer.h"
#include "x86_64/cpu.h"
#include "x86_64/irq.h"

#define COUNTER_0 0x40
#define COUNTER_2 0x42
#define CONTROL 0x43
#define SYSTEM_CONTROL_B 0x61

// Intel 8254 data sheet, "Control Word Format".
#define SELECT_COUNTER_0 0x00
#define SELECT_COUNTER_2 0x80
#define LATCH 0x00
#define LOW_THEN_HIGH 0x30
#define MODE_0_TERMINAL_COUNT 0x00
#define MODE_2_RATE_GENERATOR 0x04
#define MODE_4_SOFTWARE_STROBE 0x08

#define GATE_2 0x01
#define SPEAKER 0x02

#define INPUT_HZ 1193182
#define DIVISOR ((INPUT_HZ + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND)
#define MAX_COUNT 0xffff

static void write_count(uint16_t port, uint64_t count)
{
    outb(port, (uint8_t)count);
    outb(port, (uint8_t)(count >> 8));
}

static uint16_t read_count(uint8_t select, uint16_t port)
{
    outb(CONTROL, select | LATCH);
    uint8_t low = inb(port);
    return (uint16_t)(inb(port) << 8 | low);
}

static void start_ticks(void)
{
    outb(CONTROL, SELECT_COUNTER_0 | LOW_THEN_HIGH | MODE_2_RATE_GENERATOR);
    write_count(COUNTER_0, DIVISOR);
}

// Mode 4 and not 0, of which the output begins low: to go over to another mode would be an edge, and an interrupt. The output falls when the
// count is over and rises a pulse later, so that this is the first pulse after the time.
static void start_once(uint64_t nanos)
{
    uint64_t count = MAX_COUNT;
    if (nanos < MAX_COUNT * SECOND / INPUT_HZ) {
        count = nanos * INPUT_HZ / SECOND;
        count = count > 0 ? count : 1;
    }
    outb(CONTROL, SELECT_COUNTER_0 | LOW_THEN_HIGH | MODE_4_SOFTWARE_STROBE);
    write_count(COUNTER_0, count);
}

// Until a count is written the counter does nothing.
static void stop(void)
{
    outb(CONTROL, SELECT_COUNTER_0 | LOW_THEN_HIGH | MODE_4_SOFTWARE_STROBE);
}

void pit8254_init(void)
{
    static const struct timer_device device = {start_ticks, start_once, stop};

    timer_use(&device);
    timer_start_ticks();
}

uint16_t pit8254_read_count(void)
{
    return read_count(SELECT_COUNTER_0, COUNTER_0);
}

void pit8254_start(void)
{
    irq_enable(IRQ_TIMER, timer_interrupt);
}

void pit8254_start_stopwatch(void)
{
    outb(SYSTEM_CONTROL_B, (uint8_t)((inb(SYSTEM_CONTROL_B) | GATE_2) & ~SPEAKER));
    outb(CONTROL, SELECT_COUNTER_2 | LOW_THEN_HIGH | MODE_0_TERMINAL_COUNT);
    write_count(COUNTER_2, MAX_COUNT);
}

uint64_t pit8254_read_stopwatch(void)
{
    return (uint64_t)(MAX_COUNT - read_count(SELECT_COUNTER_2, COUNTER_2)) * SECOND / INPUT_HZ;
}
