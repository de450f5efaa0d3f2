package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;

/**
 * The interrupts of several timers that find one CPU in one loop, in any order. Each handler is followed from the delivery to the return, with interrupts
 * off all the way, and leaves things so that any of them may come next.
 */
final class TickKinds {
    private static final int MOST_PARTS = 24;

    private final Machine machine;
    private final Cpu cpu;
    private final List<Round.Part> parts = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    /** By the address of the handler. */
    private final TreeMap<Long, Scene> scenes = new TreeMap<>();
    private final TreeSet<Long> seenAgain = new TreeSet<>();
    private Optional<SpinningTask> task = Optional.empty();

    TickKinds(Machine machine, Cpu cpu) {
        this.machine = machine;
        this.cpu = cpu;
    }

    /** An interrupt comes to a loop, if there is one. */
    void begin(Scene here, Optional<SpinningTask> from) {
        if (from.isEmpty() || parts.size() == MOST_PARTS) {
            forget();
        }
        steps.clear();
        task = from;
        Scene before = scenes.putIfAbsent(here.rip(), here);
        if (before != null && before.difference(here, true).isEmpty()) {
            seenAgain.add(here.rip());
        } else if (before != null) {
            forget();
        }
    }

    void add(Step step) {
        steps.add(step);
    }

    /** The CPU is in a loop again, if in one. */
    void end(Optional<SpinningTask> to) {
        boolean closed = steps.stream().noneMatch(step -> (step.flags() & CpuState.IF) != 0);
        if (task.isPresent() && task.equals(to) && closed) {
            parts.add(new Round.Part(steps, Map.of(0, task.get().places(), steps.size() - 1, task.get().places())));
        } else {
            forget();
        }
    }

    /** What was followed before is not what comes again. */
    void forget() {
        parts.clear();
        steps.clear();
        scenes.clear();
        seenAgain.clear();
        task = Optional.empty();
    }

    /** @param timers how many interrupt the CPU, each with a handler of its own */
    Round.Outcome examine(int timers) {
        if (seenAgain.size() != timers || scenes.size() != timers || parts.isEmpty()) {
            return new Round.Refused("not all timers interrupt it with interrupts off in between, and a handler of their own");
        }
        return Round.examineParts(parts, machine, new Round.Surrounded(true, Map.of(), Map.of(), Gates.taskState(cpu), Gates.tables(cpu)));
    }
}
