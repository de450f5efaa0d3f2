#include "drivers/pci.h"

#include "lib/spinlock.h"
#include "mm/device_memory.h"
#include "x86_64/cpu.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define CONFIG_ENABLE 0x80000000

// Configuration space (PCI 3.0, 6.1 and 6.2).
#define VENDOR_ID 0x00 // and the product's behind it
#define COMMAND 0x04
#define STATUS 0x06
#define HEADER_TYPE 0x0e
#define BAR_0 0x10
#define SECONDARY_BUS 0x19 // of a bridge
#define CAPABILITIES 0x34
#define INTERRUPT_LINE 0x3c

#define NO_VENDOR 0xffff
#define COMMAND_MEMORY 0x0002
#define COMMAND_MASTER 0x0004
#define STATUS_CAPABILITIES 0x0010
#define HEADER_MANY_FUNCTIONS 0x80
#define HEADER_LAYOUT 0x7f
#define LAYOUT_BRIDGE 0x01
#define BAR_IO 0x1
#define BAR_TYPE 0x6
#define BAR_64 0x4
#define BAR_FLAGS 0xf

#define CAPABILITY_MSIX 0x11
#define MSIX_CONTROL 2
#define MSIX_ENABLE 0x8000
#define MSIX_ALL_MASKED 0x4000
#define MSIX_TABLE 4
#define MSIX_TABLE_BAR 7

#define DEVICES 32
#define FUNCTIONS 8
// More than fit into configuration space: a list that is longer goes in a circle.
#define MAX_CAPABILITIES 48

struct msix_entry {
    uint32_t address_low;
    uint32_t address_high;
    uint32_t data;
    uint32_t control; // bit 0: masked
};

static struct spinlock pci_lock = SPINLOCK("pci"); // guards the address between its write and the access

static uint32_t address(const struct pci_function *function, unsigned offset)
{
    return CONFIG_ENABLE | (uint32_t)function->bus << 16 | (uint32_t)function->device << 11 | (uint32_t)function->function << 8 | (offset & 0xfc);
}

uint32_t pci_read_32(const struct pci_function *function, unsigned offset)
{
    uint64_t flags = spin_lock_irqsave(&pci_lock);
    outl(CONFIG_ADDRESS, address(function, offset));
    uint32_t value = inl(CONFIG_DATA);
    spin_unlock_irqrestore(&pci_lock, flags);
    return value;
}

uint16_t pci_read_16(const struct pci_function *function, unsigned offset)
{
    return (uint16_t)(pci_read_32(function, offset) >> 8 * (offset & 2));
}

uint8_t pci_read_8(const struct pci_function *function, unsigned offset)
{
    return (uint8_t)(pci_read_32(function, offset) >> 8 * (offset & 3));
}

// As a word, because its neighbour may be a register in which ones are cleared.
void pci_write_16(const struct pci_function *function, unsigned offset, uint16_t value)
{
    uint64_t flags = spin_lock_irqsave(&pci_lock);
    outl(CONFIG_ADDRESS, address(function, offset));
    outw((uint16_t)(CONFIG_DATA + (offset & 2)), value);
    spin_unlock_irqrestore(&pci_lock, flags);
}

static void visit_bus(unsigned bus, void (*visit)(const struct pci_function *));

// Buses behind a bridge have higher numbers than the one before it: anything else would not come to an end.
static void visit_function(const struct pci_function *function, void (*visit)(const struct pci_function *))
{
    visit(function);
    if ((pci_read_8(function, HEADER_TYPE) & HEADER_LAYOUT) == LAYOUT_BRIDGE) {
        uint8_t secondary = pci_read_8(function, SECONDARY_BUS);
        if (secondary > function->bus) {
            visit_bus(secondary, visit);
        }
    }
}

static void visit_bus(unsigned bus, void (*visit)(const struct pci_function *))
{
    for (unsigned slot = 0; slot < DEVICES * FUNCTIONS; slot++) {
        struct pci_function function = {
            .bus = (uint8_t)bus, .device = (uint8_t)(slot / FUNCTIONS), .function = (uint8_t)(slot % FUNCTIONS)};
        uint32_t identity = pci_read_32(&function, VENDOR_ID);
        function.vendor = (uint16_t)identity;
        function.product = (uint16_t)(identity >> 16);
        bool is_there = function.vendor != NO_VENDOR;
        if (is_there) {
            visit_function(&function, visit);
        }
        // Function 0 is always there, and says whether there are others.
        if (function.function == 0 && (!is_there || (pci_read_8(&function, HEADER_TYPE) & HEADER_MANY_FUNCTIONS) == 0)) {
            slot += FUNCTIONS - 1;
        }
    }
}

void pci_visit(void (*visit)(const struct pci_function *))
{
    visit_bus(0, visit);
}

void pci_enable(const struct pci_function *function)
{
    pci_write_16(function, COMMAND, pci_read_16(function, COMMAND) | COMMAND_MEMORY | COMMAND_MASTER);
}

phys_addr pci_memory_bar(const struct pci_function *function, unsigned bar)
{
    uint32_t low = pci_read_32(function, BAR_0 + 4 * bar);
    if ((low & BAR_IO) != 0) {
        return 0;
    }
    uint64_t high = (low & BAR_TYPE) == BAR_64 ? pci_read_32(function, BAR_0 + 4 * bar + 4) : 0;
    return high << 32 | (low & ~(uint32_t)BAR_FLAGS);
}

unsigned pci_find_capability(const struct pci_function *function, unsigned after, uint8_t id)
{
    if ((pci_read_16(function, STATUS) & STATUS_CAPABILITIES) == 0) {
        return 0;
    }
    unsigned offset = pci_read_8(function, after == 0 ? CAPABILITIES : after + 1) & 0xfc;
    for (int i = 0; i < MAX_CAPABILITIES && offset != 0; i++) {
        if (pci_read_8(function, offset) == id) {
            return offset;
        }
        offset = pci_read_8(function, offset + 1) & 0xfc;
    }
    return 0;
}

// PCI 3.0, 6.8.2: a table of messages in the function's memory. The first is set, and let through.
bool pci_enable_message(const struct pci_function *function, const struct irq_message *message)
{
    unsigned capability = pci_find_capability(function, 0, CAPABILITY_MSIX);
    if (capability == 0) {
        return false;
    }
    uint32_t place = pci_read_32(function, capability + MSIX_TABLE);
    phys_addr base = pci_memory_bar(function, place & MSIX_TABLE_BAR);
    if (base == 0) {
        return false;
    }
    volatile struct msix_entry *entry = device_map(base + (place & ~(uint32_t)MSIX_TABLE_BAR), sizeof *entry);
    entry->address_low = (uint32_t)message->address;
    entry->address_high = (uint32_t)(message->address >> 32);
    entry->data = message->data;
    entry->control = 0;
    uint16_t control = pci_read_16(function, capability + MSIX_CONTROL);
    pci_write_16(function, capability + MSIX_CONTROL, (uint16_t)((control | MSIX_ENABLE) & ~MSIX_ALL_MASKED));
    return true;
}

unsigned pci_interrupt_line(const struct pci_function *function)
{
    return pci_read_8(function, INTERRUPT_LINE);
}
