// The Multiple APIC Description Table: the processors and the interrupt controllers of the machine (ACPI Specification 6.5, 5.2.12).
#pragma once

#include "types.h"
#include "x86_64/irq.h"
#include "x86_64/percpu.h"

#define MAX_IO_APICS 4

struct madt_io_apic {
    phys_addr address;
    uint32_t first_input; // the number of its first pin among those of all
};

// Where a line of the bus arrives, and how.
struct madt_line {
    uint32_t input;
    bool is_low;   // active low
    bool is_level; // level triggered
};

struct madt {
    phys_addr local_apics;
    size_t processor_count; // as far as they can be used
    uint8_t processors[MAX_CPUS]; // their APIC IDs
    size_t io_apic_count;
    struct madt_io_apic io_apics[MAX_IO_APICS];
    struct madt_line lines[IRQ_LINES];
};

// Reads the table. False if there is none, or it names no I/O APIC.
bool madt_read(struct madt *madt);
