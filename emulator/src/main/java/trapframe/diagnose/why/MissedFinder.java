package trapframe.diagnose.why;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.symbols.Frame;
import trapframe.symbols.Type;
import trapframe.symbols.Value;
import trapframe.symbols.tasks.Task;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;

/** Finds what a sleeping task waits for although it has happened: that lies between its last look and its sleep. */
final class MissedFinder {
    /** In positions: who looks at a task's state to change it does so soon. */
    private static final long SOON = 500;
    /** Calls from the one that looks at what it waits for to the one that switches to another task. */
    private static final int MOST_FUNCTIONS = 3;

    private final Scene scene;
    private final Moment now;
    private final Task waiter;
    private final History history;
    private final List<Frame> sleeping;

    MissedFinder(Scene scene, Moment now, Task waiter) {
        this.scene = scene;
        this.now = now;
        this.waiter = waiter;
        history = new History(scene);
        scene.timeline().goTo(now);
        sleeping = waiter.saved().map(saved -> scene.backtrace(saved.registers(), scene.machine().cpus().getFirst()::look).frames())
                .orElse(List.of());
    }

    /**
     * Something that can be tested before somebody sleeps.
     *
     * @param linear address
     * @param type   of up to 8 bytes
     */
    record Cell(String name, long linear, Type type) {
        int bytes() {
            return (int) type.size();
        }

        String words(long value) {
            return type.plain() instanceof Type.Enumeration enumeration ? enumeration.nameOf(value).orElse(Long.toString(value))
                    : ExplanationText.number(value);
        }
    }

    private Predicate<History.Access> isDoneBy(long task) {
        return access -> scene.currentTask(access.cpu()).filter(current -> current.address() == task).isPresent();
    }

    /**
     * A look at a cell.
     *
     * @param behind the moment behind it
     */
    private record Test(Moment behind, int cpu, long value) { }

    /** Of each cell, by its physical address, the last look before a moment of the call that sleeps. */
    private TreeMap<Long, Test> tests(List<Cell> cells, Moment slept, Moment before) {
        TreeMap<Long, Test> tests = new TreeMap<>();
        List<Watch> watches = cells.stream().flatMap(cell -> physical(cell).stream().map(at -> new Watch(at, cell.bytes(), Watch.Kind.READ)))
                .toList();
        for (int calls = 1; calls <= MOST_FUNCTIONS && tests.isEmpty() && !watches.isEmpty(); calls++) {
            callBegan(calls, slept).filter(moment -> moment.compareTo(before) < 0).ifPresent(from -> history.between(from, before, watches,
                    (watch, cpu) -> {
                        if (scene.currentTask(cpu).filter(current -> current.address() == waiter.address()).isPresent()
                                && sleepingCall().isPresent()) {
                            tests.put(watch.physical(), new Test(scene.timeline().now(), cpu, scene.number(watch.physical(), watch.length())));
                        }
                    }));
        }
        return tests;
    }

    /** When the call began in which the task sleeps, or the one so many calls above it. */
    private Optional<Moment> callBegan(int calls, Moment slept) {
        if (calls >= sleeping.size()) {
            return Optional.empty();
        }
        scene.timeline().goTo(now);
        OptionalLong slot = scene.machine().cpus().getFirst().physical(sleeping.get(calls).registers().rsp() - Long.BYTES);
        return slot.isEmpty() ? Optional.empty()
                : history.last(slot.getAsLong(), Long.BYTES, Watch.Kind.WRITE, slept, _ -> true).map(History.Access::moment);
    }

    private Event event(Test test) {
        scene.timeline().goTo(test.behind);
        scene.timeline().stepBack(OptionalInt.of(test.cpu));
        return scene.event(test.cpu);
    }

    /** One of some cells that is another one now than when the task looked at it last, before it slept. */
    Optional<Missed> change(Moment slept, List<Cell> cells) {
        TreeMap<Long, Test> tests = tests(cells, slept, slept);
        for (Cell cell : cells) {
            Optional<Test> test = physical(cell).map(tests::get);
            long value = physical(cell).map(at -> scene.number(at, cell.bytes())).orElse(0L);
            if (test.isPresent() && test.get().value != value) {
                Event looked = event(test.get());
                return history.lastChange(physical(cell).orElseThrow(), cell.bytes(), now).map(change -> new Missed(cell.name, event(change),
                        Optional.of(looked), Optional.of(cell.words(test.get().value)), Optional.of(cell.words(value)), Optional.empty(), meanwhile()));
            }
        }
        return Optional.empty();
    }

    /** A cell that has the value for which the task waits, if it had that before the task slept. */
    Optional<Missed> happened(Moment slept, Cell cell) {
        Optional<Long> physical = physical(cell);
        Optional<History.Access> change = physical.flatMap(at -> history.lastChange(at, cell.bytes(), now))
                .filter(access -> access.moment().compareTo(slept) < 0);
        if (change.isEmpty()) {
            return Optional.empty();
        }
        Event changed = event(change.get());
        Optional<Stack> meanwhile = meanwhile();
        Optional<Test> test = Optional.ofNullable(tests(List.of(cell), slept, change.get().moment()).get(physical.get()));
        scene.timeline().goTo(now);
        long value = scene.number(physical.get(), cell.bytes());
        return Optional.of(new Missed(cell.name, changed, test.map(this::event), test.map(each -> cell.words(each.value)),
                Optional.of(cell.words(value)), Optional.empty(), meanwhile));
    }

    /** Where the one that waits is at the moment at which the timeline stands. */
    private Optional<Stack> meanwhile() {
        return scene.tasks().stream().filter(task -> task.address() == waiter.address()).findFirst().flatMap(task -> task.cpu().isPresent()
                ? Optional.of(scene.stack(scene.cpu(task.cpu().getAsInt())))
                : task.saved().map(saved -> Stack.of(scene.backtrace(saved.registers(), scene.machine().cpuOnTurn()::look), scene.symbols())));
    }

    private Optional<Long> physical(Cell cell) {
        scene.timeline().goTo(now);
        OptionalLong found = scene.machine().cpus().getFirst().physical(cell.linear);
        return found.isPresent() ? Optional.of(found.getAsLong()) : Optional.empty();
    }

    /**
     * Of a call that sleeps now and looks, or was called by the one that does, where its return address is: the kernel may look at the same for
     * other reasons.
     */
    private Optional<Long> sleepingCall() {
        List<Frame> frames = scene.backtrace(scene.machine().cpuOnTurn()).frames();
        for (int i = 0; i < 2 && i + 1 < frames.size(); i++) {
            for (int k = 0; k + 1 < sleeping.size(); k++) {
                if (sleeping.get(k + 1).registers().rsp() == frames.get(i + 1).registers().rsp()
                        && scene.symbols().symbolAt(sleeping.get(k).address()).equals(scene.symbols().symbolAt(frames.get(i).address()))) {
                    return Optional.of(frames.get(i + 1).registers().rsp() - Long.BYTES);
                }
            }
        }
        return Optional.empty();
    }

    private Event event(History.Access access) {
        scene.timeline().goTo(access.moment());
        return scene.event(access.cpu());
    }

    /**
     * Of a task that waits for another one to do something for it: whether that one has written into the structure for it since the task
     * did so last, before it slept.
     *
     * @param own   the structure
     * @param state of the task
     * @param other the task that it waits for
     */
    Optional<Missed> answer(Moment slept, Cell own, Value state, long other) {
        Cpu cpu = scene.machine().cpus().getFirst();
        if (cpu.physical(own.linear).isEmpty() || cpu.physical(state.address()).isEmpty()) {
            return Optional.empty();
        }
        long physicalState = cpu.physical(state.address()).getAsLong();
        int stateBytes = (int) state.type().size();
        Optional<History.Access> last = history.lastWrite(cpu.physical(own.linear).getAsLong(), (int) own.type.size(), slept);
        if (last.isEmpty() || !isDoneBy(other).test(last.get())) {
            return Optional.empty();
        }
        Event change = event(last.get());
        Optional<Stack> meanwhile = meanwhile();
        Optional<Event> looked = history.last(physicalState, stateBytes, Watch.Kind.READ, last.get().moment(), slept,
                access -> isDoneBy(other).test(access) && leavesIt(physicalState, stateBytes)).map(this::event);
        return Optional.of(new Missed(own.name(), change, Optional.empty(), Optional.empty(),
                Optional.empty(), looked, meanwhile));
    }

    /** Whether who reads a cell does not write it at once. */
    private boolean leavesIt(long physical, int bytes) {
        Moment there = scene.timeline().now();
        scene.timeline().observe(new Observation(new long[0], List.of(new Watch(physical, bytes, Watch.Kind.WRITE)), false));
        boolean writes = scene.timeline().run(there.position() + SOON) instanceof Stop.Watchpoint;
        scene.timeline().observe(Observation.NONE);
        scene.timeline().goTo(there);
        return !writes;
    }
}
