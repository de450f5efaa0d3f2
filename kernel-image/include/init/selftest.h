// What the kernel proves of itself while it boots. Each ends the kernel if something is not as it should be.
#pragma once

void selftest_frames(void);
void selftest_stacks(void);
void selftest_exceptions(void);
void selftest_protection(void);
void selftest_heap(void);
void selftest_tasks(void);
void selftest_processes(void);
