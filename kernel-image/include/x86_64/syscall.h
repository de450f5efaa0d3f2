// The SYSCALL instruction.
#pragma once

// Lets this processor's programs use it.
void syscall_init(void);
