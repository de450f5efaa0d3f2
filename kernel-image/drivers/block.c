#include "drivers/block.h"

#include <stdatomic.h>

#include "lib/log.h"
#include "lib/panic.h"

static struct block_device *devices[MAX_BLOCK_DEVICES];
static _Atomic size_t device_count;

void block_register(struct block_device *device)
{
    size_t number = device_count;
    ASSERT(number < MAX_BLOCK_DEVICES);
    devices[number] = device;
    device_count = number + 1;
    log_debug("block device %zu: %s, %lu sectors", number, device->name, device->sectors);
}

struct block_device *block_device(uint64_t number)
{
    return number < device_count ? devices[number] : NULL;
}
