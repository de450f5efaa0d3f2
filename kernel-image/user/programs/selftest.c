// What the kernel's stage "processes" runs: tries what programs rely on, and exits with SUCCESS if all is well, else with the line that is not.
#include "program.h"

#define SUCCESS 42
#define KERNEL_ADDRESS 0xffffffff80106000
#define NOT_CANONICAL 0x0000800000000000
#define NOT_MAPPED 0x1000000
#define LAST_PAGE 0x00007ffffffff000
#define HEAP_BYTES (5 * PAGE_SIZE + 1)
#define THREADS 4
#define THREAD_STACK 2048
#define TURNS 20

#define CHECK(condition)       \
    do {                       \
        if (!(condition)) {    \
            sys_exit(__LINE__); \
        }                      \
    } while (0)

struct thread {
    uint64_t id; // as the thread itself sees it
    uint64_t number;
    uint8_t stack[THREAD_STACK] ALIGNED(16);
};

static struct thread threads[THREADS];
static _Atomic uint64_t sum;

static void check_both_entries(void)
{
    CHECK(system_call(SYS_PROCESS_ID, 0, 0, 0, 0, 0, 0) == system_call_by_interrupt(SYS_PROCESS_ID, 0, 0, 0, 0, 0, 0));
    CHECK(system_call(SYSCALL_COUNT, 0, 0, 0, 0, 0, 0) == -ERROR_NO_SYSCALL);
    CHECK(system_call_by_interrupt(UINT64_MAX, 0, 0, 0, 0, 0, 0) == -ERROR_NO_SYSCALL);
}

// Of the registers a call changes RAX, RCX and R11 at most.
static void check_registers(void)
{
    uint64_t rax = SYS_YIELD;
    uint64_t rbx = 0x1111, rdx = 0x2222, rsi = 0x3333, rdi = 0x4444;
    __asm__ volatile("movq $0x5555, %%r8\n\tmovq $0x6666, %%r9\n\tmovq $0x7777, %%r10\n\tmovq $0x8888, %%r12\n\t"
                     "movq $0x9999, %%r13\n\tmovq $0xaaaa, %%r14\n\tmovq $0xbbbb, %%r15\n\tstd\n\tsyscall\n\t"
                     "subq $0x5555, %%r8\n\tsubq $0x6666, %%r9\n\tsubq $0x7777, %%r10\n\tsubq $0x8888, %%r12\n\t"
                     "subq $0x9999, %%r13\n\tsubq $0xaaaa, %%r14\n\tsubq $0xbbbb, %%r15\n\t"
                     "orq %%r8, %%rax\n\torq %%r9, %%rax\n\torq %%r10, %%rax\n\torq %%r12, %%rax\n\torq %%r13, %%rax\n\t"
                     "orq %%r14, %%rax\n\torq %%r15, %%rax\n\tpushfq\n\tpopq %%rcx\n\tcld\n\t"
                     "btq $10, %%rcx\n\tsbbq $-1, %%rax"
                     : "+a"(rax), "+b"(rbx), "+d"(rdx), "+S"(rsi), "+D"(rdi)
                     :
                     : "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    CHECK(rax == 0 && rbx == 0x1111 && rdx == 0x2222 && rsi == 0x3333 && rdi == 0x4444);
}

// Addresses that are not the program's make the call fail, and nothing else.
static void check_bad_addresses(void)
{
    static const uint64_t bad[] = {0, 1, NOT_MAPPED, NOT_CANONICAL, KERNEL_ADDRESS, LAST_PAGE, LAST_PAGE - 1, UINT64_MAX};
    static const char constant[] = "x";
    int64_t status;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        CHECK(sys_console_write((const void *)bad[i], 2) == -ERROR_BAD_ADDRESS);
        CHECK(sys_spawn((const struct spawn *)bad[i]) == -ERROR_BAD_ADDRESS);
        CHECK(sys_archive_read(0, (void *)bad[i], 2) == -ERROR_BAD_ADDRESS);
        CHECK(sys_name_lookup((const char *)bad[i]) < 0);
    }
    CHECK(sys_console_write(&status, UINT64_MAX) == -ERROR_BAD_ADDRESS);
    // What can be read need not be writable.
    CHECK(sys_archive_read(0, (void *)(uintptr_t)constant, 1) == -ERROR_BAD_ADDRESS);
    CHECK(sys_archive_read(0, (void *)(uintptr_t)main, 1) == -ERROR_BAD_ADDRESS);
    CHECK(sys_wait(ANY_PROCESS, &status) == -ERROR_NO_PROCESS);
    CHECK(sys_kill(UINT64_MAX) == -ERROR_NO_PROCESS);
}

static void check_heap(void)
{
    uint64_t start = (uint64_t)sys_heap_end(0);
    CHECK(start % PAGE_SIZE == 0);
    CHECK(sys_heap_end(start + HEAP_BYTES) == (int64_t)(start + HEAP_BYTES));
    uint8_t *heap = (uint8_t *)start;
    for (size_t i = 0; i < HEAP_BYTES; i++) {
        CHECK(heap[i] == 0);
        heap[i] = (uint8_t)i;
    }
    CHECK(sys_heap_end(start - 1) == -ERROR_BAD_ARGUMENT && sys_heap_end(KERNEL_ADDRESS) == -ERROR_BAD_ARGUMENT);
    CHECK(sys_heap_end(start + (1ULL << 40)) == -ERROR_NO_MEMORY);
    CHECK(heap[HEAP_BYTES - 1] == (uint8_t)(HEAP_BYTES - 1));
    CHECK(sys_heap_end(start) == (int64_t)start);
    CHECK(sys_archive_read(0, heap, 1) == -ERROR_BAD_ADDRESS);
}

static void run_thread(void *argument)
{
    struct thread *thread = argument;
    for (int i = 0; i < TURNS; i++) {
        sum += thread->number;
        sys_yield();
    }
    thread->id = sys_task_id();
    sys_task_exit((int64_t)thread->number);
}

static void check_threads(void)
{
    uint64_t wanted = 0;
    uint64_t ids[THREADS];
    for (uint64_t i = 0; i < THREADS; i++) {
        threads[i].number = i + 1;
        wanted += TURNS * (i + 1);
        // As after a call: a multiple of 16 less 8.
        int64_t id = sys_task_create(run_thread, threads[i].stack + THREAD_STACK - sizeof(uint64_t), &threads[i]);
        CHECK(id > 0);
        ids[i] = (uint64_t)id;
    }
    for (uint64_t i = 0; i < THREADS; i++) {
        int64_t value = 0;
        CHECK(sys_task_join(ids[i], &value) == 0 && value == (int64_t)(i + 1) && threads[i].id == ids[i]);
        CHECK(sys_task_join(ids[i], &value) == -ERROR_NO_TASK);
    }
    CHECK(sum == wanted);
    CHECK(sys_task_join(sys_task_id(), NULL) == -ERROR_NO_TASK);
    CHECK(sys_task_create((void (*)(void *))KERNEL_ADDRESS, NULL, NULL) == -ERROR_BAD_ARGUMENT);
}

int main(int argument_count, char **arguments)
{
    CHECK(argument_count == 3 && string_equal(arguments[0], "selftest") && string_equal(arguments[1], "one")
          && string_equal(arguments[2], "and two") && arguments[3] == NULL);
    CHECK(environment_get("NOTHING") == NULL);
    check_both_entries();
    check_registers();
    check_bad_addresses();
    check_heap();
    check_threads();
    return SUCCESS;
}
