// System calls that read and write block devices.
#include "proc/device_calls.h"

#include "drivers/block.h"
#include "proc/user_memory.h"

int64_t sys_block_sectors(const uint64_t argument[])
{
    const struct block_device *device = block_device(argument[0]);
    return device != NULL ? (int64_t)device->sectors : -ERROR_NO_DEVICE;
}

static int64_t find(const uint64_t argument[], struct block_device **device)
{
    *device = block_device(argument[0]);
    if (*device == NULL) {
        return -ERROR_NO_DEVICE;
    }
    bool inside = argument[1] <= (*device)->sectors && argument[3] <= (*device)->sectors - argument[1];
    return inside ? 0 : -ERROR_BAD_ARGUMENT;
}

int64_t sys_block_read(const uint64_t argument[])
{
    uint8_t sector[SECTOR_SIZE];
    struct block_device *device;
    int64_t error = find(argument, &device);
    for (uint64_t i = 0; error == 0 && i < argument[3]; i++) {
        error = device->read(device, argument[1] + i, sector) ? copy_to_user(argument[2] + i * SECTOR_SIZE, sector, SECTOR_SIZE)
                                                              : -ERROR_DEVICE;
    }
    return error;
}

int64_t sys_block_write(const uint64_t argument[])
{
    uint8_t sector[SECTOR_SIZE];
    struct block_device *device;
    int64_t error = find(argument, &device);
    if (error == 0 && device->write == NULL) {
        error = -ERROR_READ_ONLY;
    }
    for (uint64_t i = 0; error == 0 && i < argument[3]; i++) {
        error = copy_from_user(sector, argument[2] + i * SECTOR_SIZE, SECTOR_SIZE);
        if (error == 0 && !device->write(device, argument[1] + i, sector)) {
            error = -ERROR_DEVICE;
        }
    }
    return error;
}
