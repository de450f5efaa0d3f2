#include "drivers/acpi.h"

#include "init/boot_info.h"
#include "lib/string.h"
#include "mm/device_memory.h"

#define MAX_TABLE_SIZE MIB

// 5.2.5.3
struct root_pointer {
    char signature[8];
    uint8_t checksum; // of the first 20 bytes
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
} PACKED;

#define FIRST_ROOT_POINTER_SIZE 20
#define REVISION_WITH_XSDT 2

static bool sum_is_zero(const void *memory, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + ((const uint8_t *)memory)[i]);
    }
    return sum == 0;
}

// Tables do not change: what is mapped as a device is memory all the same. NULL if it is no table.
static const struct acpi_header *map_table(phys_addr address)
{
    const struct acpi_header *header = (const struct acpi_header *)device_map(address, sizeof *header);
    uint32_t length = header->length;
    if (length < sizeof *header || length > MAX_TABLE_SIZE) {
        return NULL;
    }
    const struct acpi_header *table = (const struct acpi_header *)device_map(address, length);
    return sum_is_zero(table, length) ? table : NULL;
}

// The entries of the root table: 8 bytes each in the XSDT, 4 in the RSDT, not aligned.
static const struct acpi_header *find_in(const struct acpi_header *root, size_t entry_size, const char *signature)
{
    const char *entries = (const char *)(root + 1);
    size_t count = (root->length - sizeof *root) / entry_size;
    for (size_t i = 0; i < count; i++) {
        uint64_t address = 0;
        memcpy(&address, entries + i * entry_size, entry_size);
        const struct acpi_header *table = map_table(address);
        if (table != NULL && memcmp(table->signature, signature, sizeof table->signature) == 0) {
            return table;
        }
    }
    return NULL;
}

const struct acpi_header *acpi_find(const char *signature)
{
    if (boot_info.rsdp == 0) {
        return NULL;
    }
    const struct root_pointer *pointer = (const struct root_pointer *)device_map(boot_info.rsdp, sizeof *pointer);
    if (memcmp(pointer->signature, "RSD PTR ", sizeof pointer->signature) != 0 || !sum_is_zero(pointer, FIRST_ROOT_POINTER_SIZE)) {
        return NULL;
    }
    bool has_xsdt = pointer->revision >= REVISION_WITH_XSDT && pointer->xsdt != 0;
    const struct acpi_header *root = map_table(has_xsdt ? pointer->xsdt : pointer->rsdt);
    return root != NULL ? find_in(root, has_xsdt ? sizeof(uint64_t) : sizeof(uint32_t), signature) : NULL;
}
