#include "drivers/madt.h"

#include "drivers/acpi.h"
#include "lib/string.h"

#define TYPE_LOCAL_APIC 0
#define TYPE_IO_APIC 1
#define TYPE_OVERRIDE 2
#define TYPE_LOCAL_APIC_ADDRESS 5

#define PROCESSOR_ENABLED 1
#define POLARITY 3
#define POLARITY_LOW 3
#define TRIGGER (3 << 2)
#define TRIGGER_LEVEL (3 << 2)

struct header {
    struct acpi_header acpi;
    uint32_t local_apics;
    uint32_t flags;
} PACKED;

// 5.2.12.2, .3, .5 and .8: each begins with its type and its length.
struct entry {
    uint8_t type;
    uint8_t length;
    union {
        struct {
            uint8_t processor;
            uint8_t apic_id;
            uint32_t flags;
        } PACKED local_apic;
        struct {
            uint8_t id;
            uint8_t reserved;
            uint32_t address;
            uint32_t first_input;
        } PACKED io_apic;
        struct {
            uint8_t bus;
            uint8_t line;
            uint32_t input;
            uint16_t flags;
        } PACKED override;
        struct {
            uint16_t reserved;
            uint64_t address;
        } PACKED local_apic_address;
    };
} PACKED;

static void read_entry(struct madt *madt, const struct entry *entry)
{
    switch (entry->type) {
    case TYPE_LOCAL_APIC:
        if ((entry->local_apic.flags & PROCESSOR_ENABLED) != 0 && madt->processor_count < MAX_CPUS) {
            madt->processors[madt->processor_count++] = entry->local_apic.apic_id;
        }
        break;
    case TYPE_IO_APIC:
        if (madt->io_apic_count < MAX_IO_APICS) {
            madt->io_apics[madt->io_apic_count++] = (struct madt_io_apic){entry->io_apic.address, entry->io_apic.first_input};
        }
        break;
    case TYPE_OVERRIDE:
        // What conforms to the bus, as all that is not said, is active high and edge triggered there.
        if (entry->override.line < IRQ_LINES) {
            madt->lines[entry->override.line] = (struct madt_line){
                .input = entry->override.input,
                .is_low = (entry->override.flags & POLARITY) == POLARITY_LOW,
                .is_level = (entry->override.flags & TRIGGER) == TRIGGER_LEVEL,
            };
        }
        break;
    case TYPE_LOCAL_APIC_ADDRESS:
        madt->local_apics = entry->local_apic_address.address;
        break;
    }
}

bool madt_read(struct madt *madt)
{
    const struct header *table = (const struct header *)acpi_find("APIC");
    if (table == NULL) {
        return false;
    }
    *madt = (struct madt){.local_apics = table->local_apics};
    for (unsigned line = 0; line < IRQ_LINES; line++) {
        madt->lines[line].input = line;
    }
    const uint8_t *at = (const uint8_t *)(table + 1);
    const uint8_t *end = (const uint8_t *)table + table->acpi.length;
    // An entry that is shorter than its own head, or longer than the table, is the end of what can be read.
    while (end - at > 2 && at[1] > 2 && at[1] <= end - at) {
        struct entry entry = {0};
        memcpy(&entry, at, at[1] < sizeof entry ? at[1] : sizeof entry);
        read_entry(madt, &entry);
        at += at[1];
    }
    return madt->io_apic_count > 0;
}
