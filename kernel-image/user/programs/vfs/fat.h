// A FAT volume: where its parts are, and its sectors (Microsoft, "FAT32 File System Specification", 1.03, which describes FAT12 and FAT16 too).
#pragma once

#include "types.h"

#define FAT_SECTOR_SIZE 512
#define FAT_ENTRY_SIZE 32
#define FAT_ENTRIES_PER_SECTOR (FAT_SECTOR_SIZE / FAT_ENTRY_SIZE)
#define FAT_FIRST_CLUSTER 2

struct fat_volume {
    uint64_t device;
    uint64_t start; // of the volume on the device; all other places count from here, in sectors
    uint64_t fat;
    uint64_t root;
    uint64_t root_entries;
    uint64_t data;
    uint64_t cluster_size;
    uint64_t clusters;
    bool is_fat12;
};

// Finds the volume on a device: the device itself, or its first partition that holds one. What there is instead goes to the console.
bool fat_find_volume(uint64_t device, struct fat_volume *volume);

// A sector of the volume, until the next is asked for; NULL if it cannot be read.
const uint8_t *fat_sector(const struct fat_volume *volume, uint64_t sector);

// The cluster that is index further on in the chain of another one; 0 behind the end of the chain, or if it is damaged.
uint64_t fat_cluster(const struct fat_volume *volume, uint64_t first, uint64_t index);

static inline uint32_t fat_16(const uint8_t *bytes)
{
    return (uint32_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t fat_32(const uint8_t *bytes)
{
    return fat_16(bytes) | fat_16(bytes + 2) << 16;
}
