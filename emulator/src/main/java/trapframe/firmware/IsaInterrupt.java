package trapframe.firmware;

import java.util.List;
import java.util.stream.IntStream;
import trapframe.device.InterruptController8259;
import trapframe.device.PowerManagement;
import trapframe.device.apic.IoApic;

/**
 * How an interrupt line of the ISA bus reaches the I/O APIC.
 *
 * @param number of the IRQ
 * @param pin    of the I/O APIC
 * @param flags  polarity and trigger mode, as the ACPI and MP tables both encode them (ACPI 6.5, table 5.26): 0 for ISA's own, an edge that
 *               is active high
 */
record IsaInterrupt(int number, int pin, int flags) {
    private static final int LEVEL_ACTIVE_HIGH = 0b1101;

    /** The lines that a device can drive. */
    static List<IsaInterrupt> all() {
        return IntStream.range(0, InterruptController8259.LINES).filter(irq -> irq != InterruptController8259.CASCADE)
                .mapToObj(irq -> new IsaInterrupt(irq, IoApic.pinOfIrq(irq),
                        irq == PowerManagement.SCI_IRQ ? LEVEL_ACTIVE_HIGH : 0))
                .toList();
    }

    /** Those with another pin or other signals than the rest. */
    static List<IsaInterrupt> exceptional() {
        return all().stream().filter(irq -> irq.pin != irq.number || irq.flags != 0).toList();
    }
}
