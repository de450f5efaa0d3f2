#include "mm/device_memory.h"

#include <stdatomic.h>

#include "lib/panic.h"
#include "x86_64/layout.h"
#include "x86_64/paging.h"

static _Atomic virt_addr next = KERNEL_DEVICES_BASE;

volatile void *device_map(phys_addr start, size_t size)
{
    phys_addr first = ALIGN_DOWN(start, PAGE_SIZE);
    size_t bytes = ALIGN_UP(start + size, PAGE_SIZE) - first;
    virt_addr virt = atomic_fetch_add(&next, bytes);
    ASSERT(bytes <= KERNEL_DEVICES_LIMIT - virt);
    page_map(&kernel_space, virt, first, bytes, PAGE_WRITE | PAGE_UNCACHED);
    return (volatile char *)virt + (start - first);
}
