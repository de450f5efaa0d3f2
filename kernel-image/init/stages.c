#include "init/stages.h"

#include "lib/console.h"

void stages_run(const struct stage *stages, size_t count)
{
    static unsigned number;

    for (size_t i = 0; i < count; i++) {
        number++;
        print("[stage %u] %s ... ", number, stages[i].name);
        stages[i].run();
        // If something was printed meanwhile, the stage's line is printed again as a whole.
        if (console_at_line_start()) {
            print("[stage %u] %s ... ", number, stages[i].name);
        }
        print("ok\n");
    }
}
