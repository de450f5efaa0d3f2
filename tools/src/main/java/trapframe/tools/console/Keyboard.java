package trapframe.tools.console;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import trapframe.freeze.Party;

/**
 * The standard input as the guest's console input, read by a thread of its own. When it is a terminal, every key goes
 * to the guest but those of {@link EscapeKeys}; otherwise every byte does.
 */
public final class Keyboard implements AutoCloseable {
    /** What the user wants of Trapframe, not of the guest. Called on the reading thread. */
    public interface Wishes {
        /** What {@link #help} should show. */
        String HELP = "Ctrl-A X leaves, Ctrl-A S says how far the machine is, Ctrl-A P presses its power button, Ctrl-A H helps, "
                + "Ctrl-A Ctrl-A sends Ctrl-A";

        void leave();

        void help();

        void statistics();

        void powerButton();
    }

    private final InputStream source;
    private final InputQueue queue;
    private final Wishes wishes;
    private final Party party;
    private final Optional<RawTerminal> terminal;

    private Keyboard(InputStream source, InputQueue queue, Wishes wishes, Party party, Optional<RawTerminal> terminal) {
        this.source = source;
        this.queue = queue;
        this.wishes = wishes;
        this.party = party;
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
     * @param party the reading thread, as one that stands still while the machine does; a read of the host is outside
     */
    public static Keyboard open(InputQueue queue, Wishes wishes, Party party) {
        Keyboard keyboard = new Keyboard(System.in, queue, wishes, party, RawTerminal.settings().map(RawTerminal::open));
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
                act(terminal.isEmpty() ? new EscapeKeys.Meaning.Send((byte) key) : escapes.press((byte) key));
            }
        } catch (IOException e) {
            // The terminal went away, which is an end of the input as well.
        }
        party.inside(queue::end);
        party.end();
    }

    private void act(EscapeKeys.Meaning meaning) {
        switch (meaning) {
            case EscapeKeys.Meaning.Send send -> party.inside(() -> queue.add(send.value()));
            case EscapeKeys.Meaning.Nothing() -> { }
            case EscapeKeys.Meaning.Help() -> wishes.help();
            case EscapeKeys.Meaning.Statistics() -> wishes.statistics();
            case EscapeKeys.Meaning.PowerButton() -> party.inside(() -> {
                wishes.powerButton();
                queue.wake();
            });
            case EscapeKeys.Meaning.Leave() -> party.inside(() -> {
                wishes.leave();
                queue.wake();
            });
        }
    }
}
