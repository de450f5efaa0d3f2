package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import trapframe.device.apic.IoApic;

/**
 * What the interrupt controllers have for a CPU.
 *
 * @param apic  its local APIC, if that is on
 * @param chips the 8259As, if they are the CPU's and let anything through or have anything in service
 * @param pins  of the I/O APICs that request or wait for an end of interrupt: for all CPUs, told of the first one
 */
public record InterruptState(Optional<Apic> apic, List<Chip> chips, List<IoApic.Pin> pins) {
    public InterruptState {
        chips = List.copyOf(chips);
        pins = List.copyOf(pins);
    }

    /**
     * A local APIC (SDM vol. 3A, section 11.8).
     *
     * @param taskPriority TPR
     * @param requested    the vectors in IRR, in rising order
     * @param inService    those in ISR
     */
    public record Apic(int taskPriority, List<Integer> requested, List<Integer> inService) { }

    /**
     * An 8259A; a bit for each of its inputs.
     *
     * @param vector of input 0
     * @param lowest the input of lowest priority
     */
    public record Chip(String name, int vector, int irr, int isr, int imr, int lowest) {
        static final int INPUTS = 8;
        private static final int CASCADE = 2;

        /** As people call it. */
        String words() {
            return "the 8259A (" + name + ")";
        }

        /** Of a request that is not masked: the input in service that keeps it back, or -1. */
        int behind(int input) {
            for (int after = 0; after <= order(input); after++) {
                int other = lowest + 1 + after & INPUTS - 1;
                if ((isr >>> other & 1) != 0) {
                    return other;
                }
            }
            return -1;
        }

        private int order(int input) {
            return input - lowest - 1 & INPUTS - 1;
        }

        boolean isRequest(int input) {
            return ((irr & ~imr) >>> input & 1) != 0 && !(name.equals("master") && input == CASCADE);
        }
    }
}
