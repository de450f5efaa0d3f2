/**
 * What a PC's firmware would have left in memory for a kernel, which is entered here without any firmware having run: the memory map,
 * the BIOS data area, ACPI tables and an MP table. All of it follows from one description of the machine, the
 * {@link trapframe.firmware.Platform}.
 */
package trapframe.firmware;
