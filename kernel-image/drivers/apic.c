#include "drivers/apic.h"

#include "drivers/io_apic.h"
#include "drivers/local_apic.h"
#include "drivers/madt.h"
#include "drivers/pic8259.h"
#include "drivers/timer.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "sched/sched.h"
#include "x86_64/tlb.h"

static struct madt madt;
static bool in_use;

// A local APIC tells spurious interrupts by a vector of their own.
static bool is_spurious(unsigned line)
{
    (void)line;
    return false;
}

static void end_of_interrupt(unsigned line)
{
    (void)line;
    local_apic_end_of_interrupt();
}

void apic_init(size_t most_processors, bool wanted)
{
    static const struct interrupt_controller controller = {io_apic_unmask, io_apic_mask, is_spurious, end_of_interrupt, local_apic_message};

    bool there = madt_read(&madt);
    if (wanted && !there) {
        panic("the firmware's tables name no APICs");
    }
    madt.processor_count = madt.processor_count < most_processors ? madt.processor_count : most_processors;
    if (!there || (madt.processor_count < 2 && !wanted)) {
        return;
    }
    pic8259_mask_all();
    local_apic_map(madt.local_apics);
    local_apic_enable();
    cpus[0].apic_id = local_apic_id();
    io_apic_init(&madt);
    irq_use_controller(&controller);
    in_use = true;
    log_debug("apic: %zu processors, %zu i/o apics", madt.processor_count, madt.io_apic_count);
}

bool apic_in_use(void)
{
    return in_use;
}

size_t apic_processors(const uint8_t **ids)
{
    *ids = madt.processors;
    return in_use ? madt.processor_count : 0;
}

void apic_timer_init(void)
{
    if (in_use) {
        timer_stop();
        local_apic_timer_init();
    }
}

void apic_interrupt(uint64_t vector)
{
    switch (vector) {
    case LOCAL_TIMER_VECTOR:
        timer_interrupt();
        break;
    case WAKE_VECTOR:
        sched_wake_interrupt();
        break;
    case SHOOT_DOWN_VECTOR:
        tlb_look();
        break;
    case SPURIOUS_VECTOR: // nothing is in service
        return;
    default:
        panic("interrupt %lu, which nobody sends", vector);
    }
    local_apic_end_of_interrupt();
}
