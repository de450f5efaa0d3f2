#include "x86_64/extable.h"

#include "x86_64/cpu.h"
#include "x86_64/percpu.h"
#include "x86_64/stack.h"

struct entry {
    uint64_t instruction;
    uint64_t continue_at;
};

extern const struct entry __extable_start[], __extable_end[];

static const struct entry *find(uint64_t address)
{
    for (const struct entry *entry = __extable_start; entry < __extable_end; entry++) {
        if (entry->instruction == address) {
            return entry;
        }
    }
    return NULL;
}

// A call to an address that cannot be fetched from faults at that address; who called is the return address on the stack.
static bool is_fetch_fault(const struct trap_frame *frame)
{
    return frame->vector == EXCEPTION_PF && (frame->error_code & PF_FETCH) != 0 && stack_contains(frame->rsp, sizeof(uint64_t));
}

bool extable_recover(struct trap_frame *frame)
{
    const struct entry *entry = find(frame->rip);
    if (entry == NULL && is_fetch_fault(frame)) {
        entry = find(*(const uint64_t *)frame->rsp);
        frame->rsp += entry != NULL ? sizeof(uint64_t) : 0;
    }
    if (entry == NULL) {
        return false;
    }
    if (frame->vector == EXCEPTION_DB) {
        // DR6 is the handler's to clear (Intel SDM vol. 3B, 18.2.3); TF would trap again.
        frame->rflags &= ~(uint64_t)RFLAGS_TF;
        write_dr6(0xffff0ff0);
    }
    frame->rip = entry->continue_at;
    frame->rax = frame->vector;
    frame->rdx = frame->error_code;
    this_cpu()->last_recovered = frame;
    return true;
}
