package trapframe.machine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.cpu.Cpu;
import trapframe.time.Clock;

/**
 * The CPUs' turns, as a {@link TurnPolicy} wants them. CPUs run one after the other on one clock; one that waits takes no turn.
 * What a CPU does to another in its turn is there when the other's turn begins.
 */
public final class Turns {
    /** @param over whether the turn is over at the clock's position */
    public record State(Turn turn, boolean over) { }

    private final Clock clock;
    private final List<Cpu> cpus;
    private final TurnPolicy policy;
    private Turn turn;

    /** @param cpus all CPUs of the machine; one at least can run */
    public Turns(Clock clock, List<Cpu> cpus, TurnPolicy policy) {
        this.clock = clock;
        this.cpus = cpus;
        this.policy = policy;
        for (Cpu cpu : cpus) {
            cpu.onWake(() -> woken(cpu.number()));
        }
        begin(policy.next(clock.position(), cpus.size() - 1, able()));
    }

    /** The CPU that goes on at the clock's position; none when all of them wait. */
    public Optional<Cpu> onTurn() {
        Cpu current = cpus.get(turn.cpu());
        if (current.canRun() && !current.turnIsOver()) {
            return Optional.of(current);
        }
        int able = able();
        if (able == 0) {
            return Optional.empty();
        }
        begin(policy.next(clock.position(), turn.cpu(), able));
        return Optional.of(cpus.get(turn.cpu()));
    }

    /** The turn goes to a CPU now, for so many positions at least, or as long as usual for 0; one that waits does not take it. */
    void give(int cpu, long atLeast) {
        if (cpus.get(cpu).canRun()) {
            begin(policy.given(clock.position(), cpu, able(), atLeast));
        }
    }

    /** The number of the CPU that {@link #onTurn} would return; nothing changes. */
    OptionalInt next() {
        Cpu current = cpus.get(turn.cpu());
        if (current.canRun() && !current.turnIsOver()) {
            return OptionalInt.of(turn.cpu());
        }
        int able = able();
        return able == 0 ? OptionalInt.empty() : OptionalInt.of(policy.next(clock.position(), turn.cpu(), able).cpu());
    }

    private int able() {
        int able = 0;
        for (Cpu cpu : cpus) {
            able |= cpu.canRun() ? 1 << cpu.number() : 0;
        }
        return able;
    }

    private void woken(int cpu) {
        if (cpu != turn.cpu()) {
            begin(policy.woken(clock.position(), turn, cpu));
        }
    }

    private void begin(Turn next) {
        turn = next;
        cpus.get(turn.cpu()).endTurn(turn.end(), turn.latest());
    }

    /** The turn that goes on, or was the last. */
    public Turn turn() {
        return turn;
    }

    /** The CPUs know their turns' ends by themselves. */
    void restore(State state) {
        turn = state.turn;
    }

    State state() {
        return new State(turn, cpus.get(turn.cpu()).turnIsOver());
    }
}
