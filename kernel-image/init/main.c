// Where C begins: the boot stages, and what the command line asks for after them.
#include "drivers/apic.h"
#include "drivers/clock.h"
#include "drivers/debug_exit.h"
#include "drivers/pic8259.h"
#include "drivers/pit8254.h"
#include "drivers/ramdisk.h"
#include "drivers/timer.h"
#include "drivers/uart16550.h"
#include "drivers/virtio_blk.h"
#include "init/boot_info.h"
#include "init/crash.h"
#include "init/echo.h"
#include "init/options.h"
#include "init/programs.h"
#include "init/selftest.h"
#include "init/stages.h"
#include "init/tests.h"
#include "lib/console.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "mm/frames.h"
#include "mm/heap.h"
#include "proc/archive.h"
#include "sched/sched.h"
#include "x86_64/cpu.h"
#include "x86_64/features.h"
#include "x86_64/gdt.h"
#include "x86_64/irq.h"
#include "x86_64/paging.h"
#include "x86_64/percpu.h"
#include "x86_64/processors.h"
#include "x86_64/stack.h"
#include "x86_64/syscall.h"
#include "x86_64/trap.h"

_Noreturn void kernel_main(phys_addr start_info);

static phys_addr loader_start_info;
static bool uart_answers;
static const struct stack *main_stack;
static uint64_t counted_ticks;

static void stage_serial(void)
{
    if (!uart_answers) {
        panic("COM1 does not answer in loopback mode");
    }
}

static void stage_boot_information(void)
{
    boot_info_init(loader_start_info);
    options_init(boot_info.command_line);
    boot_info_log();
}

static void stage_frames(void)
{
    frames_init();
    selftest_frames();
}

static void stage_stacks(void)
{
    main_stack = stack_create("main");
    ASSERT(main_stack != NULL);
}

static void stage_task_state(void)
{
    selftest_stacks();
    task_state_init();
    task_state_set_kernel_stack(main_stack->top);
    idt_use_interrupt_stacks();
}

static void stage_heap(void)
{
    heap_init();
    selftest_heap();
}

static void stage_interrupt_controller(void)
{
    pic8259_init(IRQ_VECTOR_BASE);
    ASSERT(pic8259_read_mask() == (uint16_t)~(1 << IRQ_CASCADE));
    apic_init(options.processors, options.apic);
}

// The counter runs without its interrupt: a mode 2 counter stays between 1 and its divisor and moves.
static void stage_timer(void)
{
    clock_init();
    pit8254_init();
    uint16_t first = pit8254_read_count();
    while (pit8254_read_count() == first) {
        pause();
    }
}

static void stage_interrupts(void)
{
    pit8254_start();
    uart16550_enable_receive();
    interrupts_on();
    ASSERT(uart16550_interrupt_works());
}

static void stage_ticks(void)
{
    counted_ticks = timer_wait(options.ticks);
}

static void stage_tasks(void)
{
    apic_timer_init();
    sched_init(main_stack);
    selftest_tasks();
}

static void stage_block_devices(void)
{
    virtio_blk_init();
    ramdisk_init();
}

static void stage_archive(void)
{
    log_debug("initial archive: %zu files", archive_check());
}

static const struct stage stages_on_boot_stack[] = {
    {"serial console", stage_serial},
    {"boot information", stage_boot_information},
    {"processor features", features_init},
    {"page frames", stage_frames},
    {"page tables", paging_init},
    {"kernel stacks", stage_stacks},
};

static const struct stage stages_on_main_stack[] = {
    {"task state segment", stage_task_state},
    {"exceptions", selftest_exceptions},
    {"memory protection", selftest_protection},
    {"kernel heap", stage_heap},
    {"interrupt controller", stage_interrupt_controller},
    {"interval timer", stage_timer},
    {"interrupts", stage_interrupts},
    {"timer ticks", stage_ticks},
    {"kernel tasks", stage_tasks},
    {"processors", processors_start},
    {"system calls", syscall_init},
    {"initial archive", stage_archive},
    {"block devices", stage_block_devices},
    {"processes", selftest_processes},
};

static void run_test(void)
{
    switch (options.test) {
    case TEST_SHELL:
        if (uart16550_carrier() || uart16550_has_received()) {
            run_program("bin/init", (const char *const[]){"init", "shell", NULL});
        } else {
            print("console: no carrier, so there is nobody to run a shell for\n");
        }
        break;
    case TEST_RUN:
        run_program("bin/init", (const char *const[]){"init", "shell", "-c", options.commands, NULL});
        break;
    case TEST_BOOT_STAGES:
        break;
    case TEST_KTHREAD:
        test_kthread();
        break;
    case TEST_SLEEP:
        test_sleep();
        break;
    case TEST_KTEST:
        run_program("bin/init", (const char *const[]){"init", "ktest", options.section, NULL});
        break;
    }
}

static _Noreturn void main_on_main_stack(void)
{
    stages_run(stages_on_main_stack, ARRAY_LENGTH(stages_on_main_stack));
    log_info("timer: %lu ticks", counted_ticks);
    if (cpu_count > 1) {
        log_info("processors: %u", cpu_count);
    }
    crash_now(options.crash);
    echo_lines(options.echo_lines);
    print("Sprout: all stages passed\n");
    run_test();
    if (options.halt) {
        print("Sprout: halted\n");
        processors_stop_others();
        halt_forever();
    }
    debug_exit(options.exit_code);
}

void kernel_main(phys_addr start_info)
{
    loader_start_info = start_info;
    // Before the first stage, so that whatever goes wrong in one is told.
    percpu_init(0);
    gdt_init();
    idt_init();
    uart_answers = uart16550_init();
    stages_run(stages_on_boot_stack, ARRAY_LENGTH(stages_on_boot_stack));
    stack_enter(main_stack->top, main_on_main_stack);
}
