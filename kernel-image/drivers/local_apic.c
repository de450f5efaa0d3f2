#include "drivers/local_apic.h"

#include "drivers/clock.h"
#include "drivers/timer.h"
#include "mm/device_memory.h"
#include "x86_64/cpu.h"

// Offsets of registers (table 11-1).
#define REGISTERS_SIZE 0x400
#define ID 0x020
#define END_OF_INTERRUPT 0x0b0
#define SPURIOUS_INTERRUPT 0x0f0
#define INTERRUPT_COMMAND 0x300
#define INTERRUPT_COMMAND_HIGH 0x310
#define LVT_TIMER 0x320
#define LVT_LINT0 0x350
#define INITIAL_COUNT 0x380
#define CURRENT_COUNT 0x390
#define DIVIDE_CONFIGURATION 0x3e0

#define ID_SHIFT 24
#define APIC_ENABLED (1 << 8)
#define LVT_MASKED (1 << 16)
#define LVT_PERIODIC (1 << 17)
#define DIVIDE_BY_16 3
#define MAX_COUNT UINT32_MAX

// 11.6.1
#define COMMAND_INIT (5 << 8)
#define COMMAND_NMI (4 << 8)
#define COMMAND_STARTUP (6 << 8)
#define COMMAND_PENDING (1 << 12)
#define COMMAND_ASSERT (1 << 14)
#define COMMAND_ALL_BUT_SELF (3 << 18)

// 11.11.1
#define MESSAGE_ADDRESS 0xfee00000
#define MESSAGE_DESTINATION_SHIFT 12

#define MEASUREMENTS 3
#define MEASURED_NANOS (4 * MILLISECOND)
#define FRACTION_BITS 32

static volatile char *registers;
static uint64_t counts_per_nano; // with FRACTION_BITS bits of fraction

static uint32_t read(unsigned offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

static void write(unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}

void local_apic_map(phys_addr address)
{
    registers = device_map(address, REGISTERS_SIZE);
}

void local_apic_enable(void)
{
    // What the 8259s ask for, firmware has come through here.
    write(LVT_LINT0, LVT_MASKED);
    write(LVT_TIMER, LVT_MASKED);
    write(SPURIOUS_INTERRUPT, APIC_ENABLED | SPURIOUS_VECTOR);
}

uint8_t local_apic_id(void)
{
    return (uint8_t)(read(ID) >> ID_SHIFT);
}

void local_apic_end_of_interrupt(void)
{
    write(END_OF_INTERRUPT, 0);
}

struct irq_message local_apic_message(uint8_t vector)
{
    return (struct irq_message){MESSAGE_ADDRESS | (uint64_t)local_apic_id() << MESSAGE_DESTINATION_SHIFT, vector};
}

// The two halves belong together: no interrupt handler that sends comes between them, nor another processor.
static void send(uint8_t apic_id, uint32_t command)
{
    uint64_t flags = interrupts_save();
    while ((read(INTERRUPT_COMMAND) & COMMAND_PENDING) != 0) {
        pause();
    }
    write(INTERRUPT_COMMAND_HIGH, (uint32_t)apic_id << ID_SHIFT);
    write(INTERRUPT_COMMAND, command);
    interrupts_restore(flags);
}

void local_apic_send(uint8_t apic_id, uint8_t vector)
{
    send(apic_id, COMMAND_ASSERT | vector);
}

void local_apic_send_nmi_to_others(void)
{
    send(0, COMMAND_ASSERT | COMMAND_ALL_BUT_SELF | COMMAND_NMI);
}

void local_apic_send_init(uint8_t apic_id)
{
    send(apic_id, COMMAND_ASSERT | COMMAND_INIT);
}

void local_apic_send_startup(uint8_t apic_id, phys_addr page)
{
    send(apic_id, COMMAND_ASSERT | COMMAND_STARTUP | (uint32_t)(page / PAGE_SIZE));
}

static uint32_t counts(uint64_t nanos)
{
    unsigned __int128 count = (unsigned __int128)nanos * counts_per_nano >> FRACTION_BITS;
    return count == 0 ? 1 : count > MAX_COUNT ? MAX_COUNT : (uint32_t)count;
}

static void stop(void)
{
    write(INITIAL_COUNT, 0);
}

// Stopped first: periodic by the few counts of a short sleep, if only until the next write, it would interrupt all the time.
static void start(uint32_t mode, uint64_t nanos)
{
    stop();
    write(LVT_TIMER, mode | LOCAL_TIMER_VECTOR);
    write(DIVIDE_CONFIGURATION, DIVIDE_BY_16);
    write(INITIAL_COUNT, counts(nanos));
}

static void start_ticks(void)
{
    start(LVT_PERIODIC, SECOND / TICKS_PER_SECOND);
}

// One count more, because the first may be short.
static void start_once(uint64_t nanos)
{
    start(0, nanos + (1UL << FRACTION_BITS) / counts_per_nano + 1);
}

// The counter is read before the first look at the clock and after the last: whatever stops the processor in between makes the counts per
// nanosecond too many, never too few. Ticks that come too seldom are late; those that come too often leave no time for anything else.
static uint64_t measure(void)
{
    write(INITIAL_COUNT, MAX_COUNT);
    uint32_t first = read(CURRENT_COUNT);
    uint64_t start_time = clock_nanos();
    uint64_t passed_time;
    do {
        pause();
        passed_time = clock_nanos() - start_time;
    } while (passed_time < MEASURED_NANOS);
    uint64_t passed = first - read(CURRENT_COUNT);
    stop();
    return (passed << FRACTION_BITS) / passed_time;
}

void local_apic_timer_init(void)
{
    static const struct timer_device device = {start_ticks, start_once, stop};

    write(LVT_TIMER, LVT_MASKED);
    write(DIVIDE_CONFIGURATION, DIVIDE_BY_16);
    counts_per_nano = UINT64_MAX;
    for (int i = 0; i < MEASUREMENTS; i++) {
        uint64_t measured = measure();
        counts_per_nano = measured < counts_per_nano ? measured : counts_per_nano;
    }
    timer_use(&device);
}
