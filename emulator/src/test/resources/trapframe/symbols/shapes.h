// What both files of the sample program know.
#pragma once

enum colour { RED, GREEN = 5, BLUE };
enum level { LOWEST = -3, MIDDLE, HIGHEST = 1000 };
enum big { SMALL_ONE = 1, LARGE_ONE = 0x123456789a };

struct hidden; // only other.c knows what is in it

typedef unsigned long word;
typedef int (*operation)(int, const char *);

struct list {
    struct list *next;
    const volatile char *text;
};

struct shape {
    enum colour colour;
    unsigned int visible : 1;
    int offset : 5;
    unsigned long wide : 37;
    enum level level : 12;
    union {
        double radius;
        struct {
            short width, height;
        };
    };
    char name[12];
    int matrix[2][3];
    struct list lists[3];
    struct hidden *secret;
    operation run;
    _Atomic word counter;
    const volatile word limit;
    word *const *restrict where;
    _Bool flag;
    signed char tiny;
    unsigned char byte;
    float ratio;
    long double precise;
    int (*table)[4];
    void *anything;
    char tail[];
};

struct __attribute__((packed)) packed {
    char first;
    long second;
    unsigned int a : 3, b : 30, c : 31;
    short third;
};

static inline __attribute__((always_inline)) int doubled(int value)
{
    return value * 2 + (value > 100 ? 1 : 0);
}

static inline __attribute__((always_inline)) int doubled_twice(int value)
{
    int once = doubled(value);
    return doubled(once) - 1;
}

int compute(int value, int depth);
int other(int value);
int assembled(int value);
