#include "abi/syscall.h"
#include "x86_64/gdt.h"
#include "x86_64/selectors.h"
#include "x86_64/trap.h"

#define VECTORS 256
#define STUB_SIZE 16

// Present, DPL 0, 64-bit interrupt gate: interrupts are off in the handler (Intel SDM vol. 3A, 6.14.1).
#define INTERRUPT_GATE 0x8e
// The same that programs may call by INT n.
#define PROGRAM_GATE 0xee

struct gate {
    uint16_t offset_0_15;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_16_31;
    uint32_t offset_32_63;
    uint32_t reserved;
} PACKED;

extern const char trap_stubs[VECTORS][STUB_SIZE];

static struct gate idt[VECTORS] ALIGNED(16);

void idt_init(void)
{
    for (int vector = 0; vector < VECTORS; vector++) {
        uint64_t entry = (uint64_t)trap_stubs[vector];
        idt[vector] = (struct gate){
            .offset_0_15 = (uint16_t)entry,
            .selector = KERNEL_CODE,
            .ist = IST_NONE,
            .type = INTERRUPT_GATE,
            .offset_16_31 = (uint16_t)(entry >> 16),
            .offset_32_63 = (uint32_t)(entry >> 32),
        };
    }
    idt[EXCEPTION_BP].type = PROGRAM_GATE;
    idt[EXCEPTION_OF].type = PROGRAM_GATE;
    idt[SYSCALL_VECTOR].type = PROGRAM_GATE;
    idt_load();
}

void idt_load(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } PACKED pointer = {sizeof idt - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

void idt_use_interrupt_stacks(void)
{
    idt[EXCEPTION_NMI].ist = IST_NMI;
    idt[EXCEPTION_DF].ist = IST_DOUBLE_FAULT;
    idt[EXCEPTION_DB].ist = IST_DEBUG;
    idt[EXCEPTION_MC].ist = IST_MACHINE_CHECK;
}
