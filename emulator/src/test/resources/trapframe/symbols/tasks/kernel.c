/* The tables of a kernel of xv6's kind for x86-64, as they are at one moment, and the same tasks kept in other ways. */
typedef unsigned long uintp;

enum procstate { UNUSED, EMBRYO, SLEEPING, RUNNABLE, RUNNING, ZOMBIE };

struct context {
    uintp r15, r14, r13, r12, r11, rbx, ebp, eip;
};

struct list_node {
    struct list_node *next, *prev;
};

struct proc {
    uintp size;
    char *kstack;
    enum procstate state;
    volatile int pid;
    struct proc *parent;
    struct context *context;
    void *chan;
    int killed;
    char name[16];
    struct list_node node;
    struct proc *next;
};

struct cpu {
    unsigned char id;
    struct context *scheduler;
    struct proc *proc;
};

void swtch(void) { for (;;); }
void trapret(void) { for (;;); }
int scheduler(void) { swtch(); return 1; }
int disk_queue;

static struct context saved = {15, 14, 13, 12, 11, 3, 0x5000, (uintp) scheduler};

struct {
    int lock;
    struct proc proc[4];
} ptable = {1, {
    {.state = RUNNING, .pid = 1, .name = "init", .node = {&ptable.proc[1].node}, .next = &ptable.proc[1]},
    {.state = SLEEPING, .pid = 2, .name = "sh", .context = &saved, .chan = &disk_queue, .node = {&ptable.proc[3].node}, .next = &ptable.proc[3]},
    {.state = UNUSED},
    {.state = RUNNABLE, .pid = 3, .name = "ls\n", .context = &saved, .node = {&ptable.proc[0].node}, .next = 0},
}};

struct proc *procs[8] = {&ptable.proc[0], 0, &ptable.proc[1], &ptable.proc[3]};
struct proc *first = &ptable.proc[0];
struct proc *table = ptable.proc;
struct proc in_a_circle = {.state = RUNNABLE, .next = &in_a_circle};
struct proc loose = {.state = RUNNABLE, .next = &in_a_circle};
struct proc lost = {.state = RUNNABLE, .next = (struct proc *) 0x1000};

struct cpu cpus[2] = {{0, 0, &ptable.proc[0]}};

void _start(void) { scheduler(); trapret(); }
