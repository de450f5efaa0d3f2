package trapframe.tools.console;

import java.util.Optional;
import trapframe.device.SerialOutput;
import trapframe.console.TextMatcher;

/**
 * The far end of the guest's console line: passes every byte on, and watches for the texts and the failure that end
 * a run. The first of them counts.
 */
public final class GuestConsole implements SerialOutput {
    /** Why the console wants the run to end. */
    public enum Ending {
        /** The text given with {@code --until} was shown. */
        UNTIL_SHOWN,
        /** The text given with {@code --fail} was shown. */
        FAIL_SHOWN,
        /** What the guest prints can no longer be written. */
        OUTPUT_FAILED
    }

    private final ConsoleOutput output;
    private final Optional<TextMatcher> until;
    private final Optional<TextMatcher> fail;
    private final Runnable stop;
    private Ending ending;

    /**
     * @param until the text that ends the run well, if any
     * @param fail  the text that ends it as failed, if any; it counts when both end at the same byte
     * @param stop  called once, inside {@link #transmit}, when the run should end
     */
    public GuestConsole(ConsoleOutput output, Optional<String> until, Optional<String> fail, Runnable stop) {
        this.output = output;
        this.until = until.map(TextMatcher::new);
        this.fail = fail.map(TextMatcher::new);
        this.stop = stop;
    }

    @Override
    public void transmit(int value) {
        byte shown = (byte) value;
        output.write(shown);
        // Both matchers see every byte, whatever the other one says.
        boolean untilShown = until.map(matcher -> matcher.accept(shown)).orElse(false);
        boolean failShown = fail.map(matcher -> matcher.accept(shown)).orElse(false);
        if (failShown) {
            end(Ending.FAIL_SHOWN);
        } else if (untilShown) {
            end(Ending.UNTIL_SHOWN);
        } else if (output.failure() != null) {
            end(Ending.OUTPUT_FAILED);
        }
    }

    /** Why the run should end, once it should. */
    public Optional<Ending> ending() {
        return Optional.ofNullable(ending);
    }

    private void end(Ending why) {
        if (ending == null) {
            ending = why;
            stop.run();
        }
    }
}
