package trapframe.diagnose;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;
import trapframe.machine.Machine;
import trapframe.time.EventQueue;
import trapframe.unicorn.CpuState;

/**
 * What else goes on in a machine while its CPUs execute nothing that reaches a device: its timers. Some can do no more than raise an interrupt
 * line; whether that can reach a CPU is up to the interrupt controllers, which stay as the CPUs left them.
 */
final class Surroundings {
    private static final String NMI = "a device's interrupt can come as an NMI or INIT";
    private static final String INPUT = "input may still come";
    private static final String IS_TO_HAPPEN = " is to happen";
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
            return Optional.of(NMI);
        }
        boolean open = interruptible || machine.cpus().stream().anyMatch(Surroundings::waitsWithInterruptsOn);
        if (open && liveInput && (machine.lets(IRQ_COM1) || machine.lets(IRQ_ACPI))) {
            return Optional.of(INPUT);
        }
        for (int i = 0; i < machine.timerNames().size(); i++) {
            if (machine.deadlines().get(i) != EventQueue.NEVER) {
                String name = machine.timerNames().get(i);
                Optional<Integer> irq = irq(name);
                if (irq.isEmpty() && !isLocalTimer(name)) {
                    return Optional.of(name + IS_TO_HAPPEN);
                }
                if (open && (irq.isEmpty() || machine.lets(irq.get()))) {
                    return Optional.of(name + " can interrupt");
                }
            }
        }
        return Optional.empty();
    }

    /**
     * What could end a storm of an interrupt that a CPU's local APIC hands over each time that the CPU lets interrupts in. What has a lower vector, and what
     * comes from the 8259s as an external interrupt, waits for ever then (SDM vol. 3A, sections 11.8.3 and 11.8.4).
     */
    Optional<String> obstacle(int cpu, int vector) {
        if (liveInput || machine.canRaiseNmi() || machine.cpus().stream().anyMatch(Surroundings::waitsWithInterruptsOn)) {
            return obstacle(true);
        }
        return armed().filter(name -> !waits(name, cpu, vector)).map(name -> name + " can interrupt").findFirst();
    }

    /** Whether a timer can do no more than request an interrupt, which the CPU never takes if one with a vector always comes first. */
    private boolean waits(String timer, int cpu, int vector) {
        LocalApic.State apic = states(LocalApic.State.class).get(cpu);
        if (isLocalTimer(timer)) {
            return cpuOf(timer).getAsInt() != cpu || apic.highestOfTimers() < vector;
        }
        IoApic.State ioApic = states(IoApic.State.class).getFirst();
        return irq(timer).filter(irq -> ioApic.highestOfIrq(irq) < vector && apic.highestOfTimers() < vector).isPresent();
    }

    /** What else than ticks could end a hang in which CPUs reach no device, in words. */
    Optional<String> obstacleBesidesTicks() {
        if (machine.canRaiseNmi()) {
            return Optional.of(NMI);
        }
        if (liveInput && (machine.lets(IRQ_COM1) || machine.lets(IRQ_ACPI))) {
            return Optional.of(INPUT);
        }
        return armed().filter(name -> irq(name).isEmpty() && !isLocalTimer(name)).map(name -> name + IS_TO_HAPPEN).findFirst();
    }

    /** The timers whose interrupts can reach a CPU now; to be asked while no handler runs. */
    List<String> ticks() {
        return armed().filter(name -> irq(name).map(machine::lets).orElse(true)).toList();
    }

    /** The CPU that a timer can interrupt; empty if it may be more than one, or is not known. */
    OptionalInt target(String timer) {
        if (machine.cpus().size() == 1) {
            return OptionalInt.of(0);
        }
        if (isLocalTimer(timer)) {
            return cpuOf(timer);
        }
        List<LocalApic.State> apics = states(LocalApic.State.class);
        IoApic.State ioApic = states(IoApic.State.class).getFirst();
        OptionalInt target = ioApic.targetOfIrq(irq(timer).orElseThrow());
        if (target.isPresent()) {
            // With both controllers open it could come twice.
            return apics.stream().noneMatch(LocalApic.State::takesPin) && ioApic.targetOf8259().isEmpty() && target.getAsInt() >= 0
                    && target.getAsInt() < apics.size() ? target : OptionalInt.empty();
        }
        return ioApic.targetOf8259().isEmpty() && apics.stream().skip(1).noneMatch(LocalApic.State::takesPin) ? OptionalInt.of(0) : OptionalInt.empty();
    }

    private <T> List<T> states(Class<T> type) {
        return machine.deviceStates().stream().map(Machine.DeviceState::state).filter(type::isInstance).map(type::cast).toList();
    }

    private Stream<String> armed() {
        return IntStream.range(0, machine.timerNames().size()).filter(i -> machine.deadlines().get(i) != EventQueue.NEVER)
                .mapToObj(machine.timerNames()::get);
    }

    private static boolean waitsWithInterruptsOn(Cpu cpu) {
        return cpu.activity() == Activity.HLT && (cpu.state().eflags() & CpuState.IF) != 0;
    }

    /**
     * The timers that are armed in a hang that goes on with ticks.
     *
     * @param ticking those whose interrupts reach a CPU
     */
    List<PendingEvent> pending(Collection<String> ticking) {
        return pending().stream().map(event -> !ticking.contains(event.timer()) ? event
                : new PendingEvent(event.timer(), event.position(), "it is the tick that leaves everything as it was")).toList();
    }

    /** The same in a storm. */
    List<PendingEvent> pendingInStorm() {
        return pending().stream().map(event -> irq(event.timer()).map(machine::lets).orElse(true)
                ? new PendingEvent(event.timer(), event.position(), "it can only interrupt, and the interrupt that recurs comes first") : event).toList();
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

    /** Whose local APIC a timer of this name is in, if it is in one. */
    static OptionalInt cpuOf(String timer) {
        return isLocalTimer(timer) ? OptionalInt.of(Integer.parseInt(timer.split(" ")[2])) : OptionalInt.empty();
    }

    private static boolean isLocalTimer(String timer) {
        return timer.startsWith("local APIC ");
    }
}
