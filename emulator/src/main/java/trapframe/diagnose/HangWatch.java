package trapframe.diagnose;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import trapframe.diagnose.flow.Round;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.timeline.Runner;

/**
 * Runs a machine, and ends the run where the guest is proved never to get any further. The run is the one that it would be without a watch: to
 * the last bit of the state hash, wherever both stand.
 *
 * <p>The watch looks at each mark ({@link Machine#MARK}) whether the CPUs are where they were before ({@link Suspicion}), and then follows
 * a few instructions one by one. What that may cost is a part of what the run costs. The proof begins at a mark because the TLBs
 * are empty there: what the CPUs see of memory is what the page tables say.
 */
public final class HangWatch {
    private final Machine machine;
    private final Runner runner;
    private final Suspicion suspicion;
    private StopReason reason = new StopReason.Interrupted();
    private Optional<Verdict.NotProved> doubt = Optional.empty();

    /** Of a machine as it is now. */
    public HangWatch(Machine machine) {
        this(machine, Runner.of(machine));
    }

    /** @param runner who runs the machine */
    public HangWatch(Machine machine, Runner runner) {
        this.machine = machine;
        this.runner = runner;
        suspicion = new Suspicion(machine);
    }

    /** Runs as {@link Machine#run} does, up to a proof; another call goes on from there. */
    public Ending run(RunLimits limits) {
        while (true) {
            long mark = Machine.markAfter(machine.clock().position());
            reason = runner.run(new RunLimits(Math.min(limits.position(), mark), limits.liveInput()));
            if (!(reason instanceof StopReason.PositionLimit)) {
                return ending();
            }
            Optional<Verdict> proof = machine.clock().position() < mark ? Optional.empty() : look(limits);
            if (proof.isPresent()) {
                return new Ending.Hung(proof.get());
            }
            if (!(reason instanceof StopReason.PositionLimit)) {
                return ending();
            }
            if (machine.clock().position() >= limits.position()) {
                return new Ending.Ended(reason);
            }
        }
    }

    /** Why the machine stopped last; a position that the watch chose if that was where a hang was proved. */
    public StopReason reason() {
        return reason;
    }

    /** What is known of the last suspicion that could not be proved. */
    public Optional<Verdict.NotProved> doubt() {
        return doubt;
    }

    private Optional<Verdict> look(RunLimits limits) {
        int most = suspicion.allowance();
        if (most == 0) {
            return Optional.empty();
        }
        if (machine.cpuNext().isEmpty()) {
            return lookAtTicks(limits, most, List.of());
        }
        SpinSearch search = new SpinSearch(machine, runner, limits);
        Search.Outcome<SpinSearch.Spin> outcome = search.search(most);
        suspicion.spent(search.steps());
        if (search.isInterrupted()) {
            return lookAtInterrupts(limits, most - search.steps());
        }
        return verdict(outcome, found -> {
            Surroundings surroundings = new Surroundings(machine, limits.liveInput());
            return surroundings.obstacle(found.interruptible()).isEmpty() ? Optional.of(Evidence.deadSpin(machine, found, surroundings))
                    : lookAtTicks(limits, most - search.steps(), found.rounds());
        });
    }

    /**
     * Looks whether the interrupts of timers leave everything as it was.
     *
     * @param loops that CPUs are in which do not wait
     */
    private Optional<Verdict> lookAtTicks(RunLimits limits, int left, List<Round> loops) {
        int most = suspicion.allowanceForTicks(left, !loops.isEmpty());
        if (most == 0) {
            return Optional.empty();
        }
        TickSearch search = new TickSearch(machine, runner, limits, loops);
        Search.Outcome<TickSearch.Ticks> outcome = search.search(most);
        suspicion.spentForTicks(search.steps(), left, search.steps() < most);
        return verdict(outcome, found -> Optional.of(Evidence.ticks(machine, found, new Surroundings(machine, limits.liveInput()))));
    }

    /** Looks whether what interrupts the CPU comes again and again. */
    private Optional<Verdict> lookAtInterrupts(RunLimits limits, int most) {
        InterruptSearch search = new InterruptSearch(machine, runner, limits);
        Search.Outcome<InterruptSearch.Repetition> outcome = search.search(most);
        suspicion.spent(search.steps());
        return verdict(outcome, found -> {
            Surroundings surroundings = new Surroundings(machine, limits.liveInput());
            int cpu = found.round().steps().getFirst().cpu();
            Optional<String> obstacle = found.ranks() ? surroundings.obstacle(cpu, found.vector()) : surroundings.obstacle(found.open());
            return obstacle.isPresent() ? doubt(obstacle.get())
                    : found.isRepeated() ? Optional.of(Evidence.storm(machine, found, surroundings)) : doubt("what raises it depends on what changes");
        });
    }

    private <F> Optional<Verdict> verdict(Search.Outcome<F> outcome, Function<F, Optional<Verdict>> proof) {
        return switch (outcome) {
            case Search.Found<F>(F found) -> proof.apply(found);
            case Search.NotFound<F>(String why) -> doubt(why);
            case Search.Stopped<F>(StopReason stopped) -> {
                reason = stopped;
                yield Optional.empty();
            }
        };
    }

    private Optional<Verdict> doubt(String why) {
        doubt = Optional.of(new Verdict.NotProved(machine.clock().position(), CpuPlace.of(machine), why));
        return Optional.empty();
    }

    /** What the machine's own reason to stop proves. */
    private Ending ending() {
        long position = machine.clock().position();
        List<CpuPlace> places = CpuPlace.of(machine);
        return switch (reason) {
            case StopReason.TripleFault(int cpu) ->
                    new Ending.Hung(new Verdict.TripleFault(position, places, cpu, StackFault.of(machine.cpus().get(cpu))));
            case StopReason.HaltedForGood() when places.stream().noneMatch(CpuPlace::interruptsOn) ->
                    new Ending.Hung(new Verdict.DeadHalt(position, places));
            case StopReason.HaltedForGood() ->
                    new Ending.Hung(new Verdict.NoProgress(position, places, Optional.empty(), List.of(), List.of()));
            default -> new Ending.Ended(reason);
        };
    }
}
