// Intel SDM vol. 3A, 9.4: one processor boots; the others wait for it to say where they are to begin.
#include "x86_64/processors.h"

#include "drivers/clock.h"
#include "drivers/local_apic.h"
#include "init/boot_info.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/phys_map.h"
#include "sched/sched.h"
#include "x86_64/cpu.h"
#include "x86_64/features.h"
#include "x86_64/gdt.h"
#include "x86_64/paging.h"
#include "x86_64/stack.h"
#include "x86_64/syscall.h"
#include "x86_64/trap.h"

// 9.4.4.1
#define INIT_TIME (10 * MILLISECOND)
#define STARTUPS 2
#define STARTUP_TIME SECOND // a host may have other work

// Pages below 1 MiB that may take the trampoline: above what the BIOS uses, below where its extended data can begin.
#define FIRST_LOW_PAGE 0x8000UL
#define LAST_LOW_PAGE 0x7f000UL

extern const char trampoline_start[], trampoline_end[];

void processor_main(void);

// Of the processor that starts. boot.S reads the first.
virt_addr processor_start_stack;
static uint32_t starting;
static _Atomic bool stopping;

static bool is_ram(phys_addr start, phys_addr end)
{
    bool inside = false;
    for (size_t i = 0; i < boot_info.region_count; i++) {
        const struct memory_region *region = &boot_info.regions[i];
        inside |= region->is_ram && start >= region->start && end <= region->end;
    }
    return inside;
}

static bool is_of_module(phys_addr start, phys_addr end)
{
    for (size_t i = 0; i < boot_info.module_count; i++) {
        if (start < boot_info.modules[i].end && end > boot_info.modules[i].start) {
            return true;
        }
    }
    return false;
}

// Nobody gets the first MiB from the list of free frames: what the loader has left there is copied by now, but for its modules.
static phys_addr place_trampoline(void)
{
    for (phys_addr page = FIRST_LOW_PAGE; page <= LAST_LOW_PAGE; page += PAGE_SIZE) {
        if (is_ram(page, page + PAGE_SIZE) && !is_of_module(page, page + PAGE_SIZE)) {
            memcpy(phys_to_virt(page), trampoline_start, (size_t)(trampoline_end - trampoline_start));
            return page;
        }
    }
    panic("no page below 1 MiB for processors to start at");
}

static bool has_started(uint32_t id)
{
    uint64_t start = clock_nanos();
    while (cpu_count == id && clock_nanos() - start < STARTUP_TIME) {
        pause();
    }
    return cpu_count > id;
}

static void start(struct cpu *cpu, phys_addr trampoline)
{
    starting = cpu->id;
    processor_start_stack = cpu->idle->stack->top;
    for (int i = 0; i < STARTUPS; i++) {
        local_apic_send_startup(cpu->apic_id, trampoline);
        if (has_started(cpu->id)) {
            return;
        }
    }
    panic("processor %u, with APIC ID %u, does not start", cpu->id, cpu->apic_id);
}

void processors_start(void)
{
    const uint8_t *apic_ids;
    size_t there = apic_processors(&apic_ids);
    uint32_t count = 1;
    for (size_t i = 0; i < there && count < MAX_CPUS; i++) {
        if (apic_ids[i] != cpus[0].apic_id) {
            struct cpu *cpu = &cpus[count];
            cpu->id = count++;
            cpu->apic_id = apic_ids[i];
            task_create_idle(cpu);
            local_apic_send_init(cpu->apic_id);
        }
    }
    if (count == 1) {
        return;
    }
    phys_addr trampoline = place_trampoline();
    task_sleep(INIT_TIME);
    for (uint32_t id = 1; id < count; id++) {
        start(&cpus[id], trampoline);
    }
    log_debug("processors: %u run", cpu_count);
}

// The first function of another processor, on the stack of its idle task.
void processor_main(void)
{
    struct cpu *cpu = &cpus[starting];
    percpu_init(cpu->id);
    gdt_init();
    idt_load();
    paging_init_processor();
    features_init();
    task_state_init();
    task_state_set_kernel_stack(cpu->idle->stack->top);
    syscall_init();
    local_apic_enable();
    sched_start_processor();
}

void processor_wake(const struct cpu *cpu)
{
    local_apic_send(cpu->apic_id, WAKE_VECTOR);
}

void processor_interrupt_tlb(const struct cpu *cpu)
{
    local_apic_send(cpu->apic_id, SHOOT_DOWN_VECTOR);
}

void processors_stop_others(void)
{
    if (cpu_count > 1) {
        stopping = true;
        local_apic_send_nmi_to_others();
    }
}

bool processors_stopping(void)
{
    return stopping;
}
