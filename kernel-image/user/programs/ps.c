// ps: the processes there are, with the state and the processor of their first task, and the pages of memory that they have.
#include "program.h"

#define MAX_LISTED 64

int main(int argument_count, char **arguments)
{
    (void)argument_count;
    (void)arguments;
    static struct process_info list[MAX_LISTED];
    int64_t count = sys_process_list(list, MAX_LISTED);
    print("   ID PARENT TASKS PAGES CPU STATE     NAME\n");
    for (int64_t i = 0; i < count && i < MAX_LISTED; i++) {
        print("%5lu %6lu %5lu %5lu %3lu %-9s %s\n", list[i].id, list[i].parent, list[i].tasks, list[i].pages, list[i].cpu, list[i].state, list[i].name);
    }
    return 0;
}
