#include "drivers/ramdisk.h"

#include "drivers/block.h"
#include "init/boot_info.h"
#include "lib/string.h"
#include "mm/phys_map.h"

static char *sector_at(uint64_t sector)
{
    return (char *)phys_to_virt(boot_info.modules[0].start) + sector * SECTOR_SIZE;
}

static bool read(struct block_device *device, uint64_t sector, void *to)
{
    (void)device;
    memcpy(to, sector_at(sector), SECTOR_SIZE);
    return true;
}

static bool write(struct block_device *device, uint64_t sector, const void *from)
{
    (void)device;
    memcpy(sector_at(sector), from, SECTOR_SIZE);
    return true;
}

void ramdisk_init(void)
{
    static struct block_device disk = {.name = "ram disk", .read = read, .write = write};

    if (boot_info.module_count > 0 && block_device(MAX_BLOCK_DEVICES - 1) == NULL) {
        disk.sectors = (boot_info.modules[0].end - boot_info.modules[0].start) / SECTOR_SIZE;
        block_register(&disk);
    }
}
