// The smallest child there is: says what it was given, and that it is done.
#include "program.h"

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count; i++) {
        print("hello-std: %s\n", arguments[i]);
    }
    print("hello-std: done\n");
    return 0;
}
