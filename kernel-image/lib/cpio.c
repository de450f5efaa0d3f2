#include "lib/cpio.h"

#include "lib/string.h"

#define MAGIC "070701"
#define MAGIC_SIZE 6
#define DIGITS 8
#define ALIGNMENT 4
#define TRAILER "TRAILER!!!"

#define MODE_TYPE 0170000
#define MODE_FOLDER 0040000

// The fields after the magic number, in hexadecimal digits.
enum field { INODE, MODE, USER, GROUP, LINKS, TIME, SIZE, DEVICE_MAJOR, DEVICE_MINOR, NODE_MAJOR, NODE_MINOR, NAME_LENGTH, CHECK, FIELDS };

#define HEADER_SIZE (MAGIC_SIZE + FIELDS * DIGITS)

static bool parse_field(const uint8_t *header, enum field field, size_t *value)
{
    *value = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        uint8_t c = header[MAGIC_SIZE + (size_t)field * DIGITS + i];
        uint8_t letter = c | 0x20;
        if (c >= '0' && c <= '9') {
            *value = *value * 16 + c - '0';
        } else if (letter >= 'a' && letter <= 'f') {
            *value = *value * 16 + letter - 'a' + 10;
        } else {
            return false;
        }
    }
    return true;
}

// The values are below 2^32, so the sums do not overflow.
bool cpio_next(const uint8_t *archive, size_t archive_size, size_t *position, struct cpio_file *file)
{
    size_t start = *position;
    *position = CPIO_DAMAGED;
    if (start > archive_size || archive_size - start < HEADER_SIZE || memcmp(archive + start, MAGIC, MAGIC_SIZE) != 0) {
        return false;
    }
    size_t mode, size, name_length;
    if (!parse_field(archive + start, MODE, &mode) || !parse_field(archive + start, SIZE, &size)
            || !parse_field(archive + start, NAME_LENGTH, &name_length)) {
        return false;
    }
    size_t name = start + HEADER_SIZE;
    size_t data = ALIGN_UP(name + name_length, ALIGNMENT);
    if (name_length == 0 || data > archive_size || archive[name + name_length - 1] != '\0' || size > archive_size - data) {
        return false;
    }
    *file = (struct cpio_file){(const char *)archive + name, (mode & MODE_TYPE) == MODE_FOLDER, archive + data, size};
    *position = ALIGN_UP(data + size, ALIGNMENT);
    return !string_equal(file->name, TRAILER);
}
