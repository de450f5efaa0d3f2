#include "drivers/clock.h"

#include "drivers/pit8254.h"
#include "x86_64/cpu.h"

#define MEASUREMENTS 3
#define MEASURED_NANOS (2 * MILLISECOND)
#define SPINS_BETWEEN_LOOKS 1000
#define FRACTION_BITS 32

static uint64_t start;
static uint64_t nanos_per_count; // with FRACTION_BITS bits of fraction

static void spin_between_looks(void)
{
    for (int i = 0; i < SPINS_BETWEEN_LOOKS; i++) {
        pause();
    }
}

// The counter is read before the stopwatch starts and after it was read: whatever stops the processor in between makes the nanoseconds per
// count too few, never too many.
static uint64_t measure(void)
{
    uint64_t before = rdtsc();
    pit8254_start_stopwatch();
    uint64_t nanos;
    while ((nanos = pit8254_read_stopwatch()) < MEASURED_NANOS) {
        spin_between_looks();
    }
    return (nanos << FRACTION_BITS) / (rdtsc() - before);
}

void clock_init(void)
{
    for (int i = 0; i < MEASUREMENTS; i++) {
        uint64_t measured = measure();
        nanos_per_count = measured > nanos_per_count ? measured : nanos_per_count;
    }
    start = rdtsc();
}

uint64_t clock_nanos(void)
{
    return (uint64_t)((unsigned __int128)(rdtsc() - start) * nanos_per_count >> FRACTION_BITS);
}
