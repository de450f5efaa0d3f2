// Waiting for a word of memory to change: what user programs build their locks on. The word is theirs; the kernel knows it by its address
// space and its address, and only as long as somebody waits.
#pragma once

#include "x86_64/paging.h"

// Waits until somebody wakes the caller, if the word at the address, which is in the running process, has the expected value. 0 if woken,
// ERROR_VALUE_CHANGED if the value is another one. No wake after a change of the word is missed.
int64_t futex_wait(const struct address_space *space, virt_addr address, uint32_t expected);

// Wakes at most count of those who wait for the word, in the order in which they came. Returns how many.
int64_t futex_wake(const struct address_space *space, virt_addr address, uint64_t count);
