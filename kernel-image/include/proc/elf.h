// Programs: executable ELF files for x86-64 (System V ABI, "Object Files", and its AMD64 supplement).
#pragma once

#include "x86_64/paging.h"

// A file in the kernel's memory, or in that of the running program, which may change it meanwhile.
struct program_file {
    const uint8_t *bytes;
    size_t size;
    bool is_of_program;
};

struct loaded_program {
    virt_addr entry;
    virt_addr end; // the first page after it
};

// Puts a program into an empty address space. Whatever the file holds, the worst that comes of it is ERROR_BAD_PROGRAM, ERROR_NO_MEMORY, or
// ERROR_BAD_ADDRESS for a file that is not in the program's memory.
int64_t elf_load(struct address_space *space, const struct program_file *file, struct loaded_program *loaded);
