// The tables by which firmware describes a PC (ACPI Specification 6.5, chapter 5), as far as they need no interpreter.
#pragma once

#include "types.h"

// 5.2.6
struct acpi_header {
    char signature[4];
    uint32_t length; // of the whole table
    uint8_t revision;
    uint8_t checksum;
    char oem[6];
    char oem_table[8];
    uint32_t oem_revision;
    uint32_t creator;
    uint32_t creator_revision;
} PACKED;

// The table with a signature of four characters, whose checksum is right, mapped; NULL if there is none.
const struct acpi_header *acpi_find(const char *signature);
