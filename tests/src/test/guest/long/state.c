/* The tables that every snippet starts from. */
#include "harness.h"
#include "layout.h"

extern char test_stack_top[], user_stack_top[], k0_top[], k1_top[], k2_top[];
extern char i1_top[], i2_top[], i3_top[], i4_top[], i5_top[], i6_top[], i7_top[];
extern char user_memory[], call_gate_target[];
extern uint64_t pml4[512];

const struct stack stacks[] = {
    { (word)test_stack_top, "s" }, { (word)user_stack_top, "u" },
    { (word)k0_top, "k0" }, { (word)k1_top, "k1" }, { (word)k2_top, "k2" },
    { (word)i1_top, "i1" }, { (word)i2_top, "i2" }, { (word)i3_top, "i3" }, { (word)i4_top, "i4" },
    { (word)i5_top, "i5" }, { (word)i6_top, "i6" }, { (word)i7_top, "i7" },
    { (word)user_memory + 4096, "m" },
    { 0, 0 },
};

uint64_t gdt[SEL_LAST / 8] __attribute__((aligned(16)));
uint64_t ldt[4] __attribute__((aligned(16)));
uint64_t idt[512] __attribute__((aligned(4096)));
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, io_map;
    uint8_t io_bitmap[0x400 / 8 + 1];
} __attribute__((packed));
struct tss tss __attribute__((aligned(256))), tss2 __attribute__((aligned(256)));

uint64_t window_pdpt[512] __attribute__((aligned(4096)));
uint64_t window_pd[512] __attribute__((aligned(4096)));
uint64_t window_pt[512] __attribute__((aligned(4096)));
uint8_t frames[8][4096] __attribute__((aligned(4096)));

enum { ACCESSED = 1ULL << 40, IO_LIMIT = 104 + 0x400 / 8 };

/* A segment descriptor with base 0 and limit 0xFFFFF in pages (SDM vol. 3A, figure 3-8). */
#define SEGMENT(type, dpl, flags) (0x000f00000000ffffULL | (uint64_t)(0x90 | (type) | (dpl) << 5) << 40 | (uint64_t)(flags) << 52)
#define CODE 0xb
#define CODE_CONFORMING 0xf
#define DATA 0x3
#define G_L 0xa
#define G_D 0xc
#define PRESENT (1ULL << 47)

word linear_rip(const struct frame *frame)
{
    return frame->rip;
}

static void system_descriptor(int selector, int type, int dpl, uint64_t base, uint32_t limit)
{
    gdt[selector / 8] = (limit & 0xffff) | (base & 0xffffff) << 16 | (uint64_t)(type | dpl << 5 | 0x80) << 40
                      | (uint64_t)(limit >> 16 & 15) << 48 | (base >> 24 & 0xff) << 56;
    gdt[selector / 8 + 1] = base >> 32;
}

static void call_gate(int selector, int dpl)
{
    uint64_t target = (uint64_t)call_gate_target;
    gdt[selector / 8] = (target & 0xffff) | SEL_KERNEL_CODE << 16 | (uint64_t)(0x8c | dpl << 5) << 40
                      | (target >> 16 & 0xffff) << 48;
    gdt[selector / 8 + 1] = target >> 32;
}

void gate(int vector, uint64_t target, int selector, int type, int dpl, int ist)
{
    idt[2 * vector] = (target & 0xffff) | (uint64_t)selector << 16 | (uint64_t)ist << 32
                    | (uint64_t)(0x80 | type | dpl << 5) << 40 | (target >> 16 & 0xffff) << 48;
    idt[2 * vector + 1] = target >> 32;
}

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void reset_8259(void)
{
    static const uint8_t base[2] = { IRQ_BASE, IRQ_BASE + 8 }, wiring[2] = { 4, 2 };
    for (int chip = 0; chip < 2; chip++) {
        uint16_t port = chip ? 0xa0 : 0x20;
        out(port, 0x11);
        out(port + 1, base[chip]);
        out(port + 1, wiring[chip]);
        out(port + 1, 1);
        out(port + 1, 0xff);
    }
}

void reset_tables(void)
{
    gdt[0] = 0;
    gdt[SEL_KERNEL_CODE / 8] = SEGMENT(CODE, 0, G_L);
    gdt[SEL_KERNEL_DATA / 8] = SEGMENT(DATA, 0, G_D);
    gdt[SEL_USER_CODE32 / 8] = SEGMENT(CODE, 3, G_D);
    gdt[SEL_USER_DATA / 8] = SEGMENT(DATA, 3, G_D);
    gdt[SEL_USER_CODE / 8] = SEGMENT(CODE, 3, G_L);
    gdt[SEL_CODE32 / 8] = SEGMENT(CODE, 0, G_D);
    gdt[SEL_CONFORMING / 8] = SEGMENT(CODE_CONFORMING, 0, G_L);
    system_descriptor(SEL_TSS, 9, 0, (uint64_t)&tss, IO_LIMIT);
    call_gate(SEL_GATE, 3);
    gdt[SEL_DATA_ABSENT / 8] = SEGMENT(DATA, 0, G_D) & ~PRESENT;
    gdt[SEL_CODE_ABSENT / 8] = SEGMENT(CODE, 0, G_L) & ~PRESENT;
    system_descriptor(SEL_LDT, 2, 0, (uint64_t)ldt, sizeof ldt - 1);
    gdt[SEL_DATA_READONLY / 8] = SEGMENT(1, 0, G_D);
    gdt[SEL_CODE_EXECONLY / 8] = SEGMENT(9, 0, G_L);
    gdt[SEL_USER_DATA_ABSENT / 8] = SEGMENT(DATA, 3, G_D) & ~PRESENT;
    gdt[SEL_CODE_DPL1 / 8] = SEGMENT(CODE, 1, G_L);
    system_descriptor(SEL_TSS2, 9, 0, (uint64_t)&tss2, 103);
    call_gate(SEL_GATE_ABSENT, 3);
    gdt[SEL_GATE_ABSENT / 8] &= ~PRESENT;
    gdt[SEL_LONG_AND_32 / 8] = SEGMENT(CODE, 0, 0xe);
    gdt[SEL_USER_CONFORMING / 8] = SEGMENT(CODE_CONFORMING, 3, G_L);
    gdt[SEL_DATA16 / 8] = 0x0000930000000fffULL;
    gdt[SEL_SYSTEM_RESERVED / 8] = PRESENT;
    call_gate(SEL_GATE_DPL0, 0);

    ldt[0] = SEGMENT(DATA, 0, G_D);
    ldt[1] = SEGMENT(DATA, 0, G_D) & ~PRESENT;

    for (int vector = 0; vector < 256; vector++) {
        gate(vector, (uint64_t)stubs + 16 * vector, SEL_KERNEL_CODE, 0xe, vector == 0x80 || vector == 0x81 ? 3 : 0, 0);
    }
    gate(3, (uint64_t)stubs + 16 * 3, SEL_KERNEL_CODE, 0xe, 3, 0);
    gate(4, (uint64_t)stubs + 16 * 4, SEL_KERNEL_CODE, 0xe, 3, 0);
    gate(8, (uint64_t)stubs + 16 * 8, SEL_KERNEL_CODE, 0xe, 0, 7);
    gate(0x81, (uint64_t)stubs + 16 * 0x81, SEL_KERNEL_CODE, 0xf, 3, 0);
    gate(0x82, (uint64_t)stubs + 16 * 0x82, SEL_KERNEL_CODE, 0xf, 0, 0);

    uint8_t *bytes = (uint8_t *)&tss;
    for (unsigned i = 0; i < sizeof tss; i++) {
        bytes[i] = 0;
    }
    tss.rsp[0] = (uint64_t)k0_top;
    tss.rsp[1] = (uint64_t)k1_top;
    tss.rsp[2] = (uint64_t)k2_top;
    tss.ist[0] = (uint64_t)i1_top;
    tss.ist[1] = (uint64_t)i2_top;
    tss.ist[2] = (uint64_t)i3_top;
    tss.ist[3] = (uint64_t)i4_top;
    tss.ist[4] = (uint64_t)i5_top;
    tss.ist[5] = (uint64_t)i6_top;
    tss.ist[6] = (uint64_t)i7_top;
    tss.io_map = 104;
    for (unsigned i = 0; i < sizeof tss.io_bitmap; i++) {
        tss.io_bitmap[i] = 0xff;
    }
    tss.io_bitmap[0x80 / 8] = 0xfe;
    tss2 = tss;

    for (int i = 0; i < 512; i++) {
        window_pdpt[i] = window_pd[i] = window_pt[i] = 0;
        if (i >= 2) {
            pml4[i] = 0;
        }
    }
    window_pdpt[0] = (uint64_t)window_pd | PTE_P | PTE_W | PTE_U;
    window_pd[0] = (uint64_t)window_pt | PTE_P | PTE_W | PTE_U;
    for (int page = 0; page < 8; page++) {
        for (int i = 0; i < 4096; i++) {
            frames[page][i] = 0;
        }
    }
    reset_8259();
}
