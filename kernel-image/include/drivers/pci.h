// The PCI bus by its configuration mechanism #1 (PCI Local Bus Specification 3.0, 3.2.2.3.2). Firmware has given the functions their addresses.
#pragma once

#include "types.h"
#include "x86_64/irq.h"

struct pci_function {
    uint8_t bus;
    uint8_t device;
    uint8_t function;
    uint16_t vendor;
    uint16_t product;
};

// Calls visit for each function there is, on the first bus and on those behind its bridges.
void pci_visit(void (*visit)(const struct pci_function *function));

// Registers of a function's configuration space. Offsets are multiples of the width.
uint8_t pci_read_8(const struct pci_function *function, unsigned offset);
uint16_t pci_read_16(const struct pci_function *function, unsigned offset);
uint32_t pci_read_32(const struct pci_function *function, unsigned offset);
void pci_write_16(const struct pci_function *function, unsigned offset, uint16_t value);

// Lets a function answer in memory, and reach into it.
void pci_enable(const struct pci_function *function);

// Where a base address register has its function's memory; 0 if that is not memory, or nowhere.
phys_addr pci_memory_bar(const struct pci_function *function, unsigned bar);

// The offset of the first capability of a kind behind another one (0: of all); 0 if there is none.
unsigned pci_find_capability(const struct pci_function *function, unsigned after, uint8_t id);

// Has a function interrupt by its first message of MSI-X, instead of its pin. False if it has no messages.
bool pci_enable_message(const struct pci_function *function, const struct irq_message *message);

// The interrupt controller's line that firmware gave the function's pin.
unsigned pci_interrupt_line(const struct pci_function *function);
