#include "proc/process.h"

struct process processes[MAX_PROCESSES];
