package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
import trapframe.device.IntervalTimer8254;
import trapframe.machine.Machine;
import trapframe.time.EventQueue;
import trapframe.unicorn.CpuState;

/**
 * What else goes on in a machine while its CPUs execute nothing that reaches a device: its timers. Some can do no more than raise an interrupt
 * line; whether that can reach a CPU is up to the interrupt controllers, which stay as the CPUs left them.
 */
final class Surroundings {
    private static final int IRQ_8254 = 0;
    private static final int IRQ_COM1 = 4;
    private static final int IRQ_RTC = 8;
    private static final int IRQ_ACPI = 9;

    private final Machine machine;
    private final boolean liveInput;

    /** @param liveInput whether somebody may still type, or press the power button */
    Surroundings(Machine machine, boolean liveInput) {
        this.machine = machine;
        this.liveInput = liveInput;
    }

    /**
     * What could end a hang in which CPUs reach no device, in words.
     *
     * @param interruptible whether a CPU that spins lets interrupts in
     */
    Optional<String> obstacle(boolean interruptible) {
        if (machine.canRaiseNmi()) {
            return Optional.of("a device's interrupt can come as an NMI or INIT");
        }
        boolean open = interruptible || machine.cpus().stream().anyMatch(Surroundings::waitsWithInterruptsOn);
        if (open && liveInput && (machine.lets(IRQ_COM1) || machine.lets(IRQ_ACPI))) {
            return Optional.of("input may still come");
        }
        for (int i = 0; i < machine.timerNames().size(); i++) {
            if (machine.deadlines().get(i) != EventQueue.NEVER) {
                String name = machine.timerNames().get(i);
                Optional<Integer> irq = irq(name);
                if (irq.isEmpty() && !isLocalTimer(name)) {
                    return Optional.of(name + " is to happen");
                }
                if (open && (irq.isEmpty() || machine.lets(irq.get()))) {
                    return Optional.of(name + " can interrupt");
                }
            }
        }
        return Optional.empty();
    }

    /**
     * The timer that ticks, if nothing else is to happen in the machine, and nothing can come as an NMI or from outside.
     */
    Optional<String> onlyTick() {
        if (machine.canRaiseNmi() || liveInput && (machine.lets(IRQ_COM1) || machine.lets(IRQ_ACPI))) {
            return Optional.empty();
        }
        List<String> armed = new ArrayList<>();
        for (int i = 0; i < machine.timerNames().size(); i++) {
            if (machine.deadlines().get(i) != EventQueue.NEVER) {
                armed.add(machine.timerNames().get(i));
            }
        }
        return armed.size() == 1 && (isLocalTimer(armed.getFirst()) || armed.getFirst().equals("8254 counter 0") && isPeriodic())
                ? Optional.of(armed.getFirst()) : Optional.empty();
    }

    /** Whether counter 0 of the 8254 is in mode 2 or 3: its bits 3 to 1 of the control word are x10 or x11. A local APIC's one-shot arms nothing. */
    private boolean isPeriodic() {
        return machine.deviceStates().stream().anyMatch(device -> device.state() instanceof IntervalTimer8254.State state
                && (state.counter0().control() & 1 << 2) != 0);
    }

    private static boolean waitsWithInterruptsOn(Cpu cpu) {
        return cpu.activity() == Activity.HLT && (cpu.state().eflags() & CpuState.IF) != 0;
    }

    /** The tick that a proof was made of. */
    List<PendingEvent> tick() {
        List<PendingEvent> events = new ArrayList<>();
        for (int i = 0; i < machine.timerNames().size(); i++) {
            if (machine.deadlines().get(i) != EventQueue.NEVER) {
                events.add(new PendingEvent(machine.timerNames().get(i), machine.deadlines().get(i), "it is the tick that leaves everything as it was"));
            }
        }
        return events;
    }

    /** The timers that are armed, where there is no {@link #obstacle}. */
    List<PendingEvent> pending() {
        List<PendingEvent> events = new ArrayList<>();
        for (int i = 0; i < machine.timerNames().size(); i++) {
            long deadline = machine.deadlines().get(i);
            if (deadline != EventQueue.NEVER) {
                String name = machine.timerNames().get(i);
                boolean reaches = irq(name).map(machine::lets).orElse(true);
                events.add(new PendingEvent(name, deadline, reaches ? "it can only interrupt, and interrupts are off"
                        : "its interrupt is masked, or one of the same or a higher priority has not been ended"));
            }
        }
        return events;
    }

    /** The ISA interrupt that is all that a timer of this name can lead to. */
    private static Optional<Integer> irq(String timer) {
        return switch (timer) {
            case "8254 counter 0" -> Optional.of(IRQ_8254);
            case "COM1 receive", "COM1 interrupt" -> Optional.of(IRQ_COM1);
            case "RTC" -> Optional.of(IRQ_RTC);
            case "ACPI timer" -> Optional.of(IRQ_ACPI);
            default -> Optional.empty();
        };
    }

    private static boolean isLocalTimer(String timer) {
        return timer.startsWith("local APIC ");
    }
}
