package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;

/**
 * The proof of a {@link Round}: what differs between its two ends is assumed to vary, and followed through it, until nothing is added. The machine
 * stands at its end.
 */
final class Induction {
    private static final int MOST_PASSES = 40;
    private static final int PAGE_BITS = 12;
    private static final int FRAME_64 = 40;

    private final List<Round.Part> parts;
    /** Of all parts. */
    private final List<Step> steps;
    private final Step first;
    private final Machine machine;
    private final Cpu cpu;
    private final Round.Surrounded around;
    private final boolean anywhere;
    private final FlowState start = new FlowState();
    /** What the bytes that the round stores to were before it. */
    private final TreeMap<Long, Integer> before = new TreeMap<>();

    Induction(List<Round.Part> parts, Machine machine, Round.Surrounded around) {
        this.parts = parts;
        this.machine = machine;
        this.around = around;
        steps = parts.stream().flatMap(part -> part.steps().stream()).toList();
        first = steps.getFirst();
        cpu = machine.cpus().get(first.cpu());
        anywhere = parts.getFirst().places().containsKey(0);
    }

    Round.Outcome examine() {
        if (!anywhere) {
            int differing = cpu.rflags() ^ first.flags();
            if ((differing & ~(Decoded.ARITHMETIC | CpuState.RF)) != 0) {
                return new Round.Refused("the flags that are not arithmetic differ");
            }
            start.setFlags(Decoded.ARITHMETIC, differing);
            for (int i = 0; i < 16; i++) {
                long grown = cpu.state().register(i) - first.registers()[i];
                start.setRegister(i, i == CpuState.RSP && grown != 0 ? Value.anything(8) : Value.counts(grown, 8));
            }
        }
        assumeChangedMemory();
        parts.forEach(this::assumeChangedFrames);
        try {
            assumeFound();
            for (int pass = 0; pass < MOST_PASSES; pass++) {
                boolean more = false;
                for (Round.Part part : parts) {
                    more |= weaken(follow(part, Optional.empty(), true).state());
                }
                if (!more) {
                    return proved();
                }
            }
        } catch (Flow.RefusedException e) {
            return new Round.Refused(e.getMessage());
        }
        return new Round.Refused("what changes spreads without end");
    }

    private Flow follow(Round.Part part, Optional<OpenPlaces.Finder> finder, boolean strict) throws Flow.RefusedException {
        Flow flow = new Flow((number, linear) -> machine.cpus().get(number).storable(linear), start, around, strict);
        for (int i = 0; i < part.steps().size(); i++) {
            Step step = part.steps().get(i);
            if (finder.isPresent() && OpenPlaces.Finder.isOpen(step)) {
                if (around.interrupts()) {
                    finder.get().add(step, flow.state());
                } else {
                    finder.get().addByStack(step, flow.state());
                }
            }
            flow.execute(step, Optional.ofNullable(part.places().get(i)));
        }
        return flow;
    }

    /** What interrupts found in tasks whose turn it is not is in memory, where the round leaves it again. */
    private void assumeFound() throws Flow.RefusedException {
        if (around.found().isEmpty()) {
            return;
        }
        follow(parts.getFirst(), Optional.empty(), false).state().memory().items().forEach((physical, item) -> {
            if (item.value() instanceof Value.Saved saved && wasFound(saved, physical, item.bytes())) {
                start.memory().write(item.linear(), physical, item.bytes(), item.value());
            }
        });
    }

    private void assumeChangedMemory() {
        for (Round.Found found : around.found().values()) {
            for (int i = 0; i < found.content().length; i++) {
                before.put(found.frame() + i, found.content()[i] & 0xff);
            }
        }
        List<Access> stores = steps.stream().flatMap(step -> step.accesses().stream()).filter(Access::changed)
                .filter(access -> access.bytes() <= Long.BYTES).toList();
        for (Access store : stores) {
            for (int i = 0; i < store.bytes(); i++) {
                before.putIfAbsent(store.physical() + i, (int) (store.before() >>> 8 * i) & 0xff);
            }
        }
        if (parts.size() > 1) {
            assumeChangedBetweenParts(stores);
            return;
        }
        for (Access store : stores) {
            long was = contentBefore(store.physical(), store.bytes());
            long grown = Accesses.content(machine.ram(), store.physical(), store.bytes()) - was & Value.mask(store.bytes());
            VaryingMemory.Item item = new VaryingMemory.Item(store.linear(), store.bytes(), Value.counts(grown, store.bytes()));
            if (grown != 0 && !start.memory().covers(store.physical(), item)) {
                boolean once = start.memory().read(store.physical(), store.bytes(), 0).isExact();
                start.memory().write(store.linear(), store.physical(), store.bytes(), once ? item.value() : Value.anything(store.bytes()));
            }
        }
    }

    /** A frame that the round found, and by which it went back to something, may be another one at its end: for the next round. */
    private void assumeChangedFrames(Round.Part part) {
        TreeSet<Long> left = new TreeSet<>();
        for (int i = 0; i < part.steps().size(); i++) {
            Step step = part.steps().get(i);
            if (step.isDelivery()) {
                left.add(step.stack().physical());
            } else if (step.isInterruptReturn() && !part.places().containsKey(i) && !left.contains(step.stack().physical())) {
                Optional<Step> next = i + 1 < part.steps().size() ? Optional.of(part.steps().get(i + 1)).filter(behind -> !behind.isDelivery()) : Optional.empty();
                assumeChangedFrame(step.stack(), next);
            }
        }
    }

    /** @param next the instruction to which the frame led, if that is known */
    private void assumeChangedFrame(Access frame, Optional<Step> next) {
        int words = frame.bytes() == FRAME_64 ? 5 : 3;
        int word = frame.bytes() / words;
        for (int i = 0; i < words; i++) {
            long now = Accesses.content(machine.ram(), frame.physical() + (long) i * word, word);
            boolean same = next.isPresent() && switch (i) {
                case 0 -> now == next.get().rip();
                case 2 -> ((now ^ next.get().flags()) & ~(Decoded.ARITHMETIC | CpuState.RF)) == 0;
                case 3 -> now == next.get().registers()[CpuState.RSP];
                default -> true;
            };
            if (!same) {
                start.memory().write(frame.linear() + (long) i * word, frame.physical() + (long) i * word, word, Value.anything(word));
            }
        }
    }

    /** Goes back through the parts: what is not the same at all their ends varies. */
    private void assumeChangedBetweenParts(List<Access> stores) {
        TreeMap<Long, Byte> content = new TreeMap<>();
        for (Round.Part part : parts.reversed()) {
            for (Step step : part.steps().reversed()) {
                for (Access store : step.accesses().reversed()) {
                    for (int i = 0; store.changed() && store.bytes() <= Long.BYTES && i < store.bytes(); i++) {
                        content.put(store.physical() + i, (byte) (store.before() >>> 8 * i));
                    }
                }
            }
            for (Access store : stores) {
                for (int i = 0; i < store.bytes(); i++) {
                    Byte then = content.get(store.physical() + i);
                    if (then != null && then != (byte) machine.ram().getByte(store.physical() + i)) {
                        start.memory().write(store.linear() + i, store.physical() + i, 1, Value.anything(1));
                    }
                }
            }
        }
    }

    /** What up to 8 bytes were at the round's beginning. */
    private long contentBefore(long physical, int bytes) {
        long was = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            Integer known = before.get(physical + i);
            was = was << 8 | (known == null ? machine.ram().getByte(physical + i) : known);
        }
        return was;
    }

    /** Has the start vary in all that varies at the end. Returns whether that is more than before. */
    private boolean weaken(FlowState end) {
        boolean more = !anywhere && weakenRegisters(end);
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
            if (!(item.value() instanceof Value.Varies) && !item.equals(ends.get(entry.getKey()))) {
                memory.write(item.linear(), entry.getKey(), item.bytes(), Value.anything(item.bytes()));
                more = true;
            }
        }
        return more;
    }

    /** Whether memory had at the beginning what an interrupt had found at a place before. */
    private boolean wasFound(Value.Saved saved, long physical, int bytes) {
        Round.Found found = around.found().get(saved.place());
        return found != null && bytes <= Long.BYTES
                && ((contentBefore(physical, bytes) ^ found.registers()[saved.register()]) & Value.mask(bytes)) == 0;
    }

    private boolean weakenRegisters(FlowState end) {
        boolean more = (end.flags() & ~start.flags()) != 0;
        start.setFlags(Decoded.ARITHMETIC | Decoded.DF, start.flags() | end.flags());
        for (int i = 0; i < 16; i++) {
            Value assumed = start.register(i);
            if (!(assumed instanceof Value.Varies) && !assumed.equals(end.register(i))) {
                boolean narrow = assumed instanceof Value.Counts(long step, int width) && width == 8 && end.register(i).equals(Value.counts(step, 4))
                        && (first.registers()[i] | cpu.state().register(i)) >>> 32 == 0;
                start.setRegister(i, narrow ? end.register(i) : Value.anything(8));
                more = true;
            }
        }
        return more;
    }

    /** What a round changes may be neither its own code nor what translates its addresses. */
    private Round.Outcome proved() throws Flow.RefusedException {
        TreeSet<Long> pages = new TreeSet<>();
        TreeSet<Long> code = new TreeSet<>();
        List<Round.Bytes> fixed = new ArrayList<>(around.fixed());
        for (Step step : steps) {
            if (code.add(step.codePhysical()) && !step.isDelivery()) {
                fixed.add(new Round.Bytes(step.codePhysical(), step.length()));
                pages.add(step.rip() >>> PAGE_BITS);
            }
            step.accesses().forEach(access -> pages.add(access.linear() >>> PAGE_BITS));
        }
        start.memory().regions().forEach(region -> pages.add(region.linear() >>> PAGE_BITS));
        TreeSet<Long> entries = new TreeSet<>();
        for (long page : pages) {
            cpu.tableEntries(page << PAGE_BITS).forEach(entries::add);
        }
        entries.forEach(entry -> fixed.add(new Round.Bytes(entry, Long.BYTES)));
        OpenPlaces.Finder finder = new OpenPlaces.Finder(cpu.state().is64Bit() ? 8 : 4);
        List<List<Round.Bytes>> changing = new ArrayList<>();
        boolean counts = false;
        for (Round.Part part : parts) {
            Flow flow = follow(part, Optional.of(finder), true);
            changing.add(flow.changing());
            counts |= flow.counts();
        }
        Round round = new Round(parts, start, changing, counts, List.copyOf(fixed), finder.places(steps, machine.ram()));
        if (fixed.stream().anyMatch(bytes -> round.changes(bytes.physical(), bytes.length()))) {
            return new Round.Refused("it changes code or tables that it uses");
        }
        // The processor sets flags in page tables without an access that is seen.
        boolean looks = entries.stream().anyMatch(entry -> steps.stream().flatMap(step -> step.accesses().stream())
                .anyMatch(access -> access.overlaps(entry, Long.BYTES)));
        return looks ? new Round.Refused("it reads tables that it uses") : new Round.Proved(round);
    }
}
