#include "lib/trace.h"

#include "x86_64/percpu.h"

struct trace TRACE;

// The index is taken with one atomic addition, so an interrupt, or another processor, that traces meanwhile gets a record of its own. Each
// field is stored at once, and the sequence number last: a record with a number is complete.
void trace(enum trace_event event, uint64_t first, uint64_t second)
{
    uint64_t index = atomic_fetch_add_explicit(&TRACE.next, 1, memory_order_relaxed);
    struct trace_record *record = &TRACE.records[index % TRACE_RECORDS];
    atomic_store_explicit(&record->sequence, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&record->event, event, memory_order_relaxed);
    atomic_store_explicit(&record->cpu, this_cpu()->id, memory_order_relaxed);
    atomic_store_explicit(&record->first, first, memory_order_relaxed);
    atomic_store_explicit(&record->second, second, memory_order_relaxed);
    atomic_store_explicit(&record->sequence, index + 1, memory_order_release);
}
