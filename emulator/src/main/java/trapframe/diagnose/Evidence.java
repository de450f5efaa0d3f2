package trapframe.diagnose;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import trapframe.diagnose.flow.Access;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.machine.Machine;
import trapframe.x86.GeneralRegister;

/** Makes verdicts of what was found. */
final class Evidence {
    private Evidence() { }

    static Verdict deadSpin(Machine machine, SpinSearch.Spin found, Surroundings surroundings) {
        return new Verdict.DeadSpin(machine.clock().position(), CpuPlace.of(machine), found.rounds().stream().map(Evidence::loop).toList(),
                found.rounds().stream().flatMap(round -> masked(round).stream()).toList(), surroundings.pending());
    }

    /** CPUs that wait, or are in loops, and that ticks interrupt. */
    static Verdict ticks(Machine machine, TickSearch.Ticks found, Surroundings surroundings) {
        List<Round> loops = found.rounds().stream().flatMap(round -> round.tasks().stream()).map(SpinningTask::loop).toList();
        List<Round> rounds = new ArrayList<>(loops);
        found.rounds().forEach(round -> round.round().ifPresent(rounds::add));
        List<Masked> masked = rounds.stream().flatMap(round -> masked(round).stream()).distinct().toList();
        List<PendingEvent> pending = surroundings.pending(found.ticks());
        return loops.isEmpty()
                ? new Verdict.NoProgress(machine.clock().position(), CpuPlace.of(machine),
                        found.rounds().stream().map(TickRound::period).filter(period -> period > 0).findFirst(), masked, pending)
                : new Verdict.DeadSpin(machine.clock().position(), CpuPlace.of(machine), loops.stream().map(Evidence::loop).toList(), masked, pending);
    }

    static Verdict storm(Machine machine, InterruptSearch.Repetition found, Surroundings surroundings) {
        return new Verdict.Storm(machine.clock().position(), CpuPlace.of(machine), found.vector(), List.of(loop(found.round())),
                masked(found.round()), found.ranks() ? surroundings.pendingInStorm() : surroundings.pending());
    }

    private static Loop loop(Round round) {
        return new Loop(round.steps().getFirst().cpu(), round.steps().stream().map(Step::rip).distinct().sorted(Long::compareUnsigned).toList(),
                round.steps().stream().mapToLong(Step::length).sum(), round.awaited().stream().map(Evidence::cell).toList(),
                round.polls());
    }

    private static Cell cell(Access access) {
        return new Cell(access.linear(), access.physical(), access.bytes());
    }

    private static List<Masked> masked(Round round) {
        return round.varying().stream().map(Evidence::masked).toList();
    }

    private static Masked masked(Round.Varying varying) {
        String why = varying.counts().map(step -> "it grows by " + step + " in each round, and nothing depends on it")
                .orElse("only what changes with it or with time feeds it, and nothing depends on it");
        return varying.register() >= 0 ? new Masked(GeneralRegister.NAMES.get(varying.register()).toUpperCase(Locale.ROOT), Optional.empty(), why)
                : new Masked("0x" + Long.toHexString(varying.linear()), Optional.of(new Cell(varying.linear(), varying.physical(), (int) varying.bytes())),
                        why);
    }
}
