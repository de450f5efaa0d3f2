package trapframe.device;

import trapframe.bus.Stateful;

/**
 * Console input that waits to be received: a file given at the start, or what somebody types as the machine runs.
 * Whoever appends while the machine runs does it at a position and tells the UART with
 * {@link Uart16550#inputAvailable}.
 */
public final class SerialInputQueue implements SerialInput, Stateful<SerialInputQueue.State> {
    /** @param waiting the characters not yet taken; each char is one character with its {@link SerialInput} flags */
    public record State(String waiting) { }

    private final StringBuilder characters = new StringBuilder();
    private int taken;

    public void append(byte[] bytes) {
        for (byte value : bytes) {
            characters.append((char) (value & 0xff));
        }
    }

    public void appendBreak() {
        characters.append((char) BREAK);
    }

    @Override
    public boolean available() {
        return taken < characters.length();
    }

    @Override
    public int take() {
        int character = characters.charAt(taken++);
        if (taken == characters.length()) {
            characters.setLength(0);
            taken = 0;
        }
        return character;
    }

    @Override
    public State state() {
        return new State(characters.substring(taken));
    }

    @Override
    public void restore(State state) {
        characters.setLength(0);
        characters.append(state.waiting);
        taken = 0;
    }
}
