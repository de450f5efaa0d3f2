package trapframe.diagnose;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.OpenPlaces;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;

/**
 * The interrupts that find one CPU in one loop, in any order: of several timers, or with several stack pointers, as where the loop calls functions with
 * interrupts on. Each handler is followed from the delivery to the return, with interrupts off all the way, and leaves things so that any of them may come
 * next.
 */
final class TickKinds {
    /** For each stack pointer of the loop. */
    private static final int MOST_PARTS = 24;

    /**
     * What tells interrupts apart.
     *
     * @param handler address of its first instruction
     * @param rsp     of what it interrupts
     */
    private record Kind(long handler, long rsp) {
        private static final Comparator<Kind> ORDER = Comparator.comparing(Kind::handler).thenComparing(Kind::rsp);
    }

    private final Machine machine;
    private final Cpu cpu;
    private final List<Round.Part> parts = new ArrayList<>();
    /** Where each part comes. */
    private final List<OpenPlaces> places = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final TreeMap<Kind, Scene> scenes = new TreeMap<>(Kind.ORDER);
    private final TreeSet<Kind> seenAgain = new TreeSet<>(Kind.ORDER);
    private Optional<SpinningTask> task = Optional.empty();
    private Optional<OpenPlaces> place = Optional.empty();

    TickKinds(Machine machine, Cpu cpu) {
        this.machine = machine;
        this.cpu = cpu;
    }

    /** An interrupt comes to a loop, if there is one. */
    void begin(Scene here, Optional<SpinningTask> from) {
        if (from.isEmpty() || parts.size() >= MOST_PARTS * from.get().places().stackPointers().size()) {
            forget();
        }
        steps.clear();
        task = from;
        place = from.flatMap(loop -> loop.places().at(here.interruptedRsp()));
        Kind kind = new Kind(here.rip(), here.interruptedRsp());
        Scene before = scenes.putIfAbsent(kind, here);
        if (before != null && before.difference(here, true).isEmpty()) {
            seenAgain.add(kind);
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
        if (task.isPresent() && task.equals(to) && place.isPresent() && closed) {
            parts.add(new Round.Part(steps, Map.of(0, place.get(), steps.size() - 1, place.get())));
            places.add(place.get());
        } else {
            forget();
        }
    }

    /** What was followed before is not what comes again. */
    void forget() {
        parts.clear();
        places.clear();
        steps.clear();
        scenes.clear();
        seenAgain.clear();
        task = Optional.empty();
        place = Optional.empty();
    }

    /** @param timers how many interrupt the CPU, each with a handler of its own */
    Round.Outcome examine(int timers) {
        if (parts.isEmpty() || task.isEmpty() || !isComplete(timers, task.get().places().stackPointers())) {
            return new Round.Refused("not all timers interrupt it at all places with interrupts off in between, and a handler of their own");
        }
        return Round.examineParts(parts, machine, new Round.Surrounded(true, Map.of(), Map.of(), Gates.taskState(cpu), Gates.tables(cpu)));
    }

    /** Whether each timer was seen twice with each stack pointer, and nothing else was. */
    private boolean isComplete(int timers, List<Long> stackPointers) {
        List<Long> handlers = parts.stream().map(part -> part.steps().getFirst().rip()).distinct().toList();
        return handlers.size() == timers && scenes.size() == timers * stackPointers.size()
                && handlers.stream().allMatch(handler -> stackPointers.stream().allMatch(rsp -> seenAgain.contains(new Kind(handler, rsp))));
    }

    /** Whether any of these interrupts changes what the loop reads from where it comes on, before it writes it. */
    boolean disturb(Round proved) {
        return IntStream.range(0, places.size()).anyMatch(part -> places.get(part).needsAny((physical, bytes) -> proved.changes(part, physical, bytes)));
    }
}
