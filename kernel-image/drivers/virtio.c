#include "drivers/virtio.h"

#include <stdatomic.h>

#include "lib/string.h"
#include "mm/device_memory.h"
#include "mm/frames.h"
#include "mm/phys_map.h"

// Chapters and names of the standard.

// 2.1
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8

// 6
#define FEATURE_VERSION_1 (1ULL << 32)

// 2.7: a queue with room for one request.
#define QUEUE_SIZE 4
#define DESCRIPTOR_NEXT 1
#define DESCRIPTOR_WRITE 2

// 4.1.4: vendor-specific capabilities say where the structures are.
#define CAPABILITY_VENDOR 0x09
#define CAPABILITY_TYPE 3
#define CAPABILITY_BAR 4
#define CAPABILITY_OFFSET 8
#define CAPABILITY_LENGTH 12
#define CAPABILITY_NOTIFY_MULTIPLIER 16
#define TYPE_COMMON 1
#define TYPE_NOTIFY 2
#define TYPE_INTERRUPT 3
#define TYPE_DEVICE 4
#define MAX_BAR 5
#define NO_VECTOR 0xffff
#define FIRST_MESSAGE 0

// 4.1.4.3
struct virtio_common {
    uint32_t device_feature_select;
    uint32_t device_feature;
    uint32_t driver_feature_select;
    uint32_t driver_feature;
    uint16_t config_vector;
    uint16_t queue_count;
    uint8_t status;
    uint8_t config_generation;
    uint16_t queue_select;
    uint16_t queue_size;
    uint16_t queue_vector;
    uint16_t queue_enable;
    uint16_t queue_notify_offset;
    uint32_t queue_descriptors[2];
    uint32_t queue_available[2];
    uint32_t queue_used[2];
};

// 2.7.5, 2.7.6, 2.7.8; each part is aligned as its chapter asks.
struct virtio_queue {
    struct {
        uint64_t start;
        uint32_t size;
        uint16_t flags;
        uint16_t next;
    } descriptors[QUEUE_SIZE];
    struct {
        uint16_t flags;
        _Atomic uint16_t index;
        uint16_t ring[QUEUE_SIZE];
    } available;
    struct {
        uint16_t flags;
        _Atomic uint16_t index;
        struct {
            uint32_t descriptor;
            uint32_t written;
        } ring[QUEUE_SIZE];
    } used ALIGNED(4);
};

_Static_assert(sizeof(struct virtio_queue) <= PAGE_SIZE, "a queue lies in one frame");

// Maps the structure of a type; NULL if the device has none. The capability is left for what else it says.
static volatile void *map_structure(const struct pci_function *function, uint8_t type, unsigned *capability)
{
    *capability = 0;
    while ((*capability = pci_find_capability(function, *capability, CAPABILITY_VENDOR)) != 0) {
        uint8_t bar = pci_read_8(function, *capability + CAPABILITY_BAR);
        phys_addr base = bar <= MAX_BAR ? pci_memory_bar(function, bar) : 0;
        if (pci_read_8(function, *capability + CAPABILITY_TYPE) == type && base != 0) {
            return device_map(base + pci_read_32(function, *capability + CAPABILITY_OFFSET),
                              pci_read_32(function, *capability + CAPABILITY_LENGTH));
        }
    }
    return NULL;
}

static bool map_structures(struct virtio_device *device)
{
    unsigned capability;
    device->common = map_structure(&device->function, TYPE_COMMON, &capability);
    device->interrupt_status = map_structure(&device->function, TYPE_INTERRUPT, &capability);
    device->configuration = map_structure(&device->function, TYPE_DEVICE, &capability);
    volatile char *notify = map_structure(&device->function, TYPE_NOTIFY, &capability);
    if (device->common == NULL || device->interrupt_status == NULL || device->configuration == NULL || notify == NULL) {
        return false;
    }
    device->common->queue_select = 0;
    uint32_t multiplier = pci_read_32(&device->function, capability + CAPABILITY_NOTIFY_MULTIPLIER);
    device->notify = (volatile uint16_t *)(notify + device->common->queue_notify_offset * multiplier);
    return true;
}

// 2.2, 3.1.1 steps 4 to 6.
static bool agree_on_features(volatile struct virtio_common *common, uint64_t wanted, uint64_t *features)
{
    common->device_feature_select = 0;
    uint64_t offered = common->device_feature;
    common->device_feature_select = 1;
    offered |= (uint64_t)common->device_feature << 32;
    if ((offered & FEATURE_VERSION_1) == 0) {
        return false;
    }
    *features = offered & wanted;
    common->driver_feature_select = 0;
    common->driver_feature = (uint32_t)*features;
    common->driver_feature_select = 1;
    common->driver_feature = (uint32_t)((*features | FEATURE_VERSION_1) >> 32);
    common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    return (common->status & STATUS_FEATURES_OK) != 0;
}

static void write_address(volatile uint32_t address[2], phys_addr value)
{
    address[0] = (uint32_t)value;
    address[1] = (uint32_t)(value >> 32);
}

// 4.1.5.1.3
static bool start_queue(struct virtio_device *device)
{
    volatile struct virtio_common *common = device->common;
    common->queue_select = 0;
    if (common->queue_size < QUEUE_SIZE) {
        return false;
    }
    device->queue_frame = frame_alloc_zeroed();
    device->queue = phys_to_virt(device->queue_frame);
    common->queue_size = QUEUE_SIZE;
    // 4.1.5.1.2: it reads as written if the device has what the vector needs.
    uint16_t vector = device->has_message ? FIRST_MESSAGE : NO_VECTOR;
    common->queue_vector = vector;
    if (common->queue_vector != vector) {
        return false;
    }
    write_address(common->queue_descriptors, device->queue_frame + offsetof(struct virtio_queue, descriptors));
    write_address(common->queue_available, device->queue_frame + offsetof(struct virtio_queue, available));
    write_address(common->queue_used, device->queue_frame + offsetof(struct virtio_queue, used));
    common->queue_enable = 1;
    return true;
}

// 3.1.1
bool virtio_start(struct virtio_device *device, const struct pci_function *function, const struct irq_message *message, uint64_t wanted,
                  uint64_t *features)
{
    *device = (struct virtio_device){
        .function = *function, .mutex = MUTEX("virtio"), .lock = SPINLOCK("virtio wait"), .done = WAIT_QUEUE("virtio")};
    pci_enable(function);
    device->has_message = message != NULL && pci_enable_message(function, message);
    if (!map_structures(device)) {
        return false;
    }
    volatile struct virtio_common *common = device->common;
    common->status = 0;
    while (common->status != 0) {
        // 4.1.4.3.2: a reset is over when the status says so.
    }
    common->status = STATUS_ACKNOWLEDGE;
    common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
    common->config_vector = NO_VECTOR;
    if (!agree_on_features(common, wanted, features) || !start_queue(device)) {
        return false;
    }
    common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    return true;
}

void virtio_request(struct virtio_device *device, const struct virtio_part *parts, size_t count)
{
    struct virtio_queue *queue = device->queue;
    for (size_t i = 0; i < count; i++) {
        bool is_last = i == count - 1;
        queue->descriptors[i].start = parts[i].start;
        queue->descriptors[i].size = parts[i].size;
        queue->descriptors[i].flags = (uint16_t)((parts[i].device_writes ? DESCRIPTOR_WRITE : 0) | (is_last ? 0 : DESCRIPTOR_NEXT));
        queue->descriptors[i].next = (uint16_t)(i + 1);
    }
    uint16_t index = atomic_load_explicit(&queue->available.index, memory_order_relaxed);
    queue->available.ring[index % QUEUE_SIZE] = 0;
    // The device may look as soon as the index says that there is something.
    atomic_store_explicit(&queue->available.index, index + 1, memory_order_release);
    *device->notify = 0;

    uint64_t flags = spin_lock_irqsave(&device->lock);
    while (atomic_load_explicit(&queue->used.index, memory_order_acquire) == device->completed) {
        wait_queue_wait(&device->done, &device->lock);
    }
    device->completed++;
    spin_unlock_irqrestore(&device->lock, flags);
}

// 4.1.4.5: to read the status takes the interrupt of the pin back. A message says nothing more.
bool virtio_interrupt(struct virtio_device *device)
{
    bool is_own = device->has_message || *device->interrupt_status != 0;
    if (is_own) {
        uint64_t flags = spin_lock_irqsave(&device->lock);
        wait_queue_wake_all(&device->done);
        spin_unlock_irqrestore(&device->lock, flags);
    }
    return is_own;
}
