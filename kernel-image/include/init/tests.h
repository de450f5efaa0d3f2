// What test= runs after the stages. Each prints that it passed, or ends the kernel.
#pragma once

// Threads that are created, work, wait for each other, exit, and are joined.
void test_kthread(void);

// Threads that sleep for a short time, many at once, with nobody awake.
void test_sleep(void);
