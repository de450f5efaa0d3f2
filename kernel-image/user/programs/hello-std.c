// The smallest child there is: says what it was given, greets whom it was told to, naps if it is told to, and says that it is done.
//
//     NAP=TICKS     how long
//     GREET=HANDLE  over which channel; without it, over the one that the name "greeting" is bound to, if there is one
#include "program.h"

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    parse_number(text, INT64_MAX, &value);
    return value;
}

static void greet(uint64_t channel)
{
    struct message message = {.size = 5};
    memcpy(message.data, "hello", message.size);
    int64_t error = sys_channel_send(channel, &message);
    if (error != 0) {
        print("hello-std: nobody hears\n");
    }
}

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count; i++) {
        print("hello-std: %s\n", arguments[i]);
    }
    const char *channel = environment_get("GREET");
    int64_t named = sys_name_lookup("greeting");
    if (channel != NULL) {
        greet(number(channel));
    } else if (named >= 0) {
        greet((uint64_t)named);
    }
    const char *ticks = environment_get("NAP");
    if (ticks != NULL) {
        sys_sleep(number(ticks));
    }
    print("hello-std: done\n");
    return 0;
}
