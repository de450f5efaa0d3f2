// Single instructions that C has no name for.
#pragma once

#include "types.h"
#include "x86_64/registers.h"

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

#define CONTROL_REGISTER(name)                                                    \
    static inline uint64_t read_##name(void)                                      \
    {                                                                             \
        uint64_t value;                                                           \
        __asm__ volatile("movq %%" #name ", %0" : "=r"(value) : : "memory");      \
        return value;                                                             \
    }                                                                             \
    static inline void write_##name(uint64_t value)                               \
    {                                                                             \
        __asm__ volatile("movq %0, %%" #name : : "r"(value) : "memory");          \
    }

CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)
CONTROL_REGISTER(dr6)

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid result;
    __asm__ volatile("cpuid"
                     : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                     : "a"(leaf), "c"(subleaf));
    return result;
}

static inline void invlpg(virt_addr address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline uint64_t read_rflags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags;
}

static inline void interrupts_off(void)
{
    __asm__ volatile("cli" : : : "memory");
}

static inline void interrupts_on(void)
{
    __asm__ volatile("sti" : : : "memory");
}

// Switches interrupts off and returns the flags as they were, for interrupts_restore().
static inline uint64_t interrupts_save(void)
{
    uint64_t flags = read_rflags();
    interrupts_off();
    return flags;
}

static inline void interrupts_restore(uint64_t flags)
{
    if ((flags & RFLAGS_IF) != 0) {
        interrupts_on();
    }
}

// Sleeps until the next interrupt and returns with interrupts off. STI takes effect after the instruction that follows it (Intel SDM
// vol. 2B, STI), so no interrupt comes between the two: a condition tested with interrupts off cannot change before the processor sleeps.
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

// Sleeps until the next interrupt, if interrupts are on.
static inline void halt(void)
{
    __asm__ volatile("hlt" : : : "memory");
}

// Stops this processor for good.
static inline _Noreturn void halt_forever(void)
{
    for (;;) {
        __asm__ volatile("cli; hlt" : : : "memory");
    }
}
