/**
 * The interrupt controllers of a machine with several processors: a {@link trapframe.device.apic.LocalApic} for each
 * processor, the {@link trapframe.device.apic.IoApic} for the board's lines, and the
 * {@link trapframe.device.apic.ApicBus} that carries messages between them.
 */
package trapframe.device.apic;
