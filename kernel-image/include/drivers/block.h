// Block devices: storage in sectors, by number in the order in which their drivers found them.
#pragma once

#include "types.h"

#define SECTOR_SIZE 512
#define MAX_BLOCK_DEVICES 4

struct block_device {
    const char *name;
    uint64_t sectors;
    // Each moves one sector, and may wait for the device. False if the device failed.
    bool (*read)(struct block_device *device, uint64_t sector, void *to);
    bool (*write)(struct block_device *device, uint64_t sector, const void *from); // NULL: read only
};

// Gives a device the next number. The structure stays the driver's. Ends the kernel if there are too many.
void block_register(struct block_device *device);

// The device of a number; NULL if there is none.
struct block_device *block_device(uint64_t number);
