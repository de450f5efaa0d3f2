#include "shapes.h"

extern struct hidden hidden;
extern int declared_only[4];

static int same_name = 17;
int global = -5;
const char *greeting = "hello, world";
word words[4] = {1, 2, 0xffffffffffffffff, 4};
struct list lists[2] = {{&lists[1], "first"}, {0, "second"}};
struct packed packed = {'p', -2, 5, 0x2aaaaaaa, 0x55555555, -7};
struct packed *packed_pointer = &packed;
enum big big = LARGE_ONE;
long long long_long = -0x123456789abcdef;
unsigned char bytes[3][2] = {{1, 2}, {3, 4}, {5, 250}};

static int add(int value, const char *text)
{
    return value + text[0];
}

struct shape shape = {
    .colour = BLUE,
    .visible = 1,
    .offset = -9,
    .wide = 0x1234567890,
    .level = MIDDLE,
    .width = -300,
    .height = 77,
    .name = "circle",
    .matrix = {{1, 2, 3}, {-4, -5, -6}},
    .lists = {{0, "a"}, {&lists[0], "b"}, {0, 0}},
    .secret = &hidden,
    .run = add,
    .counter = 99,
    .limit = 1000,
    .flag = 1,
    .tiny = -8,
    .byte = 200,
    .ratio = 1.5f,
    .precise = 2,
};

__attribute__((noinline)) int leaf(int value)
{
    static int calls;
    calls++;
    same_name += value;
    return calls + same_name;
}

__attribute__((noinline)) int compute(int value, int depth)
{
    volatile int kept[4] = {value, depth, 3, 4};
    if (depth == 0) {
        return doubled_twice(leaf(kept[0])) + kept[3];
    }
    int sum = 0;
    for (int i = 0; i < 2; i++) {
        sum += doubled(value + i);
    }
    return compute(sum, depth - 1) + kept[1] + declared_only[depth & 3];
}

void _start(void)
{
    int result = compute(global, 3);
    result += other(result) + assembled(result);
    result += shape.run(result, greeting);
    words[0] = (word)result;
    for (;;) {
        __asm__ volatile("pause");
    }
}
