package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Operand;
import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Observation;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.unicorn.CpuState;

/** Finds out what a CPU spins for: the load that decides whether its loop goes on, and since when it spins. */
final class SpinFinder {
    /** What lies this far above a loop's stack pointer is its own, its variables and its callers'. */
    private static final long OWN_STACK = 4096;
    /** What the loop may execute, with an interrupt in between, until it comes round. */
    private static final long NEXT_ROUND = 100_000;
    private static final long NEXT_ROUND_WITH_INTERRUPTS = 12_000_000;

    private final Scene scene;

    SpinFinder(Scene scene) {
        this.scene = scene;
    }

    /** The loop that a CPU is in now, if it is in one. The timeline stands where it stood, afterwards. */
    Optional<Spin> find(int number) {
        Moment now = scene.timeline().now();
        Optional<Round> round = Round.of(scene, number).filter(found -> !found.steps().isEmpty());
        Optional<Spin> spin = round.map(found -> {
            List<Load> loads = loads(found, number);
            Optional<RegisterRead> polled = polled(found, loads, number);
            Optional<Load> awaited = polled.isPresent() ? Optional.empty() : awaited(found, loads);
            return new Spin(number, place(head(found).instruction()), found.steps().size(), found.dead(),
                    found.dead() ? since(found, number, now) : Optional.empty(), loads, awaited, polled);
        });
        scene.timeline().goTo(now);
        return spin;
    }

    /** The instruction of the outermost function to which the loop comes back: the one at the lowest address. */
    private static Round.Step head(Round round) {
        return round.steps().stream().filter(step -> step.rsp() == round.outermost())
                .min(Comparator.comparing(step -> step.instruction().address(), Long::compareUnsigned)).orElseThrow();
    }

    private List<Load> loads(Round round, int number) {
        List<Load> loads = new ArrayList<>();
        for (int i = 0; i < round.steps().size(); i++) {
            Round.Step step = round.steps().get(i);
            Optional<Operand.Memory> memory = step.instruction().memory().filter(operand -> !operand.writes() || operand.reads()
                    || step.instruction().isAtomic());
            if (memory.isPresent() && step.read().isEmpty() && !isOwnStack(Scene.address(step.instruction(), memory.get(), step.before()), round)) {
                loads.add(load(round, i, memory.get(), scene.cpu(number)));
            }
        }
        return List.copyOf(loads);
    }

    private static boolean isOwnStack(long address, Round round) {
        long lowest = round.steps().stream().mapToLong(Round.Step::rsp).reduce((a, b) -> Long.compareUnsigned(a, b) <= 0 ? a : b).orElse(0);
        return address - (lowest - OWN_STACK) >= 0 && round.outermost() + OWN_STACK - address > 0;
    }

    private Load load(Round round, int index, Operand.Memory memory, Cpu cpu) {
        DecodedInstruction instruction = round.steps().get(index).instruction();
        long linear = Scene.address(instruction, memory, round.steps().get(index).before());
        int bytes = tested(round, index, Math.max(1, memory.size()));
        return new Load(place(instruction), instruction.instruction().text(), linear, cpu.physical(linear), bytes, Scene.number(cpu, linear, bytes),
                instruction.isAtomic(), new Decision(round).wanted(index));
    }

    /** How much of what a load brings is looked at, from its lowest byte on: a lock's word may have more than one thing in it. */
    private static int tested(Round round, int load, int bytes) {
        OptionalLong bits = bytes > Long.BYTES ? OptionalLong.empty() : TestedBits.of(round, load, bytes);
        return bits.isEmpty() ? bytes : (Long.SIZE - Long.numberOfLeadingZeros(bits.getAsLong()) + Byte.SIZE - 1) / Byte.SIZE;
    }

    private Place place(DecodedInstruction instruction) {
        return Place.of(instruction.address(), instruction.address(), scene.symbols());
    }

    /** The read of a device on which a way out of the loop depends; where nothing shows on what that depends, any one, unless a lock is tried. */
    private Optional<RegisterRead> polled(Round round, List<Load> loads, int number) {
        Optional<Round.Step> decides = new Decision(round).deciding().stream().flatMap(address -> round.steps().stream()
                .filter(step -> step.instruction().address() == address)).filter(step -> !isPerCpu(step.instruction().instruction().text())).findFirst();
        return decides.or(() -> loads.stream().anyMatch(Load::atomic) ? Optional.empty() : round.steps().stream().filter(step -> step.read().isPresent()).findFirst())
                .filter(step -> step.read().isPresent()).map(step -> read(round, step, number));
    }

    private RegisterRead read(Round round, Round.Step step, int number) {
        int index = round.steps().indexOf(step);
        DeviceAccess access = step.read().orElseThrow();
        return new RegisterRead(place(step.instruction()), step.instruction().instruction().text(), scene.machine().registers().of(number, access),
                access.value(), TestedBits.of(round, index, access.width()), new Decision(round).wanted(index));
    }

    /**
     * The load on which a way out of the loop depends, of the outermost function first: what belongs to a CPU alone, by FS or GS, is the last
     * choice.
     */
    private static Optional<Load> awaited(Round round, List<Load> loads) {
        List<Long> deciding = new Decision(round).deciding();
        Predicate<Load> perCpu = load -> isPerCpu(load.instruction());
        return deciding.stream().flatMap(address -> loads.stream().filter(load -> load.at().address() == address)).filter(perCpu.negate()).findFirst()
                .or(() -> loads.stream().filter(Load::atomic).findFirst())
                .or(() -> loads.stream().filter(perCpu.negate()).findFirst())
                .or(() -> loads.stream().findFirst());
    }

    private static boolean isPerCpu(String instruction) {
        return instruction.contains("gs:") || instruction.contains("fs:");
    }

    /** Goes back by more and more while the CPU comes to the same state soon, and then halves. */
    private Optional<Long> since(Round round, int number, Moment now) {
        Round.Step head = head(round);
        long first = scene.timeline().inputs().isEmpty() ? 0 : scene.timeline().inputs().getLast().position();
        long spinning = now.position();
        long step = 1024;
        long before = spinning - step;
        while (before > first && isSpinning(head, number, before)) {
            spinning = before;
            step *= 4;
            before = spinning - step;
        }
        before = Math.max(before, first);
        while (spinning - before > 1) {
            long middle = before + (spinning - before) / 2;
            if (isSpinning(head, number, middle)) {
                spinning = middle;
            } else {
                before = middle;
            }
        }
        // The first round may be a little further on.
        return isSpinning(head, number, spinning) ? Optional.of(scene.position()) : Optional.empty();
    }

    /** Whether a CPU that stood at a position comes to the loop's head with the same registers soon. */
    private boolean isSpinning(Round.Step head, int number, long position) {
        scene.timeline().goTo(Moment.at(position));
        Cpu cpu = scene.cpu(number);
        boolean interrupts = (head.before().rflags() & CpuState.IF) != 0;
        long limit = scene.position() + (interrupts ? NEXT_ROUND_WITH_INTERRUPTS : NEXT_ROUND);
        long rip = head.instruction().address();
        scene.timeline().observe(new Observation(new long[] {rip}, List.of(), false), machine -> machine.cpuOnTurn().number() == number
                && Arrays.equals(cpu.snapshot().registers(), head.before().registers()));
        boolean there = cpu.state().linearRip() == rip && Arrays.equals(cpu.snapshot().registers(), head.before().registers())
                || scene.timeline().run(limit) instanceof Stop.Breakpoint;
        scene.timeline().observe(Observation.NONE);
        return there;
    }
}
