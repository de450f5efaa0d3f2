#include "shapes.h"

struct hidden {
    int depth;
    struct shape *shape;
};

extern struct shape shape;

struct hidden hidden = {42, &shape};
static volatile short same_name = -1;
int declared_only[4] = {10, 20, 30, 40};

int other(int value)
{
    static long calls = 7;
    calls += same_name;
    return doubled(value) + (int)calls;
}
