// Translations that processors remember, after a page was taken away.
#pragma once

#include "types.h"

struct address_space;

// Has all processors forget pages that are mapped no more. The lock of the page tables is held; on return nobody uses the pages.
void tlb_forget(const struct address_space *space, virt_addr first, size_t pages);

// Forgets what another processor has asked this one to, if it has. Called in the interrupt that it sends, and by who waits with interrupts
// off, because the other one may hold what it waits for.
void tlb_look(void);
