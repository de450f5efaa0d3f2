/*
 * The runner of guest test images: it calls one snippet after the other, each from the same known CPU state, logs every
 * exception and interrupt that the CPU delivers meanwhile, and prints one line for each snippet.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h>

#ifdef __x86_64__
typedef uint64_t word;
#else
typedef uint32_t word;
#endif

/* One snippet: made by the macro `snippet`, collected by the linker in the order of the sources. */
struct test {
    const char *name;
    void (*entry)(void);
    word at, to;            /* printed addresses near these are relative to them */
    word show;              /* registers to print with each event, by number; SHOW_* */
};

enum {
    SHOW_FLAGS = 1 << 16,   /* print the arithmetic flags in the frame's RFLAGS too */
    SHOW_DATA_SEGMENTS = 1 << 17,
};

/* What an exception stub leaves on the stack: the CPU's own frame from `error` on. */
#ifdef __x86_64__
struct frame {
    word r[16];             /* by register number: RAX RCX RDX RBX RSP RBP RSI RDI R8-R15 */
    word handler_ss, handler_cs, handler_flags;
    word vector, error;
    word rip, cs, flags, rsp, ss;
};
#else
struct frame {
    word ds, es, fs, gs;
    word r[8];
    word handler_ss, handler_cs, handler_flags;
    word vector, error;
    word rip, cs, flags;
    word rsp, ss;           /* there only when the privilege changed */
    word vm_es, vm_ds, vm_fs, vm_gs;    /* there only when virtual-8086 mode was left */
};
#endif

/* A stack whose name is printed in place of its address. */
struct stack {
    word top;
    const char *name;
};

/* Supplied by each image. */
extern const struct stack stacks[];
extern char stubs[];             /* one of 16 bytes for each vector */
void reset_tables(void);        /* GDT, IDT, TSS and page tables as the snippets expect them */
word linear_rip(const struct frame *frame);     /* where the interrupted code is in the image, whatever its segment */
void load_state(void);          /* every control register, segment, MSR and debug register */

/* Supplied by entry.S of each image. */
int call_test(void (*entry)(void));     /* 1: the snippet returned; 0: it was abandoned in a handler */

/* Called by entry.S. */
void run_tests(void);
word trapped(struct frame *frame, word dr6, word cr2);  /* ABANDON, RETURN, or where to go on in the kernel */
void report_value(const char *key, word value);
void on_event(word action, word argument);

/* What to do about an event, asked for by the snippet in advance; without a request it is abandoned. */
enum action {
    EVENT_GOTO = 1,     /* go on at an address, in the interrupted context */
    EVENT_RETURN,       /* return from the handler */
    EVENT_ADVANCE,      /* return behind so many bytes */
    EVENT_CALL,         /* call a function that mends what was wrong, with the frame as its argument, then return */
    EVENT_KERNEL,       /* go on at an address with the kernel's segments and the snippet's stack */
};

enum { ABANDON, RETURN };

#endif
