// Disks: VIRTIO 1.2, 5.2.
#pragma once

// Finds the disks on the PCI bus and registers them as block devices.
void virtio_blk_init(void);
