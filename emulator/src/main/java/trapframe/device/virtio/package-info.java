/**
 * Virtio devices (Virtual I/O Device Version 1.2, OASIS). {@link trapframe.device.virtio.VirtioDevice} is what all of them share,
 * {@link trapframe.device.virtio.VirtioPci} and {@link trapframe.device.virtio.VirtioMmio} are how a guest reaches one, and a
 * {@link trapframe.device.virtio.DeviceType} is what one does. Section numbers are those of the specification.
 *
 * <p>A driver that breaks the protocol makes a {@link trapframe.device.virtio.ProtocolViolation}, and with it the status bit
 * DEVICE_NEEDS_RESET; it never disturbs the host.
 */
package trapframe.device.virtio;
