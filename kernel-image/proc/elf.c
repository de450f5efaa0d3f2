#include "proc/elf.h"

#include "abi/errors.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "proc/user_memory.h"
#include "x86_64/layout.h"

// Names and values of the System V ABI, chapters 4 and 5.
#define ELF_MAGIC "\177ELF"
#define ELF_MAGIC_SIZE 4
#define ELFCLASS64 2
#define ELFDATA2LSB 1
#define EV_CURRENT 1
#define ET_EXEC 2
#define EM_X86_64 62
#define PT_LOAD 1
#define PT_DYNAMIC 2
#define PT_INTERP 3
#define PF_X 1
#define PF_W 2

#define MAX_PROGRAM_HEADERS 16

struct elf_header {
    uint8_t magic[ELF_MAGIC_SIZE];
    uint8_t class;
    uint8_t data;
    uint8_t ident_version;
    uint8_t ident_rest[9];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_headers;
    uint64_t section_headers;
    uint32_t flags;
    uint16_t header_size;
    uint16_t program_header_size;
    uint16_t program_header_count;
    uint16_t section_header_size;
    uint16_t section_header_count;
    uint16_t section_names;
};

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t virt;
    uint64_t phys;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t alignment;
};

static bool is_program(const struct elf_header *header, size_t size)
{
    return memcmp(header->magic, ELF_MAGIC, ELF_MAGIC_SIZE) == 0 && header->class == ELFCLASS64 && header->data == ELFDATA2LSB
           && header->ident_version == EV_CURRENT && header->version == EV_CURRENT && header->type == ET_EXEC
           && header->machine == EM_X86_64 && header->program_header_size == sizeof(struct program_header)
           && header->program_header_count > 0 && header->program_header_count <= MAX_PROGRAM_HEADERS
           && header->program_headers <= size
           && header->program_header_count * sizeof(struct program_header) <= size - header->program_headers;
}

// Nothing may be writable and executable, lie outside of the file, or reach into the part of the address space that is for the stack.
static bool is_loadable(const struct program_header *segment, size_t size)
{
    return segment->offset <= size && segment->file_size <= size - segment->offset && segment->file_size <= segment->memory_size
           && segment->virt >= USER_BASE && segment->virt < PROGRAM_LIMIT && segment->memory_size <= PROGRAM_LIMIT - segment->virt
           && (segment->flags & (PF_W | PF_X)) != (PF_W | PF_X);
}

static int64_t read_file(const struct program_file *file, void *to, size_t offset, size_t size)
{
    if (file->is_of_program) {
        return copy_from_user(to, (virt_addr)file->bytes + offset, size);
    }
    memcpy(to, file->bytes + offset, size);
    return 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int64_t fill_segment(struct address_space *space, const struct program_header *segment, const struct program_file *file)
{
    for (size_t done = 0; done < segment->file_size;) {
        virt_addr virt = segment->virt + done;
        size_t piece = smaller(segment->file_size - done, PAGE_SIZE - virt % PAGE_SIZE);
        int64_t error = read_file(file, address_space_at(space, virt), segment->offset + done, piece);
        if (error != 0) {
            return error;
        }
        done += piece;
    }
    return 0;
}

// A page that another segment has already is refused, whatever their permissions.
static int64_t load_segment(struct address_space *space, const struct program_header *segment, const struct program_file *file)
{
    unsigned access = ((segment->flags & PF_W) != 0 ? PAGE_WRITE : 0) | ((segment->flags & PF_X) != 0 ? PAGE_EXECUTE : 0);
    virt_addr end = ALIGN_UP(segment->virt + segment->memory_size, PAGE_SIZE);
    if (segment->memory_size / PAGE_SIZE > frames_available()) {
        return -ERROR_NO_MEMORY;
    }
    for (virt_addr page = ALIGN_DOWN(segment->virt, PAGE_SIZE); page < end; page += PAGE_SIZE) {
        if (address_space_at(space, page) != NULL) {
            return -ERROR_BAD_PROGRAM;
        }
        if (!address_space_add(space, page, access)) {
            return -ERROR_NO_MEMORY;
        }
    }
    return fill_segment(space, segment, file);
}

static bool contains(const struct program_header *segment, virt_addr address)
{
    return address >= segment->virt && address - segment->virt < segment->memory_size;
}

static int64_t load_segments(struct address_space *space, const struct elf_header *header, const struct program_file *file,
                             struct loaded_program *loaded)
{
    bool entry_is_code = false;
    for (size_t i = 0; i < header->program_header_count; i++) {
        struct program_header segment;
        int64_t error = read_file(file, &segment, header->program_headers + i * sizeof segment, sizeof segment);
        if (error != 0) {
            return error;
        }
        if (segment.type == PT_INTERP || segment.type == PT_DYNAMIC) {
            return -ERROR_BAD_PROGRAM;
        }
        if (segment.type != PT_LOAD || segment.memory_size == 0) {
            continue;
        }
        if (!is_loadable(&segment, file->size)) {
            return -ERROR_BAD_PROGRAM;
        }
        error = load_segment(space, &segment, file);
        if (error != 0) {
            return error;
        }
        virt_addr end = ALIGN_UP(segment.virt + segment.memory_size, PAGE_SIZE);
        loaded->end = end > loaded->end ? end : loaded->end;
        entry_is_code |= (segment.flags & PF_X) != 0 && contains(&segment, header->entry);
    }
    return entry_is_code ? 0 : -ERROR_BAD_PROGRAM;
}

int64_t elf_load(struct address_space *space, const struct program_file *file, struct loaded_program *loaded)
{
    struct elf_header header;
    if (file->size < sizeof header) {
        return -ERROR_BAD_PROGRAM;
    }
    int64_t error = read_file(file, &header, 0, sizeof header);
    if (error != 0) {
        return error;
    }
    if (!is_program(&header, file->size)) {
        return -ERROR_BAD_PROGRAM;
    }
    *loaded = (struct loaded_program){.entry = header.entry, .end = USER_BASE};
    return load_segments(space, &header, file, loaded);
}
