package trapframe.tools.console;

/**
 * The keys that the console keeps for itself, all behind Ctrl-A: X leaves, S says how far the machine is, P presses its power button, H helps, a second Ctrl-A sends one.
 * What follows Ctrl-A otherwise is dropped, so that a slip does not reach the guest.
 */
final class EscapeKeys {
    private static final int CTRL_A = 0x01;

    /** What a key press means. */
    sealed interface Meaning {
        /** The guest gets this byte. */
        record Send(byte value) implements Meaning {
        }

        /** Nothing yet, or nothing at all. */
        record Nothing() implements Meaning {
        }

        record Help() implements Meaning {
        }

        record Statistics() implements Meaning {
        }

        record PowerButton() implements Meaning {
        }

        record Leave() implements Meaning {
        }
    }

    private boolean afterEscape;

    Meaning press(byte key) {
        if (!afterEscape) {
            afterEscape = key == CTRL_A;
            return afterEscape ? new Meaning.Nothing() : new Meaning.Send(key);
        }
        afterEscape = false;
        return switch (key) {
            case CTRL_A -> new Meaning.Send((byte) CTRL_A);
            case 'x', 'X' -> new Meaning.Leave();
            case 'p', 'P' -> new Meaning.PowerButton();
            case 's', 'S' -> new Meaning.Statistics();
            case 'h', 'H', '?' -> new Meaning.Help();
            default -> new Meaning.Nothing();
        };
    }
}
