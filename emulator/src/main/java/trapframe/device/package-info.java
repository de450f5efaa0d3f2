/**
 * The parts of the PC: one final class per device, named after the part, with its registers under the manual's names.
 *
 * <p>Devices are passive. They see offsets and not addresses, take all time from {@link trapframe.time}, drive
 * {@link trapframe.bus.InterruptLine}s, and keep their whole mutable state in one record. Most count whatever may have
 * changed it ({@link trapframe.bus.Stateful#changes}), where all changes come through: accesses, timers, lines, inputs. A
 * {@link trapframe.bus.Stateful#restore restore} drives no line: what is at the other end of a line restores itself.
 */
package trapframe.device;
