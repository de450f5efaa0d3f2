// crash KIND: does what ends a program, and nobody but the program.
#include "program.h"

#define KERNEL_ADDRESS 0xffffffff80106000
#define NOT_CANONICAL 0x0000800000000000

static uint8_t data[16] = {0xc3}; // RET
static const char constant[] = "constant";

static void read_address(uint64_t address)
{
    *(volatile const uint8_t *)address;
}

static void write_address(uint64_t address)
{
    *(volatile uint8_t *)address = 1;
}

static void jump(uint64_t address)
{
    __asm__ volatile("call *%0" : : "r"(address) : "memory");
}

static void read_null(void)
{
    read_address(0);
}

static void read_kernel(void)
{
    read_address(KERNEL_ADDRESS);
}

static void write_kernel(void)
{
    write_address(KERNEL_ADDRESS);
}

static void jump_kernel(void)
{
    jump(KERNEL_ADDRESS);
}

static void write_code(void)
{
    write_address((uint64_t)main);
}

static void write_constant(void)
{
    write_address((uint64_t)constant);
}

static void run_data(void)
{
    jump((uint64_t)data);
}

static void run_stack(void)
{
    uint8_t code[16] = {0xc3};
    jump((uint64_t)code);
}

static void read_not_canonical(void)
{
    read_address(NOT_CANONICAL);
}

static void overflow(void)
{
    __asm__ volatile("1:\tpushq $0\n\tjmp 1b");
}

static void divide(void)
{
    __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "rax", "rcx", "rdx");
}

static void invalid_opcode(void)
{
    __asm__ volatile("ud2");
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void single_step(void)
{
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop" : : : "memory", "cc");
}

static void disable_interrupts(void)
{
    __asm__ volatile("cli");
}

static void halt(void)
{
    __asm__ volatile("hlt");
}

static void write_port(void)
{
    __asm__ volatile("outb %%al, $0xf4" : : "a"(0));
}

static void timer_interrupt(void)
{
    __asm__ volatile("int $32");
}

static void use_sse(void)
{
    __asm__ volatile("movaps %xmm0, %xmm1");
}

static void use_x87(void)
{
    __asm__ volatile("fld1");
}

static const struct {
    const char *name;
    void (*crash)(void);
} kinds[] = {
    {"read-null", read_null},
    {"read-kernel", read_kernel},
    {"write-kernel", write_kernel},
    {"jump-kernel", jump_kernel},
    {"write-code", write_code},
    {"write-constant", write_constant},
    {"run-data", run_data},
    {"run-stack", run_stack},
    {"read-not-canonical", read_not_canonical},
    {"overflow", overflow},
    {"divide", divide},
    {"invalid-opcode", invalid_opcode},
    {"breakpoint", breakpoint},
    {"single-step", single_step},
    {"cli", disable_interrupts},
    {"hlt", halt},
    {"port", write_port},
    {"int-32", timer_interrupt},
    {"sse", use_sse},
    {"x87", use_x87},
};

int main(int argument_count, char **arguments)
{
    for (size_t i = 0; argument_count == 2 && i < ARRAY_LENGTH(kinds); i++) {
        if (string_equal(arguments[1], kinds[i].name)) {
            kinds[i].crash();
            print("crash: nothing happened\n");
            return 1;
        }
    }
    complain("usage: crash KIND, which is one of:");
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        complain(" %s", kinds[i].name);
    }
    complain("\n");
    return 2;
}
