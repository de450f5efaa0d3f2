#include "drivers/io_apic.h"

#include "lib/panic.h"
#include "lib/spinlock.h"
#include "mm/device_memory.h"

// 3.0 to 3.2.4: registers are chosen by one and read and written by another.
#define SELECT 0x00
#define WINDOW 0x10
#define REGISTERS_SIZE 0x20
#define VERSION 1
#define REDIRECTION(pin) (0x10 + 2 * (pin))

#define LAST_PIN_SHIFT 16
#define LAST_PIN_MASK 0xff
#define REDIRECTION_LOW (1 << 13)
#define REDIRECTION_LEVEL (1 << 15)
#define REDIRECTION_MASKED (1 << 16)
#define DESTINATION_SHIFT 24

struct io_apic {
    volatile char *registers;
    uint32_t first_input;
    uint32_t pin_count;
};

static struct spinlock io_apic_lock = SPINLOCK("i/o apic"); // guards the choice of a register between it and the access
static struct io_apic io_apics[MAX_IO_APICS];
static size_t io_apic_count;
static struct madt_line lines[IRQ_LINES];

static uint32_t read(const struct io_apic *io_apic, uint32_t index)
{
    uint64_t flags = spin_lock_irqsave(&io_apic_lock);
    *(volatile uint32_t *)(io_apic->registers + SELECT) = index;
    uint32_t value = *(volatile uint32_t *)(io_apic->registers + WINDOW);
    spin_unlock_irqrestore(&io_apic_lock, flags);
    return value;
}

static void write(const struct io_apic *io_apic, uint32_t index, uint32_t value)
{
    uint64_t flags = spin_lock_irqsave(&io_apic_lock);
    *(volatile uint32_t *)(io_apic->registers + SELECT) = index;
    *(volatile uint32_t *)(io_apic->registers + WINDOW) = value;
    spin_unlock_irqrestore(&io_apic_lock, flags);
}

void io_apic_init(const struct madt *madt)
{
    for (size_t i = 0; i < madt->io_apic_count; i++) {
        struct io_apic *io_apic = &io_apics[i];
        io_apic->registers = device_map(madt->io_apics[i].address, REGISTERS_SIZE);
        io_apic->first_input = madt->io_apics[i].first_input;
        io_apic->pin_count = (read(io_apic, VERSION) >> LAST_PIN_SHIFT & LAST_PIN_MASK) + 1;
        for (uint32_t pin = 0; pin < io_apic->pin_count; pin++) {
            write(io_apic, REDIRECTION(pin), REDIRECTION_MASKED);
        }
    }
    io_apic_count = madt->io_apic_count;
    for (unsigned line = 0; line < IRQ_LINES; line++) {
        lines[line] = madt->lines[line];
    }
}

static void redirect(unsigned line, uint32_t entry)
{
    uint32_t input = lines[line].input;
    for (size_t i = 0; i < io_apic_count; i++) {
        const struct io_apic *io_apic = &io_apics[i];
        if (input >= io_apic->first_input && input - io_apic->first_input < io_apic->pin_count) {
            uint32_t pin = input - io_apic->first_input;
            // The destination first: with the other half the interrupts may begin.
            write(io_apic, REDIRECTION(pin) + 1, (uint32_t)cpus[0].apic_id << DESTINATION_SHIFT);
            write(io_apic, REDIRECTION(pin), entry);
            return;
        }
    }
    panic("no i/o apic has input %u, of line %u", input, line);
}

void io_apic_unmask(unsigned line)
{
    uint32_t how = (lines[line].is_low ? REDIRECTION_LOW : 0) | (lines[line].is_level ? REDIRECTION_LEVEL : 0);
    redirect(line, how | (IRQ_VECTOR_BASE + line));
}

void io_apic_mask(unsigned line)
{
    redirect(line, REDIRECTION_MASKED);
}
