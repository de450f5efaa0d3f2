#include "x86_64/stack.h"

#include "lib/panic.h"
#include "lib/spinlock.h"
#include "mm/frames.h"
#include "x86_64/layout.h"
#include "x86_64/paging.h"

// A slot is as large again as the stack in it; its lower half stays unmapped.
#define SLOT_SIZE (2 * STACK_SIZE)
#define MAX_STACKS 80

extern char boot_stack_bottom[], boot_stack_top[];

static struct spinlock stacks_lock = SPINLOCK("stacks");
static struct stack stacks[MAX_STACKS];
static size_t stack_count;

const struct stack *stack_create(const char *name)
{
    uint64_t flags = spin_lock_irqsave(&stacks_lock);
    ASSERT(stack_count < MAX_STACKS);
    virt_addr top = KERNEL_STACKS_BASE + (stack_count + 1) * SLOT_SIZE;
    struct stack *stack = &stacks[stack_count++];
    *stack = (struct stack){.name = name, .bottom = top - STACK_SIZE, .top = top};
    spin_unlock_irqrestore(&stacks_lock, flags);

    for (virt_addr page = stack->bottom; page < stack->top; page += PAGE_SIZE) {
        page_map(&kernel_space, page, frame_alloc_zeroed(), PAGE_SIZE, PAGE_WRITE);
    }
    return stack;
}

const struct stack *stack_at(virt_addr address)
{
    static const struct stack boot_stack = {"boot", (virt_addr)boot_stack_bottom, (virt_addr)boot_stack_top};

    if (address >= boot_stack.bottom && address < boot_stack.top) {
        return &boot_stack;
    }
    if (address < KERNEL_STACKS_BASE || address >= KERNEL_STACKS_BASE + stack_count * SLOT_SIZE) {
        return NULL;
    }
    return &stacks[(address - KERNEL_STACKS_BASE) / SLOT_SIZE];
}

bool stack_contains(virt_addr address, size_t bytes)
{
    const struct stack *stack = stack_at(address);
    return stack != NULL && address >= stack->bottom && address <= stack->top - bytes;
}
