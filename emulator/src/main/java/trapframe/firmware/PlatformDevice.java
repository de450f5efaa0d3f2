package trapframe.firmware;

/**
 * A device in memory that only ACPI makes known.
 *
 * @param hardwareId ACPI's name for its kind, such as {@code LNRO0005}
 * @param uniqueId   tells it from others of the kind, 0 to 255
 * @param address    of its registers, below 4 GiB
 * @param length     in bytes
 * @param interrupt  the I/O APIC's pin of its interrupt, which is a level and active high
 */
public record PlatformDevice(String hardwareId, int uniqueId, long address, long length, int interrupt) { }
