#include "fat.h"

#include "program.h"

#define CACHED_SECTORS 16

// Offsets in the boot sector (the specification's "BPB") and in a master boot record.
#define BPB_BYTES_PER_SECTOR 11
#define BPB_SECTORS_PER_CLUSTER 13
#define BPB_RESERVED_SECTORS 14
#define BPB_FATS 16
#define BPB_ROOT_ENTRIES 17
#define BPB_SECTORS_16 19
#define BPB_FAT_SIZE_16 22
#define BPB_SECTORS_32 32
#define SIGNATURE 510
#define SIGNATURE_VALUE 0xaa55
#define PARTITIONS 446
#define PARTITION_SIZE 16
#define PARTITION_COUNT 4
#define PARTITION_TYPE 4
#define PARTITION_START 8

// The type of a FAT follows from the number of clusters alone.
#define FAT12_CLUSTERS_END 4085
#define FAT16_CLUSTERS_END 65525

static struct {
    uint64_t sector;
    bool valid;
    uint8_t bytes[FAT_SECTOR_SIZE];
} cache[CACHED_SECTORS];

const uint8_t *fat_sector(const struct fat_volume *volume, uint64_t sector)
{
    uint64_t number = volume->start + sector;
    size_t slot = number % CACHED_SECTORS;
    if (!cache[slot].valid || cache[slot].sector != number) {
        cache[slot].valid = sys_block_read(volume->device, number, cache[slot].bytes, 1) == 0;
        cache[slot].sector = number;
    }
    return cache[slot].valid ? cache[slot].bytes : NULL;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

// Nothing of the boot sector is believed that does not fit into the device.
static bool parse_boot_sector(const uint8_t *boot, uint64_t device_sectors, struct fat_volume *volume)
{
    uint64_t sectors = fat_16(boot + BPB_SECTORS_16) != 0 ? fat_16(boot + BPB_SECTORS_16) : fat_32(boot + BPB_SECTORS_32);
    uint64_t fat_size = fat_16(boot + BPB_FAT_SIZE_16);
    bool plausible = fat_16(boot + SIGNATURE) == SIGNATURE_VALUE && fat_16(boot + BPB_BYTES_PER_SECTOR) == FAT_SECTOR_SIZE
                     && is_power_of_two(boot[BPB_SECTORS_PER_CLUSTER]) && fat_16(boot + BPB_RESERVED_SECTORS) > 0
                     && boot[BPB_FATS] > 0 && fat_16(boot + BPB_ROOT_ENTRIES) > 0 && fat_size > 0
                     && sectors <= device_sectors - volume->start;
    if (!plausible) {
        return false;
    }
    volume->fat = fat_16(boot + BPB_RESERVED_SECTORS);
    volume->root = volume->fat + boot[BPB_FATS] * fat_size;
    volume->root_entries = fat_16(boot + BPB_ROOT_ENTRIES);
    volume->data = volume->root + (volume->root_entries + FAT_ENTRIES_PER_SECTOR - 1) / FAT_ENTRIES_PER_SECTOR;
    volume->cluster_size = boot[BPB_SECTORS_PER_CLUSTER];
    if (volume->data >= sectors) {
        return false;
    }
    volume->clusters = (sectors - volume->data) / volume->cluster_size;
    volume->is_fat12 = volume->clusters < FAT12_CLUSTERS_END;
    uint64_t bits = (volume->clusters + FAT_FIRST_CLUSTER) * (volume->is_fat12 ? 12 : 16);
    return volume->clusters < FAT16_CLUSTERS_END && bits <= fat_size * FAT_SECTOR_SIZE * 8;
}

static bool is_fat_partition(uint8_t type)
{
    return type == 0x01 || type == 0x04 || type == 0x06 || type == 0x0e;
}

bool fat_find_volume(uint64_t device, struct fat_volume *volume)
{
    *volume = (struct fat_volume){.device = device};
    uint64_t sectors = (uint64_t)sys_block_sectors(device);
    const uint8_t *first = fat_sector(volume, 0);
    if (first == NULL) {
        complain("vfs: the disk cannot be read\n");
        return false;
    }
    uint8_t record[FAT_SECTOR_SIZE];
    memcpy(record, first, sizeof record);
    if (parse_boot_sector(record, sectors, volume)) {
        return true;
    }
    for (size_t i = 0; fat_16(record + SIGNATURE) == SIGNATURE_VALUE && i < PARTITION_COUNT; i++) {
        const uint8_t *partition = record + PARTITIONS + i * PARTITION_SIZE;
        *volume = (struct fat_volume){.device = device, .start = fat_32(partition + PARTITION_START)};
        if (is_fat_partition(partition[PARTITION_TYPE]) && volume->start < sectors) {
            const uint8_t *boot = fat_sector(volume, 0);
            if (boot != NULL && parse_boot_sector(boot, sectors, volume)) {
                return true;
            }
        }
    }
    complain("vfs: there is no FAT12 or FAT16 file system on the disk\n");
    return false;
}

static uint8_t fat_byte(const struct fat_volume *volume, uint64_t offset, bool *readable)
{
    const uint8_t *sector = fat_sector(volume, volume->fat + offset / FAT_SECTOR_SIZE);
    *readable &= sector != NULL;
    return sector != NULL ? sector[offset % FAT_SECTOR_SIZE] : 0;
}

// What follows a cluster; 0 if nothing does, or what stands there is no cluster.
static uint64_t next_cluster(const struct fat_volume *volume, uint64_t cluster)
{
    bool readable = true;
    // An entry of 12 bits may lie across two sectors; the odd ones begin in the middle of a byte.
    uint64_t offset = volume->is_fat12 ? cluster + cluster / 2 : 2 * cluster;
    uint64_t low = fat_byte(volume, offset, &readable);
    uint64_t next = low | (uint64_t)fat_byte(volume, offset + 1, &readable) << 8;
    if (volume->is_fat12) {
        next = cluster % 2 == 0 ? next & 0xfff : next >> 4;
    }
    return readable && next >= FAT_FIRST_CLUSTER && next < volume->clusters + FAT_FIRST_CLUSTER ? next : 0;
}

uint64_t fat_cluster(const struct fat_volume *volume, uint64_t first, uint64_t index)
{
    // Who reads on goes on from where the last one was.
    static uint64_t known_first, known_index, known_cluster;

    // A chain that is longer than the volume goes in a circle.
    if (first < FAT_FIRST_CLUSTER || first >= volume->clusters + FAT_FIRST_CLUSTER || index >= volume->clusters) {
        return 0;
    }
    bool goes_on = first == known_first && index >= known_index;
    uint64_t cluster = goes_on ? known_cluster : first;
    for (uint64_t at = goes_on ? known_index : 0; at < index && cluster != 0; at++) {
        cluster = next_cluster(volume, cluster);
    }
    if (cluster != 0) {
        known_first = first;
        known_index = index;
        known_cluster = cluster;
    }
    return cluster;
}
