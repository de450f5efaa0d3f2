package trapframe.tools;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import trapframe.machine.Machine;
import trapframe.machine.StopReason;
import trapframe.timeline.Endings;
import trapframe.tools.console.GuestConsole;

/**
 * How a run ended, and what it did.
 *
 * @param ending     what it was
 * @param detail     what is to be said of it, to follow "the guest"
 * @param progress   how far the machine came
 * @param complaints what went wrong with devices, a line each
 * @param verdict    the proof, if the run ended at one; at the limit, what is known of the last suspicion
 */
record BootResult(Ending ending, String detail, Progress progress, List<String> complaints, Optional<VerdictReport> verdict) {

    /** What ends a run, and the exit code that stands for it. */
    enum Ending {
        GUEST_SUCCEEDED(ExitCode.SUCCESS),
        GUEST_FAILED(ExitCode.GUEST_FAILED),
        UNTIL_SHOWN(ExitCode.SUCCESS),
        FAIL_SHOWN(ExitCode.GUEST_FAILED),
        RESET(ExitCode.SUCCESS),
        POWERED_OFF(ExitCode.SUCCESS),
        TRIPLE_FAULT(ExitCode.GUEST_FAILED),
        HALTED_FOR_GOOD(ExitCode.HANG),
        HUNG(ExitCode.HANG),
        LIMIT(ExitCode.LIMIT),
        LEFT(ExitCode.SUCCESS),
        /** By a signal; what the process then ends with is decided by the signal. */
        STOPPED(ExitCode.INTERRUPTED),
        OUTPUT_FAILED(ExitCode.OUTPUT_CLOSED);

        private final int exitCode;

        Ending(int exitCode) {
            this.exitCode = exitCode;
        }

        String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** The ending with an {@link #id}, if there is one. */
        static Optional<Ending> of(String id) {
            return Arrays.stream(values()).filter(ending -> ending.id().equals(id)).findFirst();
        }
    }

    private record Cause(Ending ending, String detail) {
    }

    /** The result of a machine that stands still. */
    static BootResult of(StopReason reason, Optional<GuestConsole.Ending> console, boolean left, Machine machine,
                         long hostNanos, boolean withHash) {
        Cause cause = cause(reason, console, left, machine.cpus().size());
        return of(cause.ending(), cause.detail(), machine, hostNanos, withHash);
    }

    /** The result of a run whose ending is known. */
    static BootResult of(Ending ending, String detail, Machine machine, long hostNanos, boolean withHash) {
        return new BootResult(ending, detail, Progress.of(machine, hostNanos, withHash), machine.complaints(), Optional.empty());
    }

    /** The result of a run that ended at a proof. */
    static BootResult of(VerdictReport verdict, Machine machine, long hostNanos, boolean withHash) {
        return new BootResult(verdict.ending(), verdict.sentence(), Progress.of(machine, hostNanos, withHash), machine.complaints(),
                Optional.of(verdict));
    }

    /** With what is known of a guest that came to its limit. */
    BootResult withDoubt(Supplier<Optional<VerdictReport>> doubt) {
        return new BootResult(ending, detail, progress, complaints, ending == Ending.LIMIT ? doubt.get() : verdict);
    }

    private static Cause cause(GuestConsole.Ending ending) {
        return switch (ending) {
            case UNTIL_SHOWN -> new Cause(Ending.UNTIL_SHOWN, "showed the text of --until");
            case FAIL_SHOWN -> new Cause(Ending.FAIL_SHOWN, "showed the text of --fail");
            case OUTPUT_FAILED -> new Cause(Ending.OUTPUT_FAILED, "has no console any more");
        };
    }

    private static Cause cause(StopReason reason, Optional<GuestConsole.Ending> console, boolean left, int cpus) {
        return console.map(BootResult::cause).orElseGet(() -> cause(reason, left, cpus));
    }

    /** Why a run ended, in a sentence. */
    static String words(StopReason reason, Optional<GuestConsole.Ending> console, int cpus) {
        return "the guest " + cause(reason, console, false, cpus).detail;
    }

    private static Cause cause(StopReason reason, boolean left, int cpus) {
        return switch (reason) {
            case StopReason.GuestExit exit -> new Cause(exit.success() ? Ending.GUEST_SUCCEEDED : Ending.GUEST_FAILED,
                    Endings.words(exit, cpus));
            case StopReason.Reset reset -> new Cause(Ending.RESET, Endings.words(reset, cpus));
            case StopReason.PowerOff off -> new Cause(Ending.POWERED_OFF, Endings.words(off, cpus));
            case StopReason.TripleFault fault -> new Cause(Ending.TRIPLE_FAULT, Endings.words(fault, cpus));
            case StopReason.HaltedForGood halted -> new Cause(Ending.HALTED_FOR_GOOD, Endings.words(halted, cpus));
            case StopReason.Interrupted() when left -> new Cause(Ending.LEFT, "was left");
            case StopReason.PositionLimit() when left -> new Cause(Ending.LEFT, "was left");
            case StopReason.PositionLimit limit -> new Cause(Ending.LIMIT, Endings.words(limit, cpus));
            case StopReason.Interrupted() -> new Cause(Ending.STOPPED, "was stopped by a signal");
            case StopReason.Breakpoint _ -> new Cause(Ending.UNTIL_SHOWN, "reached the symbol of --until");
            case StopReason.Observed _ ->
                    throw new IllegalStateException("nobody observes this run, and it stopped for an observer: " + reason);
        };
    }

    int exitCode() {
        return ending.exitCode;
    }

    /** For people: the first line. */
    String sentence() {
        return "the guest " + detail + ", " + progress.place();
    }

    /** For people: the line behind the first, if there is something to say that is no proof. */
    Optional<String> doubt() {
        return verdict.flatMap(VerdictReport::doubt);
    }

    /** For people: the lines of {@code --stats}. */
    List<String> statisticsLines() {
        List<String> lines = new ArrayList<>(verdict.map(VerdictReport::lines).orElse(List.of()));
        lines.addAll(progress.lines());
        return lines;
    }

    /** For programs. */
    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("ending", ending.id());
        if (ending != Ending.STOPPED) {
            document.put("exitCode", exitCode());
        }
        document.put("message", sentence());
        progress.describe(document);
        document.put("complaints", complaints);
        verdict.ifPresent(proof -> document.put("verdict", proof.document()));
        return document;
    }
}
