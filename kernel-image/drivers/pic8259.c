#include "drivers/pic8259.h"

#include "x86_64/cpu.h"
#include "x86_64/irq.h"

#define MASTER_COMMAND 0x20
#define MASTER_DATA 0x21
#define SLAVE_COMMAND 0xa0
#define SLAVE_DATA 0xa1

// Intel 8259A data sheet, "Initialization Command Words" and "Operation Command Words".
#define ICW1_INIT_ICW4 0x11 // edge triggered, cascaded, ICW4 follows
#define ICW4_8086 0x01
#define OCW2_EOI 0x20
#define OCW3_READ_ISR 0x0b

#define LINES_PER_CHIP 8
#define SPURIOUS_LINE 7

static uint16_t mask = 0xffff;

static void write_mask(void)
{
    outb(MASTER_DATA, (uint8_t)mask);
    outb(SLAVE_DATA, (uint8_t)(mask >> LINES_PER_CHIP));
}

void pic8259_init(uint8_t vector_base)
{
    outb(MASTER_COMMAND, ICW1_INIT_ICW4);
    outb(SLAVE_COMMAND, ICW1_INIT_ICW4);
    outb(MASTER_DATA, vector_base);
    outb(SLAVE_DATA, vector_base + LINES_PER_CHIP);
    outb(MASTER_DATA, 1 << IRQ_CASCADE);
    outb(SLAVE_DATA, IRQ_CASCADE);
    outb(MASTER_DATA, ICW4_8086);
    outb(SLAVE_DATA, ICW4_8086);
    mask = (uint16_t)~(1 << IRQ_CASCADE);
    write_mask();
}

uint16_t pic8259_read_mask(void)
{
    return (uint16_t)(inb(SLAVE_DATA) << LINES_PER_CHIP | inb(MASTER_DATA));
}

void pic8259_unmask(unsigned line)
{
    mask &= (uint16_t)~(1 << line);
    write_mask();
}

void pic8259_mask(unsigned line)
{
    mask |= (uint16_t)(1 << line);
    write_mask();
}

void pic8259_mask_all(void)
{
    mask = 0xffff;
    write_mask();
}

bool pic8259_is_spurious(unsigned line)
{
    if (line % LINES_PER_CHIP != SPURIOUS_LINE) {
        return false;
    }
    bool slave = line >= LINES_PER_CHIP;
    uint16_t port = slave ? SLAVE_COMMAND : MASTER_COMMAND;
    outb(port, OCW3_READ_ISR);
    if ((inb(port) & (1 << SPURIOUS_LINE)) != 0) {
        return false;
    }
    if (slave) {
        // The master saw a real request on its cascade line and waits for its end.
        outb(MASTER_COMMAND, OCW2_EOI);
    }
    return true;
}

void pic8259_end_of_interrupt(unsigned line)
{
    if (line >= LINES_PER_CHIP) {
        outb(SLAVE_COMMAND, OCW2_EOI);
    }
    outb(MASTER_COMMAND, OCW2_EOI);
}
