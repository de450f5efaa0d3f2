// shell: reads commands from the console and runs them, until "exit" or the end of the input.
// shell -c COMMANDS: runs these; its status is 1 if one of them could not be run.
#include "line.h"
#include "shell.h"

#define PROMPT "/ # "

static int run_interactive(void)
{
    static struct line_editor editor;
    for (;;) {
        enum line_end end = line_read(&editor, PROMPT);
        if (end == LINE_NO_MORE) {
            return 0;
        }
        if (end == LINE_ENTERED && editor.length > 0) {
            line_remember(&editor);
            struct outcome outcome = line_run(editor.text);
            if (outcome.exits) {
                return outcome.status;
            }
        }
        report_children();
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 1) {
        return run_interactive();
    }
    if (argument_count != 3 || !string_equal(arguments[1], "-c")) {
        complain("usage: shell [-c COMMANDS]\n");
        return 2;
    }
    struct outcome outcome = line_run(arguments[2]);
    return outcome.exits ? outcome.status : outcome.all_ran ? 0 : 1;
}
