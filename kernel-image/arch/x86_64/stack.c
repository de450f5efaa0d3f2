#include "x86_64/stack.h"

#include "lib/spinlock.h"
#include "mm/frames.h"
#include "sched/task.h"
#include "x86_64/layout.h"
#include "x86_64/paging.h"

// A slot is as large again as the stack in it; its lower half stays unmapped.
#define SLOT_SIZE (2 * STACK_SIZE)
// For the tasks and for the traps of each processor that have stacks of their own.
#define MAX_STACKS (ALL_TASKS + MAX_CPUS * (IST_COUNT + 1))

extern char boot_stack_bottom[], boot_stack_top[];

#define STACK_PAGES (STACK_SIZE / PAGE_SIZE)

static struct spinlock stacks_lock = SPINLOCK("stacks");
static struct stack stacks[MAX_STACKS]; // those without a name are free

// The stack of the lowest free slot; NULL if there is none.
static struct stack *take_slot(const char *name)
{
    struct stack *taken = NULL;
    uint64_t flags = spin_lock_irqsave(&stacks_lock);
    for (size_t i = 0; i < MAX_STACKS && taken == NULL; i++) {
        if (stacks[i].name == NULL) {
            virt_addr top = KERNEL_STACKS_BASE + (i + 1) * SLOT_SIZE;
            taken = &stacks[i];
            *taken = (struct stack){.name = name, .bottom = top - STACK_SIZE, .top = top};
        }
    }
    spin_unlock_irqrestore(&stacks_lock, flags);
    return taken;
}

// All or none.
static bool alloc_frames(phys_addr frames[STACK_PAGES])
{
    for (size_t i = 0; i < STACK_PAGES; i++) {
        frames[i] = frame_alloc();
        if (frames[i] == NO_FRAME) {
            while (i-- > 0) {
                frame_free(frames[i]);
            }
            return false;
        }
    }
    return true;
}

const struct stack *stack_create(const char *name)
{
    phys_addr frames[STACK_PAGES];
    if (!alloc_frames(frames)) {
        return NULL;
    }
    const struct stack *stack = take_slot(name);
    for (size_t i = 0; i < STACK_PAGES; i++) {
        if (stack != NULL) {
            page_map(&kernel_space, stack->bottom + i * PAGE_SIZE, frames[i], PAGE_SIZE, PAGE_WRITE);
        } else {
            frame_free(frames[i]);
        }
    }
    return stack;
}

void stack_destroy(const struct stack *stack)
{
    phys_addr frames[STACK_PAGES];
    page_unmap(&kernel_space, stack->bottom, frames, STACK_PAGES);
    for (size_t i = 0; i < STACK_PAGES; i++) {
        frame_free(frames[i]);
    }
    uint64_t flags = spin_lock_irqsave(&stacks_lock);
    stacks[stack - stacks].name = NULL;
    spin_unlock_irqrestore(&stacks_lock, flags);
}

const struct stack *stack_at(virt_addr address)
{
    static const struct stack boot_stack = {"boot", (virt_addr)boot_stack_bottom, (virt_addr)boot_stack_top};

    if (address >= boot_stack.bottom && address < boot_stack.top) {
        return &boot_stack;
    }
    if (address < KERNEL_STACKS_BASE || address >= KERNEL_STACKS_BASE + MAX_STACKS * SLOT_SIZE) {
        return NULL;
    }
    const struct stack *stack = &stacks[(address - KERNEL_STACKS_BASE) / SLOT_SIZE];
    return stack->name != NULL ? stack : NULL;
}

bool stack_contains(virt_addr address, size_t bytes)
{
    const struct stack *stack = stack_at(address);
    return stack != NULL && address >= stack->bottom && address <= stack->top - bytes;
}
