#include "lib/symbols.h"

// Written by symbols.awk: ascending addresses (the low halves: kernel addresses are sign-extended 32-bit values) and offsets of names.
extern const uint64_t kernel_symbol_count;
extern const int32_t kernel_symbol_addresses[];
extern const uint32_t kernel_symbol_names[];
extern const char kernel_symbol_strings[];

extern const char __text_start[], __text_end[];

static virt_addr address_of(uint64_t index)
{
    return (virt_addr)(int64_t)kernel_symbol_addresses[index];
}

bool symbol_find(virt_addr address, struct symbol *symbol)
{
    if (address < (virt_addr)__text_start || address >= (virt_addr)__text_end) {
        return false;
    }
    // The number of symbols at or below the address.
    uint64_t low = 0;
    uint64_t high = kernel_symbol_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (address_of(middle) <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return false;
    }
    *symbol = (struct symbol){&kernel_symbol_strings[kernel_symbol_names[low - 1]], address_of(low - 1)};
    return true;
}
