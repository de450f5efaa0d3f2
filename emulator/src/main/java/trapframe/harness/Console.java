package trapframe.harness;

import java.util.List;
import java.util.Optional;
import trapframe.console.TextMatcher;

/** What a guest shows, and what is looked for in it: what a goal wants, and texts that mean that the guest failed. */
final class Console {
    private final List<String> failTexts;
    private List<TextMatcher> failures = List.of();
    private Transcript transcript;
    private ConsoleWatch watch;
    private String failure;

    /** @param failTexts none is empty */
    Console(List<String> failTexts) {
        this.failTexts = failTexts;
        restore(new Transcript());
    }

    /** Goes on behind what another guest showed, which did not fail by then. Nothing is looked for but failures. */
    void restore(Transcript shown) {
        transcript = shown.copy();
        watch = null;
        failure = null;
        failures = failTexts.stream().map(TextMatcher::new).toList();
        for (int i = 0; i < transcript.length(); i++) {
            byte one = transcript.at(i);
            failures.forEach(text -> text.accept(one));
        }
    }

    Transcript transcript() {
        return transcript;
    }

    /** The first text that means that the guest failed, once it is shown. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** From here on a goal is looked for. Returns the watch that does it. */
    ConsoleWatch watch(Goal goal, int from) {
        watch = new ConsoleWatch(transcript, goal, from);
        return watch;
    }

    /** No goal is looked for any more. */
    void forget() {
        watch = null;
    }

    /** The guest shows a byte. Returns whether that is what was looked for. */
    boolean show(byte value) {
        transcript.append(value);
        boolean failed = false;
        for (int i = 0; i < failures.size(); i++) {
            if (failures.get(i).accept(value) && failure == null) {
                failure = failTexts.get(i);
                failed = true;
            }
        }
        if (watch == null || watch.outcome().isPresent()) {
            return failed;
        }
        watch.look();
        return failed || watch.outcome().isPresent();
    }
}
