package trapframe.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import trapframe.machine.Machine;
import trapframe.machine.Statistics;
import trapframe.machine.StopReason;
import trapframe.tools.console.GuestConsole;

/**
 * How a run ended, and what it did.
 *
 * @param ending       what it was
 * @param detail       what is to be said of it, to follow "the guest"
 * @param position     code bytes since the machine was switched on
 * @param executed     code bytes of them that were executed, and not skipped by a halted CPU
 * @param virtualNanos virtual time at the position
 * @param hostNanos    time of the host that the run took
 * @param statistics   the machine's counters
 * @param complaints   what went wrong with devices, a line each
 * @param stateHash    of registers, RAM and devices at the position; empty when nobody asked for it
 */
record BootResult(Ending ending, String detail, long position, long executed, long virtualNanos, long hostNanos,
                  Statistics statistics, List<String> complaints, Optional<String> stateHash) {

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
        LIMIT(ExitCode.LIMIT),
        LEFT(ExitCode.SUCCESS),
        OUTPUT_FAILED(ExitCode.OUTPUT_CLOSED);

        private final int exitCode;

        Ending(int exitCode) {
            this.exitCode = exitCode;
        }

        String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private record Cause(Ending ending, String detail) {
    }

    static BootResult of(StopReason reason, Optional<GuestConsole.Ending> console, boolean left, Machine machine,
                         long hostNanos, boolean withHash) {
        Cause cause = console.map(BootResult::cause).orElseGet(() -> cause(reason, left, machine.cpus().size()));
        return new BootResult(cause.ending(), cause.detail(), machine.clock().position(),
                machine.clock().position() - machine.skippedPositions(), machine.clock().nanos(), hostNanos,
                machine.statistics(), machine.complaints(), withHash ? Optional.of(machine.stateHash()) : Optional.empty());
    }

    private static Cause cause(GuestConsole.Ending ending) {
        return switch (ending) {
            case UNTIL_SHOWN -> new Cause(Ending.UNTIL_SHOWN, "showed the text of --until");
            case FAIL_SHOWN -> new Cause(Ending.FAIL_SHOWN, "showed the text of --fail");
            case OUTPUT_FAILED -> new Cause(Ending.OUTPUT_FAILED, "has no console any more");
        };
    }

    private static Cause cause(StopReason reason, boolean left, int cpus) {
        return switch (reason) {
            case StopReason.GuestExit exit -> new Cause(exit.success() ? Ending.GUEST_SUCCEEDED : Ending.GUEST_FAILED,
                    (exit.success() ? "succeeded" : "failed") + ": it wrote 0x" + Integer.toHexString(exit.code())
                            + " to the debug-exit port");
            case StopReason.Reset reset -> new Cause(Ending.RESET, "reset the machine (" + reset.by() + ")");
            case StopReason.PowerOff() -> new Cause(Ending.POWERED_OFF, "switched the machine off");
            case StopReason.TripleFault(int cpu) -> new Cause(Ending.TRIPLE_FAULT, "failed: triple fault"
                    + (cpus > 1 ? " on CPU " + cpu : ""));
            case StopReason.HaltedForGood() -> new Cause(Ending.HALTED_FOR_GOOD,
                    "halted for good: no interrupt can wake it");
            case StopReason.PositionLimit() when left -> new Cause(Ending.LEFT, "was left");
            case StopReason.PositionLimit() -> new Cause(Ending.LIMIT, "was stopped: the limit was reached");
            case StopReason.Interrupted() -> new Cause(Ending.LEFT, "was left");
        };
    }

    int exitCode() {
        return ending.exitCode;
    }

    /** For people: the first line. */
    String sentence() {
        return "the guest " + detail + ", at position " + position + " (" + seconds(virtualNanos) + " s)";
    }

    /** For people: the lines of {@code --stats}. */
    List<String> statisticsLines() {
        List<String> lines = new ArrayList<>();
        lines.add("position " + position + ", virtual time " + seconds(virtualNanos) + " s, host time "
                + seconds(hostNanos) + " s");
        lines.add(executed + " code bytes executed, " + codeBytesPerSecond() / 1_000_000 + " million a second");
        lines.add("exceptions: " + counts(statistics.exceptions()));
        lines.add("interrupts: " + counts(statistics.interrupts()));
        lines.add("device accesses: " + counts(statistics.accesses()));
        stateHash.ifPresent(hash -> lines.add("state hash " + hash));
        return lines;
    }

    /** For programs. */
    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("ending", ending.id());
        document.put("exitCode", exitCode());
        document.put("message", sentence());
        document.put("position", position);
        document.put("executedCodeBytes", executed);
        document.put("virtualNanos", virtualNanos);
        document.put("hostNanos", hostNanos);
        document.put("codeBytesPerSecond", codeBytesPerSecond());
        document.put("exceptions", statistics.exceptions());
        document.put("interrupts", statistics.interrupts());
        document.put("deviceAccesses", statistics.accesses());
        document.put("complaints", complaints);
        stateHash.ifPresent(hash -> document.put("stateHash", hash));
        return document;
    }

    private long codeBytesPerSecond() {
        return hostNanos <= 0 ? 0 : (long) (executed * 1e9 / hostNanos);
    }

    private static String counts(Map<String, Long> counts) {
        return counts.isEmpty() ? "none" : counts.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue()).collect(Collectors.joining(", "));
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%d.%06d", nanos / 1_000_000_000, nanos % 1_000_000_000 / 1_000);
    }
}
