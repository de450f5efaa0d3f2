/* The tables that every snippet of the 32-bit image starts from. */
#include "harness.h"
#include "layout.h"

extern char test_stack_top[], user_stack_top[], k0_top[], k1_top[], t_top[];
extern char call_gate_target[], task_entry[], user_memory[];
extern char low_code[], low_code_end[], low_gate_target[], low_vectors[], real_frame[];

const struct stack stacks[] = {
    { (word)test_stack_top, "s" }, { (word)user_stack_top, "u" }, { (word)k0_top, "k0" }, { (word)k1_top, "k1" },
    { (word)t_top, "t" }, { (word)user_memory + 4096, "m" }, { 0, 0 },
};

uint64_t gdt[SEL_LAST / 8] __attribute__((aligned(16)));
uint64_t ldt[4] __attribute__((aligned(16)));
uint64_t idt[256] __attribute__((aligned(4096)));

struct tss {
    uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt;
    uint16_t trap, io_map;
    uint8_t redirection[32], io_bitmap[0x400 / 8 + 1];
} __attribute__((packed));
struct tss tss __attribute__((aligned(1024))), task __attribute__((aligned(1024)));

/* A segment descriptor (SDM vol. 3A, figure 3-8); flags are G, D/B, L, AVL. */
static uint64_t segment(uint32_t base, uint32_t limit, int access, int flags)
{
    return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)access << 40
         | (uint64_t)(limit >> 16 & 15) << 48 | (uint64_t)flags << 52 | (uint64_t)(base >> 24) << 56;
}

static uint64_t gate(uint32_t target, int selector, int access, int parameters)
{
    return (target & 0xffff) | (uint64_t)selector << 16 | (uint64_t)parameters << 32 | (uint64_t)access << 40
         | (uint64_t)(target >> 16) << 48;
}

enum { VM = 1 << 17 };

word linear_rip(const struct frame *frame)
{
    if (frame->flags & VM) {
        return (word)low_code + ((frame->cs & 0xffff) << 4) + (frame->rip & 0xffff) - LOW_CODE;
    }
    return (frame->cs & 0xffff) == SEL_CODE_LOW ? (word)low_code + frame->rip : frame->rip;
}

struct real_frame {
    word vector, ip, cs, flags, ss, sp, handler_flags, eax, ecx, esi;
};

/* What a real-mode interrupt left behind, reported as values. */
void report_real(void)
{
    const struct real_frame *frame = (const struct real_frame *)(LOW_CODE + (real_frame - low_code));
    report_value("real", frame->vector);
    report_value("ip", frame->cs == LOW_SEGMENT ? (word)low_code + frame->ip : frame->ip);
    report_value("cs", frame->cs);
    report_value("fl", frame->flags & 0x7702);
    report_value("frame_ss", frame->ss);
    report_value("frame_sp", frame->sp);
    report_value("in_fl", frame->handler_flags & 0x7702);
    report_value("eax", frame->eax);
    report_value("ecx", frame->ecx);
    report_value("esi", frame->esi);
}

enum { FLAT = 0xfffff, G_D = 0xc, B = 0x4, PRESENT = 0x80, DPL3 = 0x60, IO_LIMIT = 104 + 32 + 0x400 / 8 };

static void reset_task(struct tss *state)
{
    uint8_t *bytes = (uint8_t *)state;
    for (unsigned i = 0; i < sizeof *state; i++) {
        bytes[i] = 0;
    }
    state->esp0 = (word)k0_top;
    state->ss0 = SEL_KERNEL_DATA;
    state->esp1 = (word)k1_top;
    state->ss1 = SEL_DATA_DPL1;
    state->io_map = 104 + 32;
    for (unsigned i = 0; i < sizeof state->io_bitmap; i++) {
        state->io_bitmap[i] = 0xff;
    }
    state->io_bitmap[0x80 / 8] = 0xfe;
}

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void reset_paging(void);

void reset_tables(void)
{
    for (unsigned i = 0; i < SEL_LAST / 8; i++) {
        gdt[i] = 0;
    }
    gdt[SEL_KERNEL_CODE / 8] = segment(0, FLAT, 0x9b, G_D);
    gdt[SEL_KERNEL_DATA / 8] = segment(0, FLAT, 0x93, G_D);
    gdt[SEL_USER_CODE / 8] = segment(0, FLAT, 0xfb, G_D);
    gdt[SEL_USER_DATA / 8] = segment(0, FLAT, 0xf3, G_D);
    gdt[SEL_TSS / 8] = segment((word)&tss, IO_LIMIT, 0x89, 0);
    gdt[SEL_TASK / 8] = segment((word)&task, IO_LIMIT, 0x89, 0);
    gdt[SEL_GATE / 8] = gate((word)call_gate_target, SEL_KERNEL_CODE, 0xec, 2);
    gdt[SEL_DATA_ABSENT / 8] = segment(0, FLAT, 0x13, G_D);
    gdt[SEL_CODE_ABSENT / 8] = segment(0, FLAT, 0x1b, G_D);
    gdt[SEL_LDT / 8] = segment((word)ldt, sizeof ldt - 1, 0x82, 0);
    gdt[SEL_DATA_READONLY / 8] = segment(0, FLAT, 0x91, G_D);
    gdt[SEL_CODE_EXECONLY / 8] = segment(0, FLAT, 0x99, G_D);
    gdt[SEL_USER_LIMITED / 8] = segment((word)user_memory, 0xfff, 0xf3, B);
    gdt[SEL_USER_EXPAND_DOWN / 8] = segment((word)user_memory - 0x1000, 0xfff, 0xf7, B);
    gdt[SEL_CONFORMING / 8] = segment(0, FLAT, 0x9f, G_D);
    gdt[SEL_CODE16 / 8] = segment(LOW_CODE, 0xffff, 0x9b, 0);
    gdt[SEL_DATA16 / 8] = segment(LOW_CODE, 0xffff, 0x93, 0);
    gdt[SEL_GATE_286 / 8] = gate((word)(low_gate_target - low_code), SEL_CODE_LOW, 0xe4, 1);
    gdt[SEL_TSS_ABSENT / 8] = segment((word)&task, IO_LIMIT, 0x09, 0);
    gdt[SEL_TASK_GATE / 8] = gate(0, SEL_TASK, 0xe5, 0);
    gdt[SEL_USER_READONLY / 8] = segment(0, FLAT, 0xf1, G_D);
    gdt[SEL_LIMITED / 8] = segment((word)user_memory, 0xfff, 0x93, B);
    gdt[SEL_CODE_LOW / 8] = segment(LOW_CODE, 0xffff, 0x9b, B);
    gdt[SEL_USER_STACK_LIMITED / 8] = segment((word)user_memory, 0xfff, 0xf3, B);
    gdt[SEL_TSS_SHORT / 8] = segment((word)&task, 0x66, 0x89, 0);
    gdt[SEL_CODE_DPL1 / 8] = segment(0, FLAT, 0xbb, G_D);
    gdt[SEL_DATA_DPL1 / 8] = segment(0, FLAT, 0xb3, G_D);
    gdt[SEL_GATE_TO_DPL1 / 8] = gate((word)call_gate_target, SEL_CODE_DPL1, 0xec, 0);
    ldt[0] = segment(0, FLAT, 0x93, G_D);
    ldt[1] = segment(0, FLAT, 0x13, G_D);

    for (int vector = 0; vector < 256; vector++) {
        int open = vector == 3 || vector == 4 || vector == 5 || vector == 0x80 || vector == 0x81;
        idt[vector] = gate((word)stubs + 16 * vector, SEL_KERNEL_CODE, (vector == 0x81 ? 0x8f : 0x8e) | (open ? DPL3 : 0), 0);
    }

    reset_task(&tss);
    reset_task(&task);
    task.eip = (word)task_entry;
    task.eflags = 2;
    task.esp = (word)t_top;
    task.cs = SEL_KERNEL_CODE;
    task.ss = task.ds = task.es = SEL_KERNEL_DATA;
    task.eax = 0x1111;

    /* The copy that 16-bit code runs in, and the real-mode vectors, four bytes each from address 0. */
    for (unsigned i = 0; i < (unsigned)(low_code_end - low_code); i++) {
        ((volatile uint8_t *)LOW_CODE)[i] = (uint8_t)low_code[i];
    }
    uint32_t vectors = 0;
    __asm__("" : "+r"(vectors));        /* address 0 is meant */
    for (int vector = 0; vector < 256; vector++) {
        ((volatile uint32_t *)vectors)[vector] = LOW_SEGMENT << 16 | (uint32_t)(low_vectors - low_code + 4 * vector);
    }
    reset_paging();

    static const uint8_t wiring[2] = { 4, 2 };
    for (int chip = 0; chip < 2; chip++) {
        uint16_t port = chip ? 0xa0 : 0x20;
        out(port, 0x11);
        out(port + 1, 0x20 + 8 * chip);
        out(port + 1, wiring[chip]);
        out(port + 1, 1);
        out(port + 1, 0xff);
    }
}

/* Identity for the first 8 MiB, of which ring 3 has 2 MiB to 4 MiB, and the window; for both formats. */
extern uint8_t frames[4][4096];
uint32_t directory[1024] __attribute__((aligned(4096))), window_table[1024] __attribute__((aligned(4096)));
uint32_t identity_table[1024] __attribute__((aligned(4096)));
uint64_t pae_pdpt[4] __attribute__((aligned(32)));
uint64_t pae_directory[512] __attribute__((aligned(4096)));
uint64_t pae_window_directory[512] __attribute__((aligned(4096)));
uint64_t pae_window_table[512] __attribute__((aligned(4096)));

void reset_paging(void)
{
    for (unsigned i = 0; i < 1024; i++) {
        directory[i] = window_table[i] = 0;
        identity_table[i] = i << 12 | PTE_P | PTE_W | (i >= 512 ? PTE_U : 0);
    }
    directory[0] = (word)identity_table | PTE_P | PTE_W | PTE_U;
    directory[WINDOW >> 22] = (word)window_table | PTE_P | PTE_W | PTE_U;
    for (unsigned i = 0; i < 512; i++) {
        pae_directory[i] = pae_window_directory[i] = pae_window_table[i] = 0;
    }
    pae_directory[0] = PTE_P | PTE_W | PTE_PS;
    pae_directory[1] = 0x200000 | PTE_P | PTE_W | PTE_U | PTE_PS;
    pae_window_directory[0] = (word)pae_window_table | PTE_P | PTE_W | PTE_U;
    pae_pdpt[0] = (word)pae_directory | PTE_P;
    pae_pdpt[1] = (word)pae_window_directory | PTE_P;
    pae_pdpt[2] = pae_pdpt[3] = 0;
    for (int frame = 0; frame < 4; frame++) {
        for (int i = 0; i < 4096; i++) {
            frames[frame][i] = 0;
        }
    }
}
