package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import trapframe.machine.Machine;

/**
 * The instructions of one CPU from a place back to the same place, with the proof that all that they do they will do again.
 *
 * <p>What differs between the two visits is assumed to vary, and followed through the round ({@link Flow}); what it reaches varies too, until
 * nothing is added. If control, addresses and faults never depend on any of it, the next round executes the same instructions, reads
 * and writes the same values but for those that vary, and ends at the same place with the same things varying: so does each round after it, by
 * induction. That holds as long as nobody else changes what the round reads and nothing varies, which is for the caller to see.
 */
public final class Round {
    /** What a string instruction reads is shown in pieces of so many bytes. */
    private static final int MOST_JOINED = 64;

    private final List<Part> parts;
    /** Of all parts. */
    private final List<Step> steps;
    private final FlowState varying;
    /** Of each part. */
    private final List<List<Bytes>> changing;
    private final boolean counts;
    private final List<Bytes> fixed;
    private final OpenPlaces open;

    /**
     * Bytes of RAM.
     *
     * @param physical address of the first one
     */
    public record Bytes(long physical, int length) {
        boolean overlaps(long address, long bytes) {
            return address < physical + length && physical < address + bytes;
        }
    }

    /**
     * Something that varies.
     *
     * @param register its number, or -1 for memory
     * @param counts   by how much it grows in each round, if it grows by the same amount
     */
    public record Varying(int register, long linear, long physical, long bytes, Optional<Long> counts) { }

    /** Whether a round could be proved. */
    public sealed interface Outcome { }

    public record Proved(Round round) implements Outcome { }

    public record Refused(String why) implements Outcome { }

    Round(List<Part> parts, FlowState varying, List<List<Bytes>> changing, boolean counts, List<Bytes> fixed, OpenPlaces open) {
        this.parts = parts;
        steps = parts.stream().flatMap(part -> part.steps.stream()).toList();
        this.varying = varying;
        this.changing = List.copyOf(changing);
        this.counts = counts;
        this.fixed = fixed;
        this.open = open;
    }

    /**
     * Looks at a round that has just ended.
     *
     * @param steps of one CPU, which is now at the place of the first one again
     */
    public static Outcome examine(List<Step> steps, Machine machine) {
        return examine(steps, machine, Surrounded.WITHOUT_INTERRUPTS);
    }

    /**
     * What a round has to do with the world around it.
     *
     * @param interrupts whether interrupts and exceptions are delivered in it; what they do with the interrupt controllers the caller compares
     * @param places     where the CPU is before the steps of these numbers, which are deliveries, or behind them, which are returns, if it is
     *                   anywhere in a loop then: such a loop goes on for an unknown time
     * @param found      what interrupts found at such places before the round, by their numbers, but for the place where the round begins
     * @param tables     what a delivery reads
     * @param fixed      what else has to stay as it is
     */
    public record Surrounded(boolean interrupts, Map<Integer, OpenPlaces> places, Map<Integer, Found> found, List<Bytes> tables, List<Bytes> fixed) {
        static final Surrounded WITHOUT_INTERRUPTS = new Surrounded(false, Map.of(), Map.of(), List.of(), List.of());
    }

    /**
     * What an interrupt found.
     *
     * @param registers general registers, RIP and RFLAGS
     * @param frame     physical address of the frame that it left
     * @param content   of the frame when the round began
     */
    public record Found(long[] registers, long frame, byte[] content) { }

    /** The same for a round with interrupts. */
    public static Outcome examine(List<Step> steps, Machine machine, Surrounded around) {
        return examineParts(List.of(new Part(steps, around.places)), machine, around);
    }

    /**
     * A part of a round: from a delivery to the return from it.
     *
     * @param places as in {@link Surrounded}
     */
    public record Part(List<Step> steps, Map<Integer, OpenPlaces> places) {
        public Part {
            steps = List.copyOf(steps);
            places = Map.copyOf(places);
        }
    }

    /**
     * The same for parts that are repeated in any order, as interrupts of several timers are. They were executed one behind the other, and all begin
     * and end anywhere in the same loop.
     */
    public static Outcome examineParts(List<Part> parts, Machine machine, Surrounded around) {
        return new Induction(parts, machine, around).examine();
    }

    /** Where interrupts can come. */
    public OpenPlaces open() {
        return open;
    }

    /** The code of the round, and the entries of page tables that translate its addresses. */
    public List<Bytes> fixed() {
        return fixed;
    }

    /** Whether a round changes any of some bytes of RAM. */
    public boolean changes(long physical, long bytes) {
        return IntStream.range(0, parts.size()).anyMatch(part -> changes(part, physical, bytes));
    }

    /** Whether a part of it does, of those that it was examined by. */
    public boolean changes(int part, long physical, long bytes) {
        for (Step step : parts.get(part).steps) {
            for (Access access : step.accesses()) {
                if (access.changed() && access.overlaps(physical, bytes)) {
                    return true;
                }
            }
        }
        return changing.get(part).stream().anyMatch(stored -> stored.overlaps(physical, bytes));
    }

    /** Whether some bytes of RAM are changed. */
    public interface Changes {
        boolean any(long physical, long bytes);
    }

    /** Whether something changes any of what a round reads or writes, or executes, or is translated by. */
    public boolean usesAny(Changes changes) {
        return fixed.stream().anyMatch(bytes -> changes.any(bytes.physical, bytes.length))
                || steps.stream().flatMap(step -> step.accesses().stream()).anyMatch(access -> changes.any(access.physical(), access.bytes()));
    }

    /** Whether something changes code or tables that a round uses. */
    public boolean isRewrittenBy(Changes changes) {
        return fixed.stream().anyMatch(bytes -> changes.any(bytes.physical, bytes.length));
    }

    /** Whether it sets a timer to counts that vary, so that nobody knows when it interrupts. */
    public boolean setsVaryingCounts() {
        return counts;
    }

    /** Whether it accesses ports. */
    public boolean usesPorts() {
        return steps.stream().map(step -> step.decoded().kind()).anyMatch(kind -> kind == Decoded.Kind.IN || kind == Decoded.Kind.OUT);
    }

    /** The instructions, in order. */
    public List<Step> steps() {
        return steps;
    }

    /** What varies. */
    public List<Varying> varying() {
        List<Varying> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            if (!varying.register(i).isExact()) {
                all.add(new Varying(i, 0, 0, 8, counts(varying.register(i))));
            }
        }
        varying.memory().items().forEach((physical, item) -> all.add(new Varying(-1, item.linear(), physical, item.bytes(), counts(item.value()))));
        varying.memory().regions().forEach(region -> all.add(new Varying(-1, region.linear(), region.physical(), region.bytes(), Optional.empty())));
        return all;
    }

    private static Optional<Long> counts(Value value) {
        return value instanceof Value.Counts(long step, int bytes) ? Optional.of(step << 64 - 8 * bytes >> 64 - 8 * bytes) : Optional.empty();
    }

    /** The reads of devices of a round, each register once for each value that it gave, in order. */
    public List<Poll> polls() {
        return steps.stream().map(Step::poll).filter(poll -> poll != null && !poll.write()).distinct().toList();
    }

    /** The loads of a round of what it did not store before, each place once, in order of address; without those that vary. */
    public List<Access> awaited() {
        TreeSet<Long> stored = new TreeSet<>();
        TreeMap<Long, Access> loads = new TreeMap<>();
        TreeSet<Long> elements = new TreeSet<>();
        for (Step step : steps) {
            for (Access access : step.accesses()) {
                if (step.loads(access) && !stored.contains(access.physical()) && varying.memory().read(access.physical(), access.bytes(), 0).isExact()) {
                    loads.putIfAbsent(access.linear(), access);
                    if (step.decoded().kind() == Decoded.Kind.STRING) {
                        elements.add(access.linear());
                    }
                }
                if (access.changed()) {
                    stored.add(access.physical());
                }
            }
        }
        return joined(loads.values(), elements);
    }

    /**
     * Joins what a string instruction read one by one.
     *
     * @param loads    in order of address
     * @param elements the addresses of those that it read
     */
    private static List<Access> joined(Collection<Access> loads, TreeSet<Long> elements) {
        List<Access> joined = new ArrayList<>();
        for (Access load : loads) {
            Access before = joined.isEmpty() ? null : joined.getLast();
            boolean follows = before != null && elements.contains(load.linear()) && elements.contains(before.linear())
                    && before.linear() + before.bytes() == load.linear() && before.physical() + before.bytes() == load.physical()
                    && before.bytes() + load.bytes() <= MOST_JOINED;
            if (follows) {
                joined.removeLast();
                joined.add(new Access(before.linear(), before.physical(), before.bytes() + load.bytes(), false, 0, false));
            } else {
                joined.add(load);
            }
        }
        return List.copyOf(joined);
    }
}
