package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/**
 * The instructions of one CPU from a place back to the same place, with the proof that all that they do they will do again.
 *
 * <p>What differs between the two visits is assumed to vary, and followed through the round ({@link Flow}); what it reaches varies too, until
 * nothing is added. If control, addresses and faults never depend on any of it, the next round executes the same instructions, reads
 * and writes the same values but for those that vary, and ends at the same place with the same things varying: so does each round after it, by
 * induction. That holds as long as nobody else changes what the round reads and nothing varies, which is for the caller to see.
 */
public final class Round {
    private static final int MOST_PASSES = 40;
    private static final int PAGE_BITS = 12;

    private final List<Step> steps;
    private final FlowState varying;
    private final List<Bytes> fixed;

    /**
     * Bytes of RAM.
     *
     * @param physical address of the first one
     */
    public record Bytes(long physical, int length) { }

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

    private Round(List<Step> steps, FlowState varying, List<Bytes> fixed) {
        this.steps = steps;
        this.varying = varying;
        this.fixed = fixed;
    }

    /**
     * Looks at a round that has just ended.
     *
     * @param steps of one CPU, which is now at the place of the first one again
     */
    public static Outcome examine(List<Step> steps, Machine machine) {
        return examine(steps, machine, new Surrounded(false, Optional.empty(), List.of()));
    }

    /**
     * What a round has to do with the world around it.
     *
     * @param interrupts whether interrupts and exceptions are delivered in it; what they do with the interrupt controllers the caller compares
     * @param loop       the loop that its interrupt comes in, anywhere; empty if it always comes at the same place
     * @param fixed      what else has to stay as it is
     */
    public record Surrounded(boolean interrupts, Optional<Round> loop, List<Bytes> fixed) { }

    /** The same for a round with interrupts. With a loop, it ends with the return from the interrupt. */
    public static Outcome examine(List<Step> steps, Machine machine, Surrounded around) {
        Step first = steps.getFirst();
        Cpu cpu = machine.cpus().get(first.cpu());
        int flags = cpu.rflags();
        boolean saving = around.loop.isPresent();
        int differing = saving ? 0 : flags ^ first.flags();
        if ((differing & ~(Decoded.ARITHMETIC | CpuState.RF)) != 0) {
            return new Refused("the flags that are not arithmetic differ");
        }
        FlowState start = new FlowState();
        start.setFlags(Decoded.ARITHMETIC, differing);
        if (saving) {
            around.loop.get().assumeAnywhere(start);
            if (!keeps(start, around.loop.get().steps.getFirst().registers(), first.registers(), cpu.state())) {
                return new Refused("an interrupt changes registers of the code that it interrupts");
            }
        }
        for (int i = 0; i < 16 && !saving; i++) {
            long grown = cpu.state().register(i) - first.registers()[i];
            start.setRegister(i, i == CpuState.RSP && grown != 0 ? Value.anything(8) : Value.counts(grown, 8));
        }
        List<Step> round = List.copyOf(steps);
        assumeChangedMemory(round, machine.ram(), start);
        Flow.Space space = (number, linear) -> machine.cpus().get(number).storable(linear);
        try {
            for (int pass = 0; pass < MOST_PASSES; pass++) {
                Flow flow = new Flow(space, start, around.interrupts, saving);
                for (Step step : round) {
                    flow.execute(step);
                }
                if (saving && !isAsSaved(start, flow.state())) {
                    return new Refused("an interrupt changes registers of the code that it interrupts");
                }
                if (!weaken(start, flow.state(), first.registers(), cpu.state())) {
                    return withFixed(round, start, cpu, around.fixed);
                }
            }
        } catch (Flow.RefusedException e) {
            return new Refused(e.getMessage());
        }
        return new Refused("what changes spreads without end");
    }

    /** An interrupt comes somewhere in this round: what is the same all the way is known, and of the rest nothing. */
    private void assumeAnywhere(FlowState start) {
        Step first = steps.getFirst();
        int word = first.registers()[CpuState.RSP] >>> 32 != 0 || (steps.stream().anyMatch(step -> step.rip() >>> 32 != 0)) ? 8 : 4;
        for (int i = 0; i < 16; i++) {
            int register = i;
            boolean same = varying.register(i).isExact() && steps.stream().allMatch(step -> step.registers()[register] == first.registers()[register]);
            start.setRegister(i, same ? Value.EXACT : new Value.Saved(i, word));
        }
        start.setFlags(Decoded.ARITHMETIC, Decoded.ARITHMETIC);
        varying.memory().regions().forEach(start.memory()::spoil);
        varying.memory().items().forEach((physical, item) -> start.memory().write(item.linear(), physical, item.bytes(), Value.anything(item.bytes())));
        steps.stream().flatMap(step -> step.accesses().stream()).filter(Access::changed)
                .forEach(access -> start.memory().write(access.linear(), access.physical(), access.bytes(), Value.anything(access.bytes())));
    }

    /** Whether the registers that are the same all the way in a loop were so at both ends of a round; RSP is the frame's there. */
    private static boolean keeps(FlowState start, long[] inLoop, long[] before, CpuState after) {
        for (int i = 0; i < 16; i++) {
            boolean same = before[i] == after.register(i) && (i == CpuState.RSP || before[i] == inLoop[i]);
            if (start.register(i).isExact() && !same) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAsSaved(FlowState start, FlowState end) {
        for (int i = 0; i < 16; i++) {
            if (!start.register(i).equals(end.register(i))) {
                return false;
            }
        }
        return true;
    }

    private static void assumeChangedMemory(List<Step> round, GuestMemory ram, FlowState start) {
        TreeMap<Long, Integer> before = new TreeMap<>();
        List<Access> stores = round.stream().flatMap(step -> step.accesses().stream()).filter(Access::changed)
                .filter(access -> access.bytes() <= Long.BYTES).toList();
        for (Access store : stores) {
            for (int i = 0; i < store.bytes(); i++) {
                before.putIfAbsent(store.physical() + i, (int) (store.before() >>> 8 * i) & 0xff);
            }
        }
        for (Access store : stores) {
            long was = 0;
            for (int i = store.bytes() - 1; i >= 0; i--) {
                was = was << 8 | before.get(store.physical() + i);
            }
            long grown = Tracer.content(ram, store.physical(), store.bytes()) - was & Value.mask(store.bytes());
            VaryingMemory.Item item = new VaryingMemory.Item(store.linear(), store.bytes(), Value.counts(grown, store.bytes()));
            if (grown != 0 && !start.memory().covers(store.physical(), item)) {
                boolean first = start.memory().read(store.physical(), store.bytes(), 0).isExact();
                start.memory().write(store.linear(), store.physical(), store.bytes(), first ? item.value() : Value.anything(store.bytes()));
            }
        }
    }

    /** Has the start vary in all that varies at the end. Returns whether that is more than before. */
    private static boolean weaken(FlowState start, FlowState end, long[] first, CpuState last) {
        boolean more = (end.flags() & ~start.flags()) != 0;
        start.setFlags(Decoded.ARITHMETIC | Decoded.DF, start.flags() | end.flags());
        for (int i = 0; i < 16; i++) {
            Value assumed = start.register(i);
            if (!(assumed instanceof Value.Varies) && !(assumed instanceof Value.Saved) && !assumed.equals(end.register(i))) {
                boolean narrow = assumed instanceof Value.Counts(long step, int width) && width == 8 && end.register(i).equals(Value.counts(step, 4))
                        && (first[i] | last.register(i)) >>> 32 == 0;
                start.setRegister(i, narrow ? end.register(i) : Value.anything(8));
                more = true;
            }
        }
        VaryingMemory memory = start.memory();
        for (VaryingMemory.Region region : end.memory().regions()) {
            if (!memory.regions().contains(region)) {
                memory.spoil(region);
                more = true;
            }
        }
        Map<Long, VaryingMemory.Item> ends = end.memory().items();
        for (Map.Entry<Long, VaryingMemory.Item> entry : ends.entrySet()) {
            VaryingMemory.Item item = entry.getValue();
            if (!memory.covers(entry.getKey(), item)) {
                memory.write(item.linear(), entry.getKey(), item.bytes(), Value.anything(item.bytes()));
                more = true;
            }
        }
        for (Map.Entry<Long, VaryingMemory.Item> entry : new TreeMap<>(memory.items()).entrySet()) {
            VaryingMemory.Item item = entry.getValue();
            if (item.value() instanceof Value.Counts && !item.equals(ends.get(entry.getKey()))) {
                memory.write(item.linear(), entry.getKey(), item.bytes(), Value.anything(item.bytes()));
                more = true;
            }
        }
        return more;
    }

    /** What a round changes may be neither its own code nor what translates its addresses. */
    private static Outcome withFixed(List<Step> steps, FlowState varying, Cpu cpu, List<Bytes> others) {
        TreeSet<Long> pages = new TreeSet<>();
        TreeSet<Long> code = new TreeSet<>();
        List<Bytes> fixed = new ArrayList<>(others);
        for (Step step : steps) {
            if (code.add(step.codePhysical()) && !step.isDelivery()) {
                fixed.add(new Bytes(step.codePhysical(), step.length()));
                pages.add(step.rip() >>> PAGE_BITS);
            }
            step.accesses().forEach(access -> pages.add(access.linear() >>> PAGE_BITS));
        }
        varying.memory().regions().forEach(region -> pages.add(region.linear() >>> PAGE_BITS));
        for (long page : pages) {
            cpu.tableEntries(page << PAGE_BITS).forEach(entry -> fixed.add(new Bytes(entry, Long.BYTES)));
        }
        Round round = new Round(steps, varying, List.copyOf(fixed));
        return fixed.stream().anyMatch(bytes -> round.changes(bytes.physical, bytes.length))
                ? new Refused("it changes code or tables that it uses") : new Proved(round);
    }

    /** The code of the round, and the entries of page tables that translate its addresses. */
    public List<Bytes> fixed() {
        return fixed;
    }

    /** Whether a round changes any of some bytes of RAM. */
    public boolean changes(long physical, long bytes) {
        for (Step step : steps) {
            for (Access access : step.accesses()) {
                if (access.changed() && access.overlaps(physical, bytes)) {
                    return true;
                }
            }
        }
        return varying.memory().regions().stream().anyMatch(region -> region.overlaps(physical, bytes))
                || varying.memory().touches(physical, (int) bytes);
    }

    /** Whether a round changes what another one uses. */
    public boolean disturbs(Round other) {
        return other.fixed.stream().anyMatch(bytes -> changes(bytes.physical, bytes.length))
                || other.steps.stream().flatMap(step -> step.accesses().stream()).anyMatch(access -> changes(access.physical(), access.bytes()));
    }

    /** Whether a round reads or writes any of some bytes of RAM, or executes them, or is translated by them. */
    public boolean uses(long physical, long length) {
        return fixed.stream().anyMatch(bytes -> bytes.physical < physical + length && physical < bytes.physical + bytes.length)
                || steps.stream().flatMap(step -> step.accesses().stream()).anyMatch(access -> access.overlaps(physical, length));
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

    /** Whether it is a register that an interrupt finds with any value, and leaves with the same. */
    public boolean isSaved(Varying it) {
        return it.register() >= 0 && varying.register(it.register()) instanceof Value.Saved;
    }

    private static Optional<Long> counts(Value value) {
        return value instanceof Value.Counts(long step, int bytes) ? Optional.of(step << 64 - 8 * bytes >> 64 - 8 * bytes) : Optional.empty();
    }

    /** The loads of a round of what it did not store before, each place once, in order of address; without those that vary. */
    public List<Access> awaited() {
        TreeSet<Long> stored = new TreeSet<>();
        TreeMap<Long, Access> loads = new TreeMap<>();
        for (Step step : steps) {
            for (Access access : step.accesses()) {
                if (access == step.operand() && !stored.contains(access.physical())
                        && varying.memory().read(access.physical(), access.bytes(), 0).isExact() && step.decoded().reads().stream().anyMatch(Operand.Memory.class::isInstance)) {
                    loads.putIfAbsent(access.linear(), access);
                }
                if (access.changed()) {
                    stored.add(access.physical());
                }
            }
        }
        return List.copyOf(loads.values());
    }
}
