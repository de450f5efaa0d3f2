package trapframe.tools.console;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * The standard input as the guest's console input, read by a thread of its own. When it is a terminal, every key goes
 * to the guest but those of {@link EscapeKeys}; otherwise every byte does.
 */
public final class Keyboard implements AutoCloseable {
    /** What the user wants of Trapframe, not of the guest. Called on the reading thread. */
    public interface Wishes {
        /** What {@link #help} should show. */
        String HELP = "Ctrl-A X leaves, Ctrl-A H helps, Ctrl-A Ctrl-A sends Ctrl-A";

        void leave();

        void help();
    }

    private final InputStream source;
    private final InputQueue queue;
    private final Wishes wishes;
    private final Optional<RawTerminal> terminal;

    private Keyboard(InputStream source, InputQueue queue, Wishes wishes, Optional<RawTerminal> terminal) {
        this.source = source;
        this.queue = queue;
        this.wishes = wishes;
        this.terminal = terminal;
    }

    /** Whether the standard input is a terminal, and this process the one that it listens to. */
    public static boolean isTerminal() {
        return RawTerminal.settings().isPresent() && RawTerminal.inForeground();
    }

    /**
     * Starts reading the standard input.
     *
     * @param queue where the guest's bytes go
     */
    public static Keyboard open(InputQueue queue, Wishes wishes) {
        Keyboard keyboard = new Keyboard(System.in, queue, wishes, RawTerminal.settings().map(RawTerminal::open));
        Thread.ofPlatform().daemon().name("keyboard").start(keyboard::read);
        return keyboard;
    }

    /** Gives the terminal back. The thread ends with the process: a read of a terminal cannot be called off. */
    @Override
    public void close() {
        terminal.ifPresent(RawTerminal::close);
    }

    private void read() {
        EscapeKeys escapes = new EscapeKeys();
        try {
            for (int key = source.read(); key >= 0; key = source.read()) {
                if (terminal.isEmpty()) {
                    queue.add((byte) key);
                } else {
                    act(escapes.press((byte) key));
                }
            }
        } catch (IOException e) {
            // The terminal went away, which is an end of the input as well.
        }
        queue.end();
    }

    private void act(EscapeKeys.Meaning meaning) {
        switch (meaning) {
            case EscapeKeys.Meaning.Send send -> queue.add(send.value());
            case EscapeKeys.Meaning.Nothing() -> { }
            case EscapeKeys.Meaning.Help() -> wishes.help();
            case EscapeKeys.Meaning.Leave() -> {
                wishes.leave();
                queue.wake();
            }
        }
    }
}
