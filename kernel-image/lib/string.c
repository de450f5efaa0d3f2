#include "lib/string.h"

// String instructions rather than loops: the compiler would turn a loop into a call of the very function.

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *destination = to;
    size_t words = size / 8;
    size_t rest = size % 8;
    __asm__ volatile("rep movsq\n\tmovq %3, %%rcx\n\trep movsb" : "+D"(destination), "+S"(from), "+c"(words) : "r"(rest) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        return memcpy(to, from, size);
    }
    // The destination overlaps the source from above: copy downwards.
    void *destination = (char *)to + size - 1;
    const void *source = (const char *)from + size - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(destination), "+S"(source), "+c"(size) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *destination = to;
    uint64_t pattern = 0x0101010101010101ULL * (uint8_t)byte;
    size_t words = size / 8;
    size_t rest = size % 8;
    __asm__ volatile("rep stosq\n\tmovq %3, %%rcx\n\trep stosb" : "+D"(destination), "+c"(words) : "a"(pattern), "r"(rest) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

void *memchr(const void *memory, int byte, size_t size)
{
    const uint8_t *bytes = memory;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == (uint8_t)byte) {
            return (void *)(uintptr_t)&bytes[i];
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    // The barrier keeps the loop from becoming a call of strlen.
    for (; text[length] != '\0'; length++) {
        __asm__ volatile("");
    }
    return length;
}

void string_copy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);
    length = length < size ? length : size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

bool string_equal(const char *a, const char *b)
{
    size_t length = strlen(a);
    return length == strlen(b) && memcmp(a, b, length) == 0;
}
