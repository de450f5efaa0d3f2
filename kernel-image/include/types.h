// What every file needs: the freestanding headers of C17 and a few names for common needs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t phys_addr;
typedef uint64_t virt_addr;

#define PAGE_SIZE 4096UL
#define KIB 1024UL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define ALIGN_DOWN(value, unit) ((value) & ~((uint64_t)(unit) - 1))
#define ALIGN_UP(value, unit) ALIGN_DOWN((value) + (unit) - 1, unit)

#define PACKED __attribute__((packed))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))
#define NOINLINE __attribute__((noinline))
#define PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))
