#include "line.h"

#include "program.h"

#define CONTROL(letter) ((letter) & 0x1f)
#define ESCAPE 0x1b
#define RUBOUT 0x7f

// What the keys that send more than a byte are turned into.
enum key { KEY_UP = 0x100, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_OTHER, KEY_HANGUP };

static void show(const char *text, size_t size)
{
    if (size > 0) {
        sys_console_write(text, size);
    }
}

static void show_repeated(char c, size_t count)
{
    while (count-- > 0) {
        show(&c, 1);
    }
}

static int read_byte(void)
{
    uint8_t byte;
    return sys_console_read(&byte, 1) == 1 ? byte : KEY_HANGUP;
}

static int letter_key(int letter)
{
    switch (letter) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    default:
        return KEY_OTHER;
    }
}

static int number_key(int number)
{
    switch (number) {
    case 1:
    case 7:
        return KEY_HOME;
    case 4:
    case 8:
        return KEY_END;
    case 3:
        return KEY_DELETE;
    default:
        return KEY_OTHER;
    }
}

// A sequence is ESC [ or ESC O, then parameters, then a final byte (ECMA-48, 5.4; xterm's control sequences).
static int read_key(void)
{
    int byte = read_byte();
    if (byte != ESCAPE) {
        return byte;
    }
    byte = read_byte();
    if (byte != '[' && byte != 'O') {
        return byte == KEY_HANGUP ? KEY_HANGUP : KEY_OTHER;
    }
    int number = 0;
    for (byte = read_byte(); byte >= 0x20 && byte < 0x40; byte = read_byte()) {
        number = byte >= '0' && byte <= '9' && number < 100 ? number * 10 + byte - '0' : number;
    }
    return byte == KEY_HANGUP ? KEY_HANGUP : byte == '~' ? number_key(number) : letter_key(byte);
}

// Shows the line again from a place on, over what was there, which may have been longer, and goes back to the cursor.
static void redraw(const struct line_editor *editor, size_t from, size_t old_length)
{
    size_t surplus = old_length > editor->length ? old_length - editor->length : 0;
    show(editor->text + from, editor->length - from);
    show_repeated(' ', surplus);
    show_repeated('\b', editor->length + surplus - editor->cursor);
}

static void move_to(struct line_editor *editor, size_t cursor)
{
    if (cursor < editor->cursor) {
        show_repeated('\b', editor->cursor - cursor);
    } else {
        show(editor->text + editor->cursor, cursor - editor->cursor);
    }
    editor->cursor = cursor;
}

static void insert(struct line_editor *editor, char c)
{
    if (editor->length == LINE_SIZE - 1) {
        return;
    }
    memmove(editor->text + editor->cursor + 1, editor->text + editor->cursor, editor->length - editor->cursor);
    editor->text[editor->cursor] = c;
    editor->length++;
    editor->cursor++;
    redraw(editor, editor->cursor - 1, editor->length);
}

// Takes away what is between two places, and leaves the cursor where it was.
static void delete(struct line_editor *editor, size_t from, size_t to)
{
    size_t old_length = editor->length;
    move_to(editor, from);
    memmove(editor->text + from, editor->text + to, editor->length - to);
    editor->length -= to - from;
    redraw(editor, from, old_length);
}

static void replace(struct line_editor *editor, const char *text)
{
    size_t old_length = editor->length;
    move_to(editor, 0);
    string_copy(editor->text, text, LINE_SIZE);
    editor->length = strlen(editor->text);
    editor->cursor = editor->length;
    redraw(editor, 0, old_length);
}

static size_t word_start(const struct line_editor *editor)
{
    size_t start = editor->cursor;
    while (start > 0 && editor->text[start - 1] == ' ') {
        start--;
    }
    while (start > 0 && editor->text[start - 1] != ' ') {
        start--;
    }
    return start;
}

// Goes to a line of the history, counted from the newest, which is 1; 0 is the line that was begun, which is not kept.
static void recall(struct line_editor *editor, size_t *back, size_t wanted)
{
    size_t kept = editor->entered < LINE_HISTORY ? editor->entered : LINE_HISTORY;
    if (wanted <= kept) {
        *back = wanted;
        replace(editor, wanted == 0 ? "" : editor->history[(editor->entered - wanted) % LINE_HISTORY]);
    }
}

static void edit(struct line_editor *editor, int key, size_t *back)
{
    switch (key) {
    case KEY_LEFT:
    case CONTROL('B'):
        move_to(editor, editor->cursor > 0 ? editor->cursor - 1 : 0);
        break;
    case KEY_RIGHT:
    case CONTROL('F'):
        move_to(editor, editor->cursor < editor->length ? editor->cursor + 1 : editor->length);
        break;
    case KEY_HOME:
    case CONTROL('A'):
        move_to(editor, 0);
        break;
    case KEY_END:
    case CONTROL('E'):
        move_to(editor, editor->length);
        break;
    case RUBOUT:
    case '\b':
        delete(editor, editor->cursor > 0 ? editor->cursor - 1 : 0, editor->cursor);
        break;
    case KEY_DELETE:
    case CONTROL('D'):
        delete(editor, editor->cursor, editor->cursor < editor->length ? editor->cursor + 1 : editor->length);
        break;
    case CONTROL('U'):
        delete(editor, 0, editor->cursor);
        break;
    case CONTROL('K'):
        delete(editor, editor->cursor, editor->length);
        break;
    case CONTROL('W'):
        delete(editor, word_start(editor), editor->cursor);
        break;
    case KEY_UP:
    case CONTROL('P'):
        recall(editor, back, *back + 1);
        break;
    case KEY_DOWN:
    case CONTROL('N'):
        recall(editor, back, *back > 0 ? *back - 1 : 0);
        break;
    default:
        if (key >= ' ' && key < RUBOUT) {
            insert(editor, (char)key);
        }
        break;
    }
}

static enum line_end finish(struct line_editor *editor, const char *shown, enum line_end end)
{
    move_to(editor, editor->length);
    show(shown, strlen(shown));
    editor->text[editor->length] = '\0';
    return end;
}

enum line_end line_read(struct line_editor *editor, const char *prompt)
{
    size_t back = 0;
    editor->length = 0;
    editor->cursor = 0;
    show(prompt, strlen(prompt));
    for (;;) {
        int key = read_key();
        bool follows_return = editor->was_return && key == '\n';
        editor->was_return = key == '\r';
        if (follows_return) {
            continue;
        }
        if (key == '\r' || key == '\n') {
            return finish(editor, "\n", LINE_ENTERED);
        }
        if (key == CONTROL('C')) {
            return finish(editor, "^C\n", LINE_INTERRUPTED);
        }
        if (key == KEY_HANGUP || (key == CONTROL('D') && editor->length == 0)) {
            return finish(editor, "\n", editor->length > 0 ? LINE_ENTERED : LINE_NO_MORE);
        }
        edit(editor, key, &back);
    }
}

void line_remember(struct line_editor *editor)
{
    memcpy(editor->history[editor->entered % LINE_HISTORY], editor->text, LINE_SIZE);
    editor->entered++;
}
