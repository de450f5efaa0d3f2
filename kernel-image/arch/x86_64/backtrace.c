#include "x86_64/backtrace.h"

#include "lib/console.h"
#include "lib/symbols.h"
#include "x86_64/stack.h"
#include "x86_64/trap.h"

#define MAX_FRAMES 24

#define OPCODE_PUSH_RBP 0x55
#define OPCODE_RET 0xc3

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

static void print_callers(int depth, uint64_t rbp)
{
    const struct frame_record *record = (const struct frame_record *)rbp;
    for (; stack_contains((virt_addr)record, sizeof *record); depth++) {
        if (depth == MAX_FRAMES) {
            print("  ...\n");
            return;
        }
        print_frame(depth, record->return_address, true);
        record = record->caller;
    }
}

// Where the return address is while a function has no frame record: before its prologue is done, after its epilogue, and all the time in a
// leaf function for which the compiler made none. 0 if there is a record.
static virt_addr return_address_without_record(uint64_t rip, uint64_t rsp)
{
    struct symbol symbol;
    if (!symbol_find(rip, &symbol)) {
        return 0;
    }
    bool builds_record = *(const uint8_t *)symbol.address == OPCODE_PUSH_RBP;
    if (builds_record && rip == symbol.address + 1) {
        return rsp + sizeof(uint64_t);
    }
    return !builds_record || rip == symbol.address || *(const uint8_t *)rip == OPCODE_RET ? rsp : 0;
}

void backtrace_print(uint64_t return_address, uint64_t rbp)
{
    print("backtrace:\n");
    print_frame(0, return_address, true);
    print_callers(1, rbp);
}

void backtrace_print_trap(const struct trap_frame *frame)
{
    print("backtrace:\n");
    print_frame(0, frame->rip, false);
    virt_addr slot = return_address_without_record(frame->rip, frame->rsp);
    struct symbol symbol;
    bool found = slot != 0 && stack_contains(slot, sizeof(uint64_t)) && symbol_find(*(const uint64_t *)slot, &symbol);
    if (found) {
        print_frame(1, *(const uint64_t *)slot, true);
    }
    print_callers(found ? 2 : 1, frame->rbp);
}
