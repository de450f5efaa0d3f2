#include "drivers/clock.h"

#include "drivers/pit8254.h"
#include "x86_64/cpu.h"

#define MEASUREMENTS 3
#define MEASURED_NANOS (4 * MILLISECOND)
#define SPINS_BETWEEN_LOOKS 5000
#define FRACTION_BITS 32

static uint64_t start;
static uint64_t nanos_per_count; // with FRACTION_BITS bits of fraction

static void spin_between_looks(void)
{
    for (int i = 0; i < SPINS_BETWEEN_LOOKS; i++) {
        pause();
    }
}

// The counter is read before the first look at the stopwatch and after the last: whatever stops the processor in between makes the nanoseconds
// per count too few, never too many.
static uint64_t measure(void)
{
    pit8254_start_stopwatch();
    spin_between_looks();
    uint64_t before = rdtsc();
    uint64_t first = pit8254_read_stopwatch();
    uint64_t last;
    do {
        spin_between_looks();
        last = pit8254_read_stopwatch();
    } while (last - first < MEASURED_NANOS);
    return ((last - first) << FRACTION_BITS) / (rdtsc() - before);
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
