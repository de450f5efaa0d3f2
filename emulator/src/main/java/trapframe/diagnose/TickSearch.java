package trapframe.diagnose;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;

/**
 * Looks whether ticks leave everything as it was, in a machine whose CPUs wait or spin. Each CPU is proved by itself ({@link TickRound}); none
 * changes what another one uses.
 */
final class TickSearch extends Search<TickSearch.Ticks> {
    /**
     * @param rounds of the CPUs that spin, or to which ticks come
     * @param ticks  the timers that tick
     */
    record Ticks(List<TickRound> rounds, TreeSet<String> ticks) { }

    private final Surroundings surroundings;
    private final TreeMap<Integer, TickRound> rounds = new TreeMap<>();
    private final TreeSet<String> ticks = new TreeSet<>();
    private boolean passed;

    /** @param loops that CPUs are in; the others wait */
    TickSearch(Machine machine, Runner runner, RunLimits limits, List<Round> loops) {
        super(machine, runner, limits);
        surroundings = new Surroundings(machine, limits.liveInput());
        for (Cpu cpu : machine.cpus()) {
            Optional<Round> loop = loops.stream().filter(round -> round.steps().getFirst().cpu() == cpu.number()).findFirst();
            boolean waits = cpu.activity() == Activity.HLT && (cpu.state().eflags() & CpuState.IF) != 0;
            if (loop.isPresent() || waits) {
                rounds.put(cpu.number(), new TickRound(machine, cpu, loop));
            }
        }
    }

    /** What is proved is proved wherever the CPUs are; but who is told of it wants to see them where they wait or spin, and not in a handler. */
    @Override
    Outcome<Ticks> follow(int most) {
        Outcome<Ticks> outcome = prove(most);
        for (; outcome instanceof Found<Ticks> && !isQuiet() && goesOn(most); count()) {
            Optional<Step> step = tracer.step();
            if (step.isEmpty()) {
                return tracer.stopped().<Outcome<Ticks>>map(Stopped::new).orElse(outcome);
            }
            Optional.ofNullable(rounds.get(step.get().cpu())).ifPresent(round -> round.add(step.get(), false));
        }
        return outcome;
    }

    private boolean isQuiet() {
        return rounds.values().stream().allMatch(TickRound::isQuiet);
    }

    private Outcome<Ticks> prove(int most) {
        for (; goesOn(most); count()) {
            boolean quiet = isQuiet();
            if (quiet) {
                Optional<String> obstacle = surroundings.obstacleBesidesTicks();
                if (obstacle.isPresent()) {
                    return new NotFound<>(obstacle.get());
                }
                ticks.addAll(surroundings.ticks());
            }
            if (isProved(quiet)) {
                return together();
            }
            Optional<Step> step = next(quiet);
            if (step.isEmpty() && tracer.stopped().isEmpty() && !quiet && passed) {
                continue;
            }
            if (step.isEmpty()) {
                return lost();
            }
            TickRound round = rounds.get(step.get().cpu());
            if (round == null) {
                return new NotFound<>("a CPU woke up");
            }
            round.add(step.get(), rounds.values().stream().allMatch(other -> other == round || other.isQuiet()));
        }
        return new NotFound<>(rounds.values().stream().map(TickRound::why).filter(why -> !why.isEmpty()).findFirst()
                .orElse("no interrupt came again at the same place within " + most + " instructions"));
    }

    /** Where there is nothing to follow the machine runs: to the next interrupt, or to the end of the turn of a CPU that is in its loop. */
    private Optional<Step> next(boolean quiet) {
        passed = !quiet && isInLoop(machine.cpuNext());
        long until = passed ? Math.max(machine.clock().position() + 1, Math.min(machine.turn().end(), limits.position())) : limits.position();
        return quiet || passed ? tracer.nextDelivery(until) : tracer.step();
    }

    private boolean isInLoop(OptionalInt cpu) {
        return cpu.isPresent() && rounds.containsKey(cpu.getAsInt()) && rounds.get(cpu.getAsInt()).isQuiet();
    }

    /** Whether the interrupts of each timer have been seen, and are proved, or its CPU is in a loop with interrupts off. */
    private boolean isProved(boolean quiet) {
        TreeMap<Integer, Integer> timers = new TreeMap<>();
        for (String tick : ticks) {
            OptionalInt target = surroundings.target(tick);
            if (target.isEmpty()) {
                return false;
            }
            timers.merge(target.getAsInt(), 1, Integer::sum);
        }
        for (TickRound round : rounds.values()) {
            int many = timers.getOrDefault(round.cpu(), 0);
            boolean open = many > 0 && !round.isClosed();
            if (many == 0 && round.isInterrupted() || open && !(many == 1 || quiet) || open && !round.isProved(many)) {
                return false;
            }
        }
        return true;
    }

    private Outcome<Ticks> together() {
        for (Map.Entry<Integer, TickRound> one : rounds.entrySet()) {
            for (TickRound other : rounds.values()) {
                if (one.getValue() != other && one.getValue().usesAny(other::changes)) {
                    return new NotFound<>("CPUs hand something to each other");
                }
            }
        }
        if (rounds.values().stream().filter(round -> round.round().map(Round::usesPorts).orElse(false)).count() > 1) {
            return new NotFound<>("CPUs share a device");
        }
        return new Found<>(new Ticks(List.copyOf(rounds.values()), ticks));
    }
}
