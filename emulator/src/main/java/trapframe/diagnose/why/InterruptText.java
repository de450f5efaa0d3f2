package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What an {@link Explanation} says of interrupts: for each CPU a line, and why those that are requested do not come. */
final class InterruptText {
    private static final int PRIORITY_CLASS = 4;

    private InterruptText() { }

    static void add(List<CpuNow> cpus, List<String> lines) {
        lines.add("");
        cpus.forEach(cpu -> lines.add(line(cpu)));
    }

    private static String line(CpuNow cpu) {
        List<String> parts = new ArrayList<>();
        cpu.interrupts().chips().forEach(chip -> parts.add(String.format(Locale.ROOT, "8259A (%s) IRR 0x%02x, ISR 0x%02x, IMR 0x%02x", chip.name(), chip.irr(),
                chip.isr(), chip.imr())));
        cpu.interrupts().apic().filter(InterruptText::isUsed).ifPresent(apic -> parts.add("local APIC requested " + vectors(apic.requested()) + ", in service "
                + vectors(apic.inService()) + ", TPR 0x" + Integer.toHexString(apic.taskPriority())));
        parts.addAll(waiting(cpu));
        cpu.interrupts().pins().forEach(pin -> parts.add("pin " + pin.number() + " of the I/O APIC, vector " + pin.vector()
                + (pin.remoteIrr() ? ", waits for an end of interrupt" : pin.masked() ? ", requests and is masked" : ", requests")));
        return "interrupts of CPU " + cpu.cpu() + ": IF = " + (cpu.interruptsOn() ? 1 : 0) + parts.stream().map(part -> "; " + part)
                .collect(Collectors.joining());
    }

    private static boolean isUsed(InterruptState.Apic apic) {
        return !apic.requested().isEmpty() || !apic.inService().isEmpty() || apic.taskPriority() != 0;
    }

    private static String vectors(List<Integer> vectors) {
        return vectors.isEmpty() ? "nothing" : vectors.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** Requests, with what keeps them back. */
    private static List<String> waiting(CpuNow cpu) {
        List<String> waiting = new ArrayList<>();
        for (InterruptState.Chip chip : cpu.interrupts().chips()) {
            for (int input = 0; input < InterruptState.Chip.INPUTS; input++) {
                if (chip.isRequest(input)) {
                    int behind = chip.behind(input);
                    waiting.add("vector " + (chip.vector() + input) + " waits " + (behind >= 0 ? "for the end of vector " + (chip.vector() + behind)
                            : forFlag(cpu)));
                }
            }
        }
        cpu.interrupts().apic().ifPresent(apic -> apic.requested().forEach(vector -> {
            int inService = apic.inService().isEmpty() ? 0 : apic.inService().getLast();
            boolean isBehind = vector >> PRIORITY_CLASS <= inService >> PRIORITY_CLASS;
            boolean isKept = vector >> PRIORITY_CLASS <= apic.taskPriority() >> PRIORITY_CLASS;
            waiting.add("vector " + vector + " waits " + (isBehind ? "for the end of vector " + inService : isKept ? "for a lower TPR" : forFlag(cpu)));
        }));
        return waiting;
    }

    private static String forFlag(CpuNow cpu) {
        return cpu.interruptsOn() ? "for the next instruction" : "for IF";
    }
}
