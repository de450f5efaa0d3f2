package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Access;
import trapframe.diagnose.flow.OpenPlaces;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;

/**
 * What interrupts do to one CPU: the loops that they find it in, and the round of them after which all is as it was. Between the interrupts the CPU is
 * in a loop that is proved by itself, for an unknown time, or it waits; what the handlers and the scheduler do is followed.
 */
final class TickRound {
    /** How often an end of the round is looked for at each interrupt; then more and more seldom. */
    private static final int TRIES_IN_A_ROW = 64;
    /** Where the handlers let interrupts in, the next one must be far: this many times as far as they, or the loops, are long. */
    private static final int MARGIN = 4;

    /** A store that changed something, and RSP of what was interrupted last before it. */
    private record Change(Access access, long rsp) { }

    private final Machine machine;
    private final Cpu cpu;
    private final List<SpinningTask> tasks = new ArrayList<>();
    /** All that was changed by what was followed. */
    private final List<Change> changes = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final TreeMap<Integer, OpenPlaces> places = new TreeMap<>();
    private final TreeMap<Integer, Round.Found> found = new TreeMap<>();
    /** The loop that it is in. */
    private Optional<SpinningTask> now = Optional.empty();
    private Optional<Spinner> newcomer = Optional.empty();
    private Optional<SpinningTask> first = Optional.empty();
    private final TickKinds kinds;
    private Scene begin;
    private long delivered;
    private long interruptedRsp;
    private long longest;
    private long shortestGap = Long.MAX_VALUE;
    private int deliveries;
    private int visits;
    private Optional<Round> round = Optional.empty();
    private boolean byKinds;
    private long period;
    private String why = "";

    /** @param loop that it is in; empty if it waits */
    TickRound(Machine machine, Cpu cpu, Optional<Round> loop) {
        this.machine = machine;
        this.cpu = cpu;
        kinds = new TickKinds(machine, cpu);
        loop.ifPresent(this::add);
    }

    private void add(Round loop) {
        SpinningTask task = new SpinningTask(tasks.size(), loop, changes.size());
        tasks.add(task);
        now = Optional.of(task);
        newcomer = Optional.empty();
        begin = null;
        deliveries = 0;
    }

    int cpu() {
        return cpu.number();
    }

    /** Whether it is in a loop with interrupts off. */
    boolean isClosed() {
        return now.isPresent() && now.get().places().isEmpty();
    }

    List<SpinningTask> tasks() {
        return tasks;
    }

    /** Why there is no proof. */
    String why() {
        return why;
    }

    /** From one delivery to a later one; empty if that is not proved. */
    Optional<Round> round() {
        return round;
    }

    /**
     * Whether it is proved that interrupts leave all as it was.
     *
     * @param timers how many interrupt it, from 1; to be asked while it is quiet
     */
    boolean isProved(int timers) {
        boolean byCalls = tasks.size() == 1 && tasks.getFirst().places().stackPointers().size() > 1;
        if (timers == 1 && !byCalls || byKinds) {
            return round.isPresent();
        }
        if (tasks.size() == 1 && now.isPresent() && kinds.examine(timers) instanceof Round.Proved(Round proved) && !disturbsByKinds(proved, tasks.getFirst())) {
            round = Optional.of(proved);
            byKinds = true;
        }
        return byKinds;
    }

    /** How long the round is, in positions. */
    long period() {
        return period;
    }

    /** Whether an interrupt ever came. */
    boolean isInterrupted() {
        return deliveries > 0;
    }

    /** Whether there is nothing to follow until an interrupt comes. */
    boolean isQuiet() {
        return now.isPresent() || !cpu.canRun();
    }

    /** @param others whether all other CPUs are quiet */
    void add(Step step, boolean others) {
        if (!step.isDelivery()) {
            if (now.isPresent()) {
                return;
            }
            follow(step);
            if (step.isInterruptReturn()) {
                resumed();
            } else {
                learn(step);
            }
            longest = Math.max(longest, machine.clock().position() - delivered);
            return;
        }
        if (now.isEmpty() && !steps.isEmpty() && !steps.getLast().isHalt()) {
            refuse("an interrupt comes in the handler of another one, or in what is no loop");
            begin = null;
            steps.clear();
            deliveries = 0;
            return;
        }
        long here = machine.clock().position();
        shortestGap = deliveries == 0 ? Long.MAX_VALUE : Math.min(shortestGap, here - delivered);
        delivered = here;
        interruptedRsp = Frame.of(step, machine.ram()).rsp(step.registers()[CpuState.RSP]);
        deliveries++;
        newcomer = Optional.empty();
        if (others) {
            visit(step);
        } else {
            kinds.forget();
        }
        now.ifPresent(task -> {
            places.put(steps.size(), task.places());
            task.interrupted(step, machine.ram());
        });
        now = Optional.empty();
        follow(step);
    }

    private void follow(Step step) {
        steps.add(step);
        kinds.add(step);
        step.accesses().stream().filter(Access::changed).forEach(access -> changes.add(new Change(access, interruptedRsp)));
    }

    private void refuse(String reason) {
        why = reason;
    }

    /** Behind a return from an interrupt: to a loop that is known, or to something else. */
    private void resumed() {
        now = tasks.stream().filter(task -> task.isResumed(cpu)).findFirst();
        now.ifPresent(task -> {
            places.put(steps.size() - 1, task.places());
            task.places().resumed(machine.ram(), cpu.state().register(CpuState.RSP));
        });
        kinds.end(now);
        newcomer = now.isPresent() ? Optional.empty() : Optional.of(new Spinner(machine));
    }

    private void learn(Step step) {
        if (newcomer.isPresent()) {
            newcomer.get().add(step);
            if (newcomer.get().isProved()) {
                add(newcomer.get().round());
            }
        }
    }

    private void visit(Step delivery) {
        Scene here = Scene.of(machine, delivery);
        kinds.begin(here, now);
        if (begin == null) {
            begin(here);
            return;
        }
        if (round.isPresent() || !now.equals(first) || here.rip() != begin.rip() || here.rsp() != begin.rsp()) {
            return;
        }
        visits++;
        if (visits > TRIES_IN_A_ROW && Integer.bitCount(visits) != 1) {
            return;
        }
        Optional<String> difference = begin.difference(here, now.isPresent());
        difference.ifPresentOrElse(this::refuse, () -> examine(here));
    }

    private void begin(Scene here) {
        begin = here;
        first = now;
        visits = 0;
        longest = 0;
        shortestGap = Long.MAX_VALUE;
        steps.clear();
        places.clear();
        found.clear();
        for (int i = 0; i < tasks.size(); i++) {
            SpinningTask task = tasks.get(i);
            if (!first.equals(Optional.of(task)) && task.found(machine.ram()).isPresent()) {
                found.put(i, task.found(machine.ram()).get());
            }
        }
    }

    private void examine(Scene here) {
        switch (Round.examine(steps, machine,
                new Round.Surrounded(true, Map.copyOf(places), Map.copyOf(found), Gates.taskState(cpu), Gates.tables(cpu)))) {
            case Round.Refused(String reason) -> refuse(reason);
            case Round.Proved(Round proved) -> {
                period = here.position() - begin.position();
                Optional<String> obstacle = obstacle(proved);
                obstacle.ifPresentOrElse(this::refuse, () -> round = Optional.of(proved));
            }
        }
    }

    /** What else keeps this from being a proof. */
    private Optional<String> obstacle(Round proved) {
        long loops = tasks.stream().mapToLong(task -> task.loop().steps().stream().mapToLong(Step::length).sum()).max().orElse(0);
        // Others' turns may come in between.
        long turns = 2 * (machine.cpus().size() - 1) * machine.clock().positionAtNanos(machine.spec().turnNanos());
        if (isOpen() && (proved.setsVaryingCounts() || MARGIN * (Math.max(longest, loops) + turns) > shortestGap)) {
            return Optional.of("an interrupt may come where interrupts are let in behind another one");
        }
        return proved.isRewrittenBy(this::hasChanged) || tasks.stream().anyMatch(task -> disturbs(proved, task)) ? Optional.of("an interrupt, or another task, changes something that a loop uses")
                : Optional.empty();
    }

    /** Whether what was followed changed something: as for tables, the TLB may have what was there before. */
    private boolean hasChanged(long physical, long bytes) {
        return changes.stream().anyMatch(change -> change.access.overlaps(physical, bytes));
    }

    private boolean isOpen() {
        return steps.stream().anyMatch(step -> (step.flags() & CpuState.IF) != 0);
    }

    private boolean disturbs(Round proved, SpinningTask task) {
        Round.Changes byInterrupts = (physical, bytes) -> proved.changes(physical, bytes)
                || changedSince(task).anyMatch(change -> change.access.overlaps(physical, bytes));
        Round.Changes byOthers = (physical, bytes) -> byInterrupts.any(physical, bytes)
                || tasks.stream().anyMatch(other -> other != task && other.loop().changes(physical, bytes));
        return task.places().needsAny(byOthers) || task.loop().isRewrittenBy(byOthers) || task.loop().isRewrittenBy(this::hasChanged)
                || proved.isRewrittenBy(task.loop()::changes);
    }

    /** The same for interrupts of several kinds: of each what it changes where it comes. */
    private boolean disturbsByKinds(Round proved, SpinningTask task) {
        return kinds.disturb(proved)
                || task.places().stackPointers().stream().anyMatch(rsp -> task.places().at(rsp).orElseThrow().needsAny((physical, bytes) ->
                        changedSince(task).anyMatch(change -> (change.rsp == rsp || !task.places().stackPointers().contains(change.rsp)) && change.access.overlaps(physical, bytes))))
                || task.loop().isRewrittenBy(proved::changes) || task.loop().isRewrittenBy(this::hasChanged) || proved.isRewrittenBy(task.loop()::changes);
    }

    private Stream<Change> changedSince(SpinningTask task) {
        return changes.stream().skip(task.since());
    }

    /** Whether it changes some bytes of RAM, or did so since the search began. */
    boolean changes(long physical, long bytes) {
        return round.map(proved -> proved.changes(physical, bytes)).orElse(false)
                || tasks.stream().anyMatch(task -> task.loop().changes(physical, bytes))
                || hasChanged(physical, bytes);
    }

    /** Whether something changes what it uses. */
    boolean usesAny(Round.Changes others) {
        return round.map(proved -> proved.usesAny(others)).orElse(false) || tasks.stream().anyMatch(task -> task.loop().usesAny(others));
    }
}
