// Words are separated by blanks. Quotes, single or double, keep blanks and the shell's own characters in a word; a backslash outside of single
// quotes keeps the character behind it.
#include "shell.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_word(char c)
{
    return c == '\0' || is_blank(c) || c == ';' || c == '<' || c == '>';
}

static bool put(struct command *command, char c)
{
    if (command->used == sizeof command->bytes) {
        return false;
    }
    command->bytes[command->used++] = c;
    return true;
}

static const char *parse_word(const char **line, struct command *command, const char **word)
{
    char quote = '\0';
    const char *at = *line;
    *word = command->bytes + command->used;
    for (; quote != '\0' ? *at != '\0' : !ends_word(*at); at++) {
        if (quote == '\0' ? *at == '\'' || *at == '"' : *at == quote) {
            quote = quote == '\0' ? *at : '\0';
            continue;
        }
        if (*at == '\\' && quote != '\'' && at[1] != '\0') {
            at++;
        }
        if (!put(command, *at)) {
            return "the line is too long";
        }
    }
    *line = at;
    if (quote != '\0') {
        return "a closing quote is missing";
    }
    return put(command, '\0') ? NULL : "the line is too long";
}

// At "<", ">" or ">>".
static const char *parse_redirection(const char **line, struct command *command)
{
    bool is_output = **line == '>';
    (*line)++;
    bool appends = is_output && **line == '>';
    *line += appends;
    while (is_blank(**line)) {
        (*line)++;
    }
    if (ends_word(**line)) {
        return "a file name is missing";
    }
    if (is_output) {
        command->appends = appends;
    }
    return parse_word(line, command, is_output ? &command->output : &command->input);
}

const char *command_parse(const char **line, struct command *command)
{
    *command = (struct command){0};
    const char *problem = NULL;
    for (;;) {
        while (is_blank(**line)) {
            (*line)++;
        }
        if (problem != NULL || **line == '\0') {
            return problem;
        }
        if (**line == ';') {
            (*line)++;
            return NULL;
        }
        if (**line == '<' || **line == '>') {
            problem = parse_redirection(line, command);
        } else if (command->word_count == MAX_WORDS) {
            problem = "there are too many words";
        } else {
            problem = parse_word(line, command, &command->words[command->word_count]);
            command->word_count++;
        }
    }
}
