#include "harness.h"

enum { COM1 = 0x3f8, COM1_STATUS = COM1 + 5, TRANSMITTER_EMPTY = 0x20, DEBUG_EXIT = 0xf4, SUCCESS = 0x10 };

/* The bits of RFLAGS that are always printed; the arithmetic flags are undefined after many instructions. */
enum { SYSTEM_FLAGS = 0x3ff702, RF = 1 << 16, DOUBLE_FAULT = 8 };

enum { MAX_RECORDS = 96, MAX_ACTIONS = 96, STACK_SIZE = 4096, NEAR = 256 };

struct record {
    const char *key;            /* null: an event */
    word value;
    struct frame frame;
    word frame_address;         /* of the lowest byte that the CPU pushed */
    word dr6, cr2;
};

extern const struct test tests_start[], tests_end[];

/* What PVH passes in EBX (Xen's public/arch-x86/hvm/start_info.h), as far as it is used here. */
const struct {
    uint32_t magic, version, flags, modules;
    uint64_t module_list, command_line;
} *start_info;

/* A copy: snippets use low memory, where a loader may have put the original. */
static char command_line[2048];

static struct record records[MAX_RECORDS];
static int record_count;
static struct { word action, argument; } actions[MAX_ACTIONS];
static int action_count, actions_taken;
static const struct test *current;

static inline void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void print_char(char c)
{
    while (!(in(COM1_STATUS) & TRANSMITTER_EMPTY)) {
    }
    out(COM1, (uint8_t)c);
}

static void print(const char *text)
{
    while (*text) {
        print_char(*text++);
    }
}

static void print_hex(word value)
{
    int digit = (int)sizeof value * 2 - 1;
    while (digit > 0 && !(value >> 4 * digit & 15)) {
        digit--;
    }
    for (; digit >= 0; digit--) {
        print_char("0123456789abcdef"[value >> 4 * digit & 15]);
    }
}

static void print_field(const char *key, word value)
{
    print(" ");
    print(key);
    print("=");
    print_hex(value);
}

static void print_distance(const char *name, word base, word address)
{
    print(name);
    if (address > base) {
        print("+");
        print_hex(address - base);
    } else if (address < base) {
        print("-");
        print_hex(base - address);
    }
}

/* An address as its distance from something with a name, so that expectations do not depend on the link. */
static void print_address(word address)
{
    for (const struct stack *stack = stacks; stack->name; stack++) {
        if (address <= stack->top && address > stack->top - STACK_SIZE) {
            print_distance(stack->name, stack->top, address);
            return;
        }
    }
    if (address - current->at + NEAR < 2 * NEAR) {
        print_distance("at", current->at, address);
        return;
    }
    if (address - current->to + NEAR < 2 * NEAR) {
        print_distance("to", current->to, address);
        return;
    }
    word stub = address - (word)stubs;
    if (stub < 256 * 16) {
        print("stub");
        print_hex(stub / 16);
        return;
    }
    print_hex(address);
}

static int has_error_code(word vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

static void print_vector(word vector)
{
    static const char names[20][4] = {
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#09",
        "#TS", "#NP", "#SS", "#GP", "#PF", "#15", "#MF", "#AC", "#MC", "#XM",
    };
    if (vector < 20) {
        const char *name = names[vector];
        print_char(name[0]);
        print_char(name[1]);
        print_char(name[2]);
    } else {
        print("int");
        print_hex(vector);
    }
}

#ifdef __x86_64__
static const char register_names[16][4] = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};
enum { REGISTERS = 16 };
#else
static const char register_names[8][4] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
enum { REGISTERS = 8, VM = 1 << 17 };
#endif

static int has_stack_pointer(const struct frame *frame)
{
#ifdef __x86_64__
    (void)frame;
    return 1;
#else
    return (frame->flags & VM) || (frame->cs & 3) != (frame->handler_cs & 3);
#endif
}

static void print_event(const struct record *record)
{
    const struct frame *frame = &record->frame;
    print_vector(frame->vector);
    if (has_error_code(frame->vector)) {
        print("(");
        print_hex(frame->error);
        print(")");
    }
    print(" ");
    print_address(linear_rip(frame));
    print_field("cs", frame->cs & 0xffff);
    word flags = current->show & SHOW_FLAGS ? frame->flags : frame->flags & SYSTEM_FLAGS;
    if (frame->vector == DOUBLE_FAULT) {
        flags &= ~(word)RF;     /* an abort: the manual leaves open whether the first fault has set it */
    }
    print_field("fl", flags);
    if (has_stack_pointer(frame)) {
        print(" sp=");
        print_address(frame->rsp);
        print_field("ss", frame->ss & 0xffff);
    }
#ifndef __x86_64__
    if (frame->flags & VM) {
        print_field("es", frame->vm_es & 0xffff);
        print_field("ds", frame->vm_ds & 0xffff);
        print_field("fs", frame->vm_fs & 0xffff);
        print_field("gs", frame->vm_gs & 0xffff);
    }
    if (current->show & SHOW_DATA_SEGMENTS) {
        print_field("ds", frame->ds & 0xffff);
        print_field("es", frame->es & 0xffff);
        print_field("fs", frame->fs & 0xffff);
        print_field("gs", frame->gs & 0xffff);
    }
#endif
    if (frame->vector == 14) {
        print(" cr2=");
        print_address(record->cr2);
    }
    if (frame->vector == 1) {
        print_field("dr6", record->dr6);
    }
    for (int i = 0; i < REGISTERS; i++) {
        if (current->show >> i & 1) {
            print(" ");
            print(register_names[i]);
            print("=");
            print_address(frame->r[i]);
        }
    }
    print(" ->");
    print_field("cs", frame->handler_cs);
    print_field("ss", frame->handler_ss);
    print_field("fl", frame->handler_flags & SYSTEM_FLAGS);
    print(" on ");
    print_address(record->frame_address);
}

static void print_records(int returned)
{
    print(current->name);
    print(":");
    for (int i = 0; i < record_count; i++) {
        print(i ? "; " : " ");
        if (records[i].key) {
            print(records[i].key);
            print("=");
            print_address(records[i].value);
        } else {
            print_event(&records[i]);
        }
    }
    print(returned ? (record_count ? "; ret\n" : " ret\n") : "\n");
}

static int starts_with(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return !*prefix;
}

/* The command line may say skip=NAME,NAME,...: snippets that a machine under comparison does not survive. */
static int is_skipped(const char *name)
{
    const char *text = command_line;
    if (!starts_with(text, "skip=")) {
        return 0;
    }
    for (text += 4; *text; text++) {
        if (*text == '=' || *text == ',') {
            const char *a = text + 1, *b = name;
            while (*b && *a == *b) {
                a++;
                b++;
            }
            if (!*b && (!*a || *a == ',')) {
                return 1;
            }
        }
    }
    return 0;
}

void run_tests(void)
{
    const char *text = (const char *)(word)start_info->command_line;
    for (int i = 0; text && text[i] && i < (int)sizeof command_line - 1; i++) {
        command_line[i] = text[i];
    }
    for (const struct test *test = tests_start; test < tests_end; test++) {
        if (is_skipped(test->name)) {
            continue;
        }
        current = test;
        record_count = action_count = actions_taken = 0;
        reset_tables();
        load_state();
        int returned = call_test(test->entry);
        reset_tables();
        load_state();
        print_records(returned);
    }
    print("done\n");
    while (!(in(COM1_STATUS) & 0x40)) {
    }
    out(DEBUG_EXIT, SUCCESS);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void report_value(const char *key, word value)
{
    if (record_count < MAX_RECORDS) {
        records[record_count].key = key;
        records[record_count++].value = value;
    }
}

void on_event(word action, word argument)
{
    if (action_count < MAX_ACTIONS) {
        actions[action_count].action = action;
        actions[action_count++].argument = argument;
    }
}

word trapped(struct frame *frame, word dr6, word cr2)
{
    if (record_count >= MAX_RECORDS) {
        return ABANDON;
    }
    struct record *record = &records[record_count++];
    record->key = 0;
    /* Copied word by word up to what is there: with no privilege change the frame may end at the stack's top. */
    const word *from = (const word *)frame;
    word *to = (word *)&record->frame;
    word words = has_stack_pointer(frame) ? sizeof *frame / sizeof(word)
                                          : (word)((const word *)&frame->flags + 1 - from);
    for (word i = 0; i < words; i++) {
        to[i] = from[i];
    }
    record->frame_address = (word)(has_error_code(frame->vector) ? &frame->error : &frame->rip);
#ifndef __x86_64__
    record->frame.r[4] = has_stack_pointer(frame) ? frame->rsp : (word)&frame->rsp;
#endif
    record->dr6 = dr6;
    record->cr2 = cr2;

    if (actions_taken >= action_count) {
        return ABANDON;
    }
    word action = actions[actions_taken].action;
    word argument = actions[actions_taken++].argument;
    switch (action) {
    case EVENT_GOTO:
        frame->rip = argument;
        break;
    case EVENT_ADVANCE:
        frame->rip += argument;
        break;
    case EVENT_CALL:
        ((void (*)(struct frame *))argument)(frame);
        break;
    case EVENT_KERNEL:
        return argument;
    default:
        break;
    }
    return RETURN;
}
