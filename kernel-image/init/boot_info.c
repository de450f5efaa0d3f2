#include "init/boot_info.h"

#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/phys_map.h"
#include "x86_64/layout.h"

// Xen, xen/include/public/arch-x86/hvm/start_info.h.
#define START_INFO_MAGIC 0x336ec578
#define START_INFO_VERSION_WITH_MEMORY_MAP 1
#define MEMORY_TYPE_RAM 1

struct start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map;
    uint32_t memory_map_entries;
    uint32_t reserved;
};

struct start_module {
    uint64_t start;
    uint64_t size;
    uint64_t command_line;
    uint64_t reserved;
};

struct memory_map_entry {
    uint64_t start;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

struct boot_info boot_info;

// Loader memory, as far as the boot page tables show it.
static const void *loader_memory(phys_addr start, uint64_t size, const char *what)
{
    if (start > BOOT_WINDOW_SIZE || size > BOOT_WINDOW_SIZE - start) {
        panic("the loader put %s beyond the first GiB", what);
    }
    return phys_to_virt(start);
}

static void copy_command_line(phys_addr address)
{
    if (address == 0) {
        return;
    }
    const char *text = loader_memory(address, MAX_COMMAND_LINE, "the command line");
    size_t length = 0;
    while (length < MAX_COMMAND_LINE && text[length] != '\0') {
        length++;
    }
    if (length == MAX_COMMAND_LINE) {
        panic("the command line is longer than %d characters", MAX_COMMAND_LINE - 1);
    }
    memcpy(boot_info.command_line, text, length);
}

static void copy_memory_map(const struct start_info *info)
{
    if (info->version < START_INFO_VERSION_WITH_MEMORY_MAP || info->memory_map_entries == 0) {
        panic("the loader gives no memory map");
    }
    if (info->memory_map_entries > MAX_MEMORY_REGIONS) {
        panic("the memory map has %u entries, more than %d", info->memory_map_entries, MAX_MEMORY_REGIONS);
    }
    const struct memory_map_entry *entries =
        loader_memory(info->memory_map, info->memory_map_entries * sizeof *entries, "the memory map");
    for (uint32_t i = 0; i < info->memory_map_entries; i++) {
        // Empty, or beyond the end of the address space.
        if (entries[i].start + entries[i].size <= entries[i].start) {
            continue;
        }
        boot_info.regions[boot_info.region_count++] = (struct memory_region){
            .start = entries[i].start,
            .end = entries[i].start + entries[i].size,
            .is_ram = entries[i].type == MEMORY_TYPE_RAM,
        };
    }
}

// Ascending, and no RAM twice: the kernel maps what it is told is RAM.
static void sort_regions(void)
{
    struct memory_region *regions = boot_info.regions;
    for (size_t i = 1; i < boot_info.region_count; i++) {
        for (size_t j = i; j > 0 && regions[j].start < regions[j - 1].start; j--) {
            struct memory_region lower = regions[j];
            regions[j] = regions[j - 1];
            regions[j - 1] = lower;
        }
    }
    phys_addr ram_end = 0;
    for (size_t i = 0; i < boot_info.region_count; i++) {
        if (!regions[i].is_ram) {
            continue;
        }
        regions[i].start = regions[i].start < ram_end ? ram_end : regions[i].start;
        regions[i].end = regions[i].end < ram_end ? ram_end : regions[i].end;
        ram_end = regions[i].end;
    }
}

static void copy_modules(const struct start_info *info)
{
    if (info->module_count > MAX_MODULES) {
        panic("the loader gives %u modules, more than %d", info->module_count, MAX_MODULES);
    }
    const struct start_module *modules =
        loader_memory(info->modules, info->module_count * sizeof *modules, "the list of modules");
    for (uint32_t i = 0; i < info->module_count; i++) {
        boot_info.modules[boot_info.module_count++] =
            (struct boot_module){modules[i].start, modules[i].start + modules[i].size};
    }
}

void boot_info_init(phys_addr start_info)
{
    const struct start_info *info = loader_memory(start_info, sizeof *info, "the start information");
    if (info->magic != START_INFO_MAGIC) {
        panic("the loader's start information has the magic number 0x%x instead of 0x%x", info->magic, START_INFO_MAGIC);
    }
    copy_command_line(info->command_line);
    copy_memory_map(info);
    sort_regions();
    copy_modules(info);
    boot_info.rsdp = info->rsdp;
}

void boot_info_log(void)
{
    for (size_t i = 0; i < boot_info.region_count; i++) {
        const struct memory_region *region = &boot_info.regions[i];
        log_debug("memory %016lx-%016lx %s", region->start, region->end - 1, region->is_ram ? "RAM" : "reserved");
    }
    for (size_t i = 0; i < boot_info.module_count; i++) {
        log_debug("module %016lx-%016lx", boot_info.modules[i].start, boot_info.modules[i].end - 1);
    }
}
