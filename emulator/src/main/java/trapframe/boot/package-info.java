/**
 * Image formats and boot protocols: from a file to RAM and the state of the first CPU.
 *
 * <p>{@link trapframe.boot.BootImage} recognises a file; each protocol is one class, named after it, which plans all
 * memory with {@code MemoryPlan} and then writes the kernel and the protocol's structures. What the kernel is told of
 * memory comes from {@link trapframe.firmware.Firmware}. Whatever is wrong with an image is a
 * {@link trapframe.boot.BootException} of one line.
 */
package trapframe.boot;
