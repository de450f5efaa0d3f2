// Devices of the standard "Virtual I/O Device (VIRTIO)" version 1.2, on the PCI bus: what all kinds have in common. One queue is served, and one
// request at a time.
#pragma once

#include "drivers/pci.h"
#include "sched/mutex.h"

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_MAX_PARTS 3

struct virtio_common; // virtio.c
struct virtio_queue;

struct virtio_device {
    struct pci_function function;
    volatile struct virtio_common *common;
    volatile uint16_t *notify;
    volatile uint8_t *interrupt_status;
    volatile uint8_t *configuration; // the kind's own
    struct virtio_queue *queue;      // in a frame of its own, as the device needs it
    phys_addr queue_frame;
    bool has_message;                // interrupts by a message, not by a pin that others may share
    uint16_t completed;              // requests that the driver knows to be done
    struct mutex mutex;              // of the request that is under way
    struct spinlock lock;            // guards the wait for it
    struct wait_queue done;
};

// A part of a request, in memory that the device reads or writes.
struct virtio_part {
    phys_addr start;
    uint32_t size;
    bool device_writes;
};

// Takes over a device that was found on the bus, with those of its features that the driver wants besides version 1. Gives those that the
// device has of them. It interrupts by a message, if there is one and it can, else by its pin. False if the device cannot be used.
bool virtio_start(struct virtio_device *device, const struct pci_function *function, const struct irq_message *message, uint64_t wanted,
                  uint64_t *features);

// Has the device serve a request of some parts, those first that it reads, and waits for the end.
void virtio_request(struct virtio_device *device, const struct virtio_part *parts, size_t count);

// In an interrupt: whether it was this device's, which then does not ask for it any longer.
bool virtio_interrupt(struct virtio_device *device);
