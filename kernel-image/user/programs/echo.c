// echo [WORD...]: the words, with blanks between them, as a line.
#include "program.h"

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count; i++) {
        print("%s%s", i > 1 ? " " : "", arguments[i]);
    }
    print("\n");
    return 0;
}
