package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
import trapframe.symbols.Backtrace;
import trapframe.symbols.DataPath;
import trapframe.symbols.tasks.Pool;
import trapframe.timeline.Moment;
import trapframe.unicorn.CpuState;

/** Puts an {@link Explanation} together. */
final class Explainer {
    private final Scene scene;
    private final Outcome outcome;
    private final Moment now;
    private final List<Pool> asked;
    private Moment settled;

    Explainer(Scene scene, Outcome outcome, List<Pool> asked) {
        this.scene = scene;
        this.outcome = outcome;
        this.asked = asked;
        now = scene.timeline().now();
    }

    Explanation explain() {
        long nanos = scene.machine().clock().nanos();
        List<CpuNow> cpus = new ArrayList<>();
        List<InterruptState> interrupts = InterruptReader.read(scene.machine());
        for (Cpu cpu : scene.machine().cpus()) {
            cpus.add(cpu(cpu, interrupts.get(cpu.number())));
        }
        settled = settled(cpus, now);
        List<Polling> polls = cpus.stream().flatMap(cpu -> polling(cpu).stream()).toList();
        List<Unanswered> unanswered = new UnansweredFinder(scene, now).find(cpus);
        List<Link> chain = new ArrayList<>();
        OptionalInt circle = OptionalInt.empty();
        Optional<CpuNow> waiter = cpus.stream().filter(cpu -> isWaiting(cpu)).findFirst();
        List<Integer> followed = new ArrayList<>();
        while (waiter.isPresent()) {
            followed.add(waiter.get().cpu());
            chain.add(link(waiter.get(), cpus));
            OptionalInt next = nextCpu(chain.getLast(), unanswered);
            if (next.isPresent() && followed.contains(next.getAsInt())) {
                circle = OptionalInt.of(followed.indexOf(next.getAsInt()));
                break;
            }
            waiter = next.isEmpty() ? Optional.empty() : Optional.of(cpus.get(next.getAsInt())).filter(Explainer::isWaiting);
        }
        scene.timeline().goTo(now);
        Optional<Failure> failure = new FailureFinder(scene, now).find();
        boolean isIdle = cpus.stream().noneMatch(cpu -> cpu.does().startsWith("spins") || cpu.does().startsWith("runs"));
        List<TaskNow> tasks = isIdle && failure.isEmpty() && scene.taskReader().isPresent() ? new TaskExplainer(scene, now).explain() : List.of();
        List<Integer> taskCircle = circle(tasks);
        List<InService> inService = new InServiceFinder(scene, now, settled).find(cpus);
        List<Nesting> nesting = new NestingFinder(scene, now).find();
        boolean isFound = !chain.isEmpty() || !polls.isEmpty() || !taskCircle.isEmpty() || !inService.isEmpty() || !nesting.isEmpty() || failure.isPresent()
                || tasks.stream().anyMatch(task -> task.ready().isPresent() || task.waiting().flatMap(TaskWait::missed).isPresent());
        List<PoolHistory> pools = pools(isFound || tasks.isEmpty());
        boolean isExplained = isFound || pools.stream().anyMatch(pool -> pool.full().isPresent());
        Optional<Stale> stale = isExplained ? Optional.empty() : new StaleFinder(scene, now).find();
        List<Delivery> lastInterrupts = isExplained || stale.isPresent() ? List.of() : new LastInterrupts(scene, now).find();
        return new Explanation(now.position(), nanos, outcome.words(), cpus, chain, circle, polls, unanswered, tasks, taskCircle, inService, nesting, stale, pools, failure,
                lastInterrupts);
    }

    private List<PoolHistory> pools(boolean isExplained) {
        List<Pool> pools = new ArrayList<>(asked);
        if (!isExplained) {
            scene.taskReader().ifPresent(reader -> pools.addAll(reader.description().pools()));
        }
        List<PoolHistory> histories = pools.stream().map(new PoolFinder(scene, now)::follow).toList();
        scene.timeline().goTo(now);
        return histories;
    }

    /** A circle of tasks that wait for each other. */
    private static List<Integer> circle(List<TaskNow> tasks) {
        for (int start = 0; start < tasks.size(); start++) {
            List<Integer> way = new ArrayList<>();
            Optional<Integer> at = Optional.of(start);
            while (at.isPresent() && !way.contains(at.get())) {
                way.add(at.get());
                at = tasks.get(at.get()).waiting().flatMap(TaskWait::on);
            }
            if (at.isPresent()) {
                return List.copyOf(way.subList(way.indexOf(at.get()), way.size()));
            }
        }
        return List.of();
    }

    private CpuNow cpu(Cpu cpu, InterruptState interrupts) {
        CpuState state = cpu.state();
        boolean interruptsOn = (cpu.rflags() & CpuState.IF) != 0;
        int privilege = state.cpl();
        Stack stack = scene.stack(cpu);
        Optional<String> task = scene.actor(cpu.number()).task();
        Activity activity = cpu.activity();
        Optional<Spin> spin = activity == Activity.ACTIVE ? new SpinFinder(scene).find(cpu.number()) : Optional.empty();
        String does = spin.isPresent() ? "spins" : switch (activity) {
            case ACTIVE -> "runs";
            case HLT -> "waits for an interrupt (HLT)";
            case WAIT_FOR_SIPI -> "was never started";
            default -> activity.toString();
        };
        return new CpuNow(cpu.number(), does, task, interruptsOn, interrupts, privilege, stack, spin);
    }

    private static boolean isWaiting(CpuNow cpu) {
        return cpu.spin().flatMap(Spin::awaited).filter(load -> load.physical().isPresent() && load.bytes() <= Long.BYTES).isPresent();
    }

    private Optional<Polling> polling(CpuNow cpu) {
        return cpu.spin().flatMap(spin -> spin.polled().map(read -> new Polling(new Actor(cpu.cpu(), cpu.task()), spin.since(), cpu.stack(), read,
                outcome.loops().stream().filter(loop -> loop.cpu() == cpu.cpu()).flatMap(loop -> loop.polls().stream())
                        .filter(poll -> poll.register().equals(read.register())).map(poll -> new Polling.Steady(poll.steady(), poll.why())).findFirst())));
    }

    private Link link(CpuNow cpu, List<CpuNow> cpus) {
        Spin spin = cpu.spin().orElseThrow();
        Load load = spin.awaited().orElseThrow();
        Moment from = spin.since().isEmpty() ? now : unchanged(load, cpus);
        LockFinder.Taken taken = new LockFinder(scene).find(load, cpu.cpu(), from);
        Optional<Held> held = taken.access().map(access -> held(access, cpu.cpu()));
        scene.timeline().goTo(now);
        Awaited awaited = new Awaited(load.linear(), load.physical(), load.bytes(), load.value(), load.wanted(), name(load.linear()), taken.lock());
        return new Link(new Actor(cpu.cpu(), cpu.task()), "spins", spin.since(), load.at(), cpu.stack(), awaited, held);
    }

    /**
     * A moment from which on an awaited word has been what it is: others may have taken a lock, and let it go, while the waiter had no turn, and that the
     * waiter has the same registers since some time does not tell who did last.
     */
    private Moment unchanged(Load load, List<CpuNow> cpus) {
        long physical = load.physical().getAsLong();
        long before = cpus.stream().flatMap(cpu -> cpu.spin().flatMap(Spin::since).stream()).max(Long::compare).orElse(0L);
        if (isAt(before, physical, load)) {
            return Moment.at(before);
        }
        long unchanged = now.position();
        while (unchanged - before > 1) {
            long middle = before + (unchanged - before) / 2;
            if (isAt(middle, physical, load)) {
                unchanged = middle;
            } else {
                before = middle;
            }
        }
        return unchanged == now.position() ? now : Moment.at(unchanged);
    }

    /** Whether a word is what it is now at a position, too. */
    private boolean isAt(long position, long physical, Load load) {
        scene.timeline().goTo(Moment.at(position));
        return scene.number(physical, load.bytes()) == load.value().orElseThrow();
    }

    /**
     * A moment from which on nothing has happened: from which on every CPU goes round in a dead loop with interrupts off, or waits with
     * interrupts off.
     */
    private static Moment settled(List<CpuNow> cpus, Moment now) {
        long settled = 0;
        for (CpuNow cpu : cpus) {
            boolean isDead = !cpu.interruptsOn() && cpu.spin().filter(spin -> spin.dead() && spin.since().isPresent()).isPresent();
            if (!isDead && (cpu.spin().isPresent() || !cpu.does().startsWith("was never"))) {
                return now;
            }
            settled = Math.max(settled, cpu.spin().flatMap(Spin::since).orElse(0L));
        }
        return Moment.at(settled);
    }

    private Held held(History.Access access, int waiter) {
        scene.timeline().goTo(access.moment());
        Event event = scene.event(access.cpu());
        Backtrace then = scene.backtrace(scene.cpu(access.cpu()));
        Place from = LockNames.wanting(event.stack().entries().get(HolderFinder.wanting(then.frames(), scene)).place());
        return new Held(event, from, new HolderFinder(scene, now, settled).find(then, access.cpu(), OptionalInt.of(waiter)));
    }

    /** For whom a waiter waits: the CPU that has what it waits for, or does not take the interrupt that the waiter sent it. */
    private static OptionalInt nextCpu(Link link, List<Unanswered> unanswered) {
        Optional<Unanswered> sent = unanswered.stream().filter(each -> each.sent().by().cpu() == link.waiter().cpu()).findFirst();
        if (sent.isPresent() && link.awaited().lock().isEmpty()) {
            return OptionalInt.of(sent.get().cpu());
        }
        return switch (link.held().map(Held::now).orElse(null)) {
            case Held.Running(int cpu, Stack _) -> OptionalInt.of(cpu);
            case Held.Itself(int cpu) -> OptionalInt.of(cpu);
            case Held.Interrupted interrupted -> OptionalInt.of(interrupted.cpu());
            case null, default -> OptionalInt.empty();
        };
    }

    private Optional<String> name(long linear) {
        return scene.symbols().dataAt(linear).map(DataPath::toString).or(() -> scene.symbols().describe(linear));
    }
}
