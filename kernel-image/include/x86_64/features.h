// The processor's abilities that the kernel uses.
#pragma once

// Checks what is needed and switches on the protections there are. Ends the kernel if something needed is missing.
void features_init(void);
