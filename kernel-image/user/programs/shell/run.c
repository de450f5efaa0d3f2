#include "abi/process.h"
#include "file.h"
#include "run.h"
#include "shell.h"

#define PROGRAMS "/bin/"

// The file of a program: commands without a slash are in PROGRAMS.
static void find_program(const char *name, char path[VFS_PATH_SIZE])
{
    size_t prefix = memchr(name, '/', strlen(name)) == NULL ? strlen(PROGRAMS) : 0;
    memcpy(path, PROGRAMS, prefix);
    string_copy(path + prefix, name, VFS_PATH_SIZE - prefix);
}

static int64_t prepare_output(const struct command *command)
{
    struct vfs_file file;
    if (command->output == NULL) {
        return 0;
    }
    int64_t error = file_create(command->output, &file);
    if (error >= 0 && file.is_folder != 0) {
        error = -ERROR_IS_A_FOLDER;
    }
    return error < 0 || command->appends ? error : file_truncate(&file);
}

static bool refuse(const char *what, int64_t error)
{
    complain("shell: %s: %s\n", what, error_text(error));
    return false;
}

// Starts a program with the words of a command from one on. Gives its id.
static bool start(const struct command *command, int first_word, int64_t *id)
{
    struct vfs_file file;
    char path[VFS_PATH_SIZE];
    int64_t error = command->input != NULL ? file_open(command->input, &file) : 0;
    if (error < 0) {
        return refuse(command->input, error);
    }
    error = prepare_output(command);
    if (error < 0) {
        return refuse(command->output, error);
    }
    const char *name = command->words[first_word];
    find_program(name, path);
    const struct redirection redirection = {command->input, command->output};
    *id = run_file(path, command->word_count - first_word, command->words + first_word, &redirection);
    return *id >= 0 || refuse(name, *id);
}

static void say_how_it_ended(const char *name, int64_t status)
{
    if (status == STATUS_KILLED) {
        complain("%s: killed\n", name);
    } else if (status >= STATUS_FAULT) {
        complain("%s: ended by fault %ld\n", name, status - STATUS_FAULT);
    }
}

static bool run_program(const struct command *command)
{
    int64_t id, status;
    if (!start(command, 0, &id)) {
        return false;
    }
    sys_console_foreground((uint64_t)id);
    int64_t ended = sys_wait((uint64_t)id, &status);
    sys_console_foreground(0);
    if (ended > 0) {
        say_how_it_ended(command->words[0], status);
    }
    return true;
}

static bool run_spawn(const struct command *command)
{
    int64_t id;
    if (command->word_count < 2) {
        complain("usage: spawn PROGRAM [ARGUMENT...]\n");
        return false;
    }
    if (!start(command, 1, &id)) {
        return false;
    }
    complain("[%ld] %s\n", id, command->words[1]);
    return true;
}

static void run_help(void)
{
    print("COMMAND [ARGUMENT...] [< FILE] [> FILE] [>> FILE] [; COMMAND...]\n"
          "exit [STATUS]         ends the shell\n"
          "spawn COMMAND...      runs a program without waiting for it\n"
          "help                  shows this, and the programs:\n");
}

static struct outcome run_command(const struct command *command)
{
    struct outcome outcome = {.all_ran = true};
    const char *name = command->words[0];
    if (command->word_count == 0) {
        int64_t error = prepare_output(command);
        outcome.all_ran = error >= 0 || refuse(command->output, error);
    } else if (string_equal(name, "exit")) {
        uint64_t status = 0;
        outcome.exits = command->word_count == 1 || parse_number(command->words[1], EXIT_STATUS_MASK, &status);
        outcome.status = (int)status;
        outcome.all_ran = outcome.exits || refuse("exit", ERROR_BAD_ARGUMENT);
    } else if (string_equal(name, "spawn")) {
        outcome.all_ran = run_spawn(command);
    } else if (string_equal(name, "help")) {
        run_help();
        outcome.all_ran = run_program(&(struct command){.word_count = 2, .words = {"ls", PROGRAMS}});
    } else {
        outcome.all_ran = run_program(command);
    }
    return outcome;
}

struct outcome line_run(const char *line)
{
    static struct command command;
    struct outcome all = {.all_ran = true};
    while (*line != '\0' && !all.exits) {
        const char *problem = command_parse(&line, &command);
        if (problem != NULL) {
            complain("shell: %s\n", problem);
            all.all_ran = false;
            break;
        }
        struct outcome one = run_command(&command);
        all.all_ran &= one.all_ran;
        all.exits = one.exits;
        all.status = one.status;
    }
    return all;
}

void report_children(void)
{
    int64_t status;
    for (int64_t id; (id = sys_wait_if_exited(ANY_PROCESS, &status)) > 0;) {
        complain("[%ld] ended with status %ld\n", id, status);
    }
}
