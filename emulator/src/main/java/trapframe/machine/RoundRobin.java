package trapframe.machine;

/**
 * Each CPU that has something to do in turn, by number. A turn lasts a quantum, and up to another one until the next jump. A CPU
 * that is alone goes on until a quantum after another one wakes.
 *
 * @param quantum in positions, from 1 on; with 1 a turn is one instruction
 */
public record RoundRobin(long quantum) implements TurnPolicy {
    public RoundRobin {
        if (quantum < 1) {
            throw new IllegalArgumentException("a turn lasts at least one position, not " + quantum);
        }
    }

    @Override
    public Turn next(long position, int last, int able) {
        int after = able & -2 << last;
        int cpu = Integer.numberOfTrailingZeros(after != 0 ? after : able);
        return given(position, cpu, able, 0);
    }

    @Override
    public Turn given(long position, int cpu, int able, long atLeast) {
        return Integer.bitCount(able) == 1 && atLeast == 0 ? Turn.endless(cpu) : turn(cpu, position, Math.max(quantum, atLeast));
    }

    @Override
    public Turn woken(long position, Turn turn, int woken) {
        return turn.isEndless() ? turn(turn.cpu(), position, quantum) : turn;
    }

    private Turn turn(int cpu, long position, long length) {
        return new Turn(cpu, position + length, position + length + quantum - 1);
    }
}
