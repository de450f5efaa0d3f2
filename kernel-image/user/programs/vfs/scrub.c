// Looks whether memory that nobody writes to still holds what it held: a checksum of each piece is taken once, and compared now and then, one
// piece at a time. The checksum is CRC-32 (ISO 3309).
#include "scrub.h"

#include "memory.h"
#include "program.h"

#define PIECE (64 * KIB)
#define POLYNOMIAL 0xedb88320 // bit-reversed

static const uint8_t *memory;
static size_t memory_size;
static uint32_t *checksums; // NULL: nothing is checked
static size_t next_piece;
static uint32_t table[256];

static void make_table(void)
{
    for (uint32_t byte = 0; byte < ARRAY_LENGTH(table); byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) {
            value = value >> 1 ^ ((value & 1) != 0 ? POLYNOMIAL : 0);
        }
        table[byte] = value;
    }
}

static uint32_t checksum_of(size_t piece)
{
    size_t start = piece * PIECE;
    size_t end = memory_size - start < PIECE ? memory_size : start + PIECE;
    uint32_t value = UINT32_MAX;
    for (size_t i = start; i < end; i++) {
        value = value >> 8 ^ table[(value ^ memory[i]) & 0xff];
    }
    return ~value;
}

static size_t piece_count(void)
{
    return (memory_size + PIECE - 1) / PIECE;
}

void scrub_start(const uint8_t *bytes, size_t size)
{
    memory = bytes;
    memory_size = size;
    checksums = memory_allocate(piece_count() * sizeof *checksums);
    if (checksums == NULL) {
        complain("vfs: no room for checksums\n");
        return;
    }
    make_table();
    for (size_t piece = 0; piece < piece_count(); piece++) {
        checksums[piece] = checksum_of(piece);
    }
}

void scrub_next(void)
{
    if (checksums == NULL || memory_size == 0) {
        return;
    }
    if (checksum_of(next_piece) != checksums[next_piece]) {
        complain("vfs: the initial archive was changed in memory, at byte %lu or after it\n", next_piece * PIECE);
    }
    next_piece = (next_piece + 1) % piece_count();
}
