#include "lib/trace.h"

#include "x86_64/cpu.h"
#include "x86_64/percpu.h"

struct trace TRACE;

// The index is taken with one atomic addition, so that another processor that traces meanwhile gets a record of its own. Each field is stored
// at once, and the sequence number last: a record with a number is complete. Interrupts are off because a task that lost its turn in the
// middle would go on with its record when the ring has long come round to it again.
void trace(enum trace_event event, uint64_t first, uint64_t second)
{
    uint64_t flags = interrupts_save();
    uint64_t index = atomic_fetch_add_explicit(&TRACE.next, 1, memory_order_relaxed);
    struct trace_record *record = &TRACE.records[index % TRACE_RECORDS];
    atomic_store_explicit(&record->sequence, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&record->event, event, memory_order_relaxed);
    atomic_store_explicit(&record->cpu, cpu_id(), memory_order_relaxed);
    atomic_store_explicit(&record->first, first, memory_order_relaxed);
    atomic_store_explicit(&record->second, second, memory_order_relaxed);
    atomic_store_explicit(&record->sequence, index + 1, memory_order_release);
    interrupts_restore(flags);
}
