package trapframe.device;

import trapframe.bus.Stateful;

/**
 * Console input that waits to be received: a file given at the start, which ends with its last character, or what
 * somebody types as the machine runs. Whoever appends or hangs up while the machine runs does it at a position and
 * tells the UART with {@link Uart16550#inputAvailable}.
 */
public final class SerialInputQueue implements SerialInput, Stateful<SerialInputQueue.State> {
    /**
     * @param waiting  the characters not yet taken; each char is one character with its {@link SerialInput} flags
     * @param attended whether more may be appended
     */
    public record State(String waiting, boolean attended) { }

    private final StringBuilder characters = new StringBuilder();
    private int taken;
    private boolean attended;
    private long changes;

    /** From now on the input does not end when all is taken: somebody may append until {@link #hangUp}. */
    public void attend() {
        changes++;
        attended = true;
    }

    /** Nothing more will be appended: the input ends when all is taken. */
    public void hangUp() {
        changes++;
        attended = false;
    }

    public void append(byte[] bytes) {
        changes++;
        for (byte value : bytes) {
            characters.append((char) (value & 0xff));
        }
    }

    public void appendBreak() {
        changes++;
        characters.append((char) BREAK);
    }

    public boolean attended() {
        return attended;
    }

    @Override
    public boolean available() {
        return taken < characters.length();
    }

    @Override
    public boolean open() {
        return attended || available();
    }

    @Override
    public int take() {
        changes++;
        int character = characters.charAt(taken++);
        if (taken == characters.length()) {
            characters.setLength(0);
            taken = 0;
        }
        return character;
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        return new State(characters.substring(taken), attended);
    }

    @Override
    public void restore(State state) {
        changes++;
        characters.setLength(0);
        characters.append(state.waiting);
        taken = 0;
        attended = state.attended;
    }
}
