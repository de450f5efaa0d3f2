#include "drivers/virtio_blk.h"

#include "drivers/block.h"
#include "drivers/virtio.h"
#include "lib/log.h"
#include "lib/string.h"
#include "mm/frames.h"
#include "mm/phys_map.h"
#include "x86_64/irq.h"

// 4.1.2.1 and 5.2.1: a disk is type 2; a transitional one has an ID of older times.
#define PRODUCT_DISK (0x1040 + 2)
#define PRODUCT_DISK_TRANSITIONAL 0x1001

// 5.2.3, 5.2.4, 5.2.6
#define FEATURE_READ_ONLY (1ULL << 5)
#define CONFIGURATION_CAPACITY 0
#define REQUEST_IN 0
#define REQUEST_OUT 1
#define REQUEST_STATUS_OK 0

// What the device reads and writes, in a frame of its own.
struct request {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    uint8_t data[SECTOR_SIZE];
    uint8_t status;
};

struct disk {
    struct block_device block; // first, so that one is the other
    struct virtio_device virtio;
    struct request *request;
    phys_addr request_frame;
};

static struct disk disks[MAX_BLOCK_DEVICES];
static size_t disk_count;
static uint32_t enabled_lines;
static struct irq_message disk_message;
static bool has_message;

static bool transfer(struct disk *disk, uint32_t type)
{
    phys_addr frame = disk->request_frame;
    const struct virtio_part parts[VIRTIO_MAX_PARTS] = {
        {frame, offsetof(struct request, data), false},
        {frame + offsetof(struct request, data), SECTOR_SIZE, type == REQUEST_IN},
        {frame + offsetof(struct request, status), 1, true},
    };
    disk->request->type = type;
    disk->request->status = UINT8_MAX;
    virtio_request(&disk->virtio, parts, VIRTIO_MAX_PARTS);
    return disk->request->status == REQUEST_STATUS_OK;
}

static bool read(struct block_device *device, uint64_t sector, void *to)
{
    struct disk *disk = (struct disk *)device;
    mutex_lock(&disk->virtio.mutex);
    disk->request->sector = sector;
    bool is_done = transfer(disk, REQUEST_IN);
    memcpy(to, disk->request->data, SECTOR_SIZE);
    mutex_unlock(&disk->virtio.mutex);
    return is_done;
}

static bool write(struct block_device *device, uint64_t sector, const void *from)
{
    struct disk *disk = (struct disk *)device;
    mutex_lock(&disk->virtio.mutex);
    disk->request->sector = sector;
    memcpy(disk->request->data, from, SECTOR_SIZE);
    bool is_done = transfer(disk, REQUEST_OUT);
    mutex_unlock(&disk->virtio.mutex);
    return is_done;
}

// Disks may share a line, and they do share their message.
static bool handle_interrupt(void)
{
    bool claimed = false;
    for (size_t i = 0; i < disk_count; i++) {
        claimed |= virtio_interrupt(&disks[i].virtio);
    }
    return claimed;
}

static void enable_interrupt(const struct pci_function *function)
{
    unsigned line = pci_interrupt_line(function);
    if (line < IRQ_LINES && (enabled_lines >> line & 1) == 0) {
        enabled_lines |= 1U << line;
        irq_enable(line, handle_interrupt);
    }
}

static uint64_t capacity_of(const struct disk *disk)
{
    const volatile uint32_t *words = (const volatile uint32_t *)(disk->virtio.configuration + CONFIGURATION_CAPACITY);
    return words[0] | (uint64_t)words[1] << 32;
}

static void visit(const struct pci_function *function)
{
    bool is_disk = function->product == PRODUCT_DISK || function->product == PRODUCT_DISK_TRANSITIONAL;
    if (function->vendor != VIRTIO_VENDOR || !is_disk || disk_count == MAX_BLOCK_DEVICES) {
        return;
    }
    struct disk *disk = &disks[disk_count];
    uint64_t features;
    if (!virtio_start(&disk->virtio, function, has_message ? &disk_message : NULL, FEATURE_READ_ONLY, &features)) {
        log_warn("virtio: the disk at %u:%u.%u cannot be used", function->bus, function->device, function->function);
        return;
    }
    disk->request_frame = frame_alloc_zeroed();
    disk->request = phys_to_virt(disk->request_frame);
    disk->block = (struct block_device){
        .name = "virtio disk", .sectors = capacity_of(disk), .read = read, .write = (features & FEATURE_READ_ONLY) != 0 ? NULL : write};
    disk_count++;
    block_register(&disk->block);
    if (!disk->virtio.has_message) {
        enable_interrupt(function);
    }
}

void virtio_blk_init(void)
{
    has_message = irq_enable_message(handle_interrupt, &disk_message);
    pci_visit(visit);
}
