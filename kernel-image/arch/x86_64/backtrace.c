#include "x86_64/backtrace.h"

#include "lib/console.h"
#include "lib/symbols.h"
#include "x86_64/stack.h"

#define MAX_FRAMES 24

// What the prologue of every function leaves at RBP.
struct frame_record {
    const struct frame_record *caller;
    uint64_t return_address;
};

// A return address may be the first byte of the next function, after a call that does not return: the byte before it is in the caller.
static void print_frame(int depth, uint64_t address, bool is_return_address)
{
    struct symbol symbol;
    if (symbol_find(address - (is_return_address ? 1 : 0), &symbol)) {
        print("  #%d %016lx %s+0x%lx\n", depth, address, symbol.name, address - symbol.address);
    } else {
        print("  #%d %016lx ?\n", depth, address);
    }
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
    print("backtrace:\n");
    print_frame(0, rip, false);
    const struct frame_record *record = (const struct frame_record *)rbp;
    for (int depth = 1; stack_contains((virt_addr)record, sizeof *record); depth++) {
        if (depth == MAX_FRAMES) {
            print("  ...\n");
            return;
        }
        print_frame(depth, record->return_address, true);
        record = record->caller;
    }
}
