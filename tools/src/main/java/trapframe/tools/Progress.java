package trapframe.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import trapframe.harness.Amount;
import trapframe.machine.Machine;
import trapframe.machine.Statistics;

/**
 * How far a machine came, and what it did until then.
 *
 * @param position     code bytes since the machine was switched on
 * @param executed     code bytes of them that were executed, and not skipped by a halted CPU
 * @param virtualNanos virtual time at the position
 * @param hostNanos    time of the host that the run took
 * @param statistics   the machine's counters
 * @param stateHash    of registers, RAM and devices at the position; empty when nobody asked for it
 */
record Progress(long position, long executed, long virtualNanos, long hostNanos, Statistics statistics, Optional<String> stateHash) {
    /** Of a machine that stands still. */
    static Progress of(Machine machine, long hostNanos, boolean withHash) {
        long position = machine.clock().position();
        return new Progress(position, position - machine.skippedPositions(), machine.clock().nanos(), hostNanos, machine.statistics(),
                withHash ? Optional.of(machine.stateHash()) : Optional.empty());
    }

    /** Where that is, in words. */
    String place() {
        return "at position " + position + " (" + Amount.seconds(virtualNanos) + " s)";
    }

    /** For people: the lines of {@code --stats}. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("position " + position + ", virtual time " + Amount.seconds(virtualNanos) + " s, host time "
                + Amount.seconds(hostNanos) + " s");
        lines.add(executed + " code bytes executed, " + codeBytesPerSecond() / 1_000_000 + " million a second");
        lines.add("exceptions: " + counts(statistics.exceptions()));
        lines.add("interrupts: " + counts(statistics.interrupts()));
        lines.add("device accesses: " + counts(statistics.accesses()));
        if (statistics.cpus().size() > 1) {
            for (int cpu = 0; cpu < statistics.cpus().size(); cpu++) {
                lines.add("CPU " + cpu + ": " + counts(statistics.cpus().get(cpu)));
            }
        }
        stateHash.ifPresent(hash -> lines.add("state hash " + hash));
        return lines;
    }

    /** For programs. */
    void describe(Map<String, Object> document) {
        document.put("position", position);
        document.put("executedCodeBytes", executed);
        document.put("virtualNanos", virtualNanos);
        document.put("hostNanos", hostNanos);
        document.put("codeBytesPerSecond", codeBytesPerSecond());
        document.put("exceptions", statistics.exceptions());
        document.put("interrupts", statistics.interrupts());
        document.put("deviceAccesses", statistics.accesses());
        document.put("cpus", statistics.cpus());
        stateHash.ifPresent(hash -> document.put("stateHash", hash));
    }

    private long codeBytesPerSecond() {
        return hostNanos <= 0 ? 0 : (long) (executed * 1e9 / hostNanos);
    }

    private static String counts(Map<String, Long> counts) {
        return counts.isEmpty() ? "none" : counts.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue()).collect(Collectors.joining(", "));
    }
}
