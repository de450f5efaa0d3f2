package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/**
 * The places of a loop where interrupts can come. An interrupt comes at any of them: what is the same at all of them and in all rounds is known when it
 * does, and of the rest only that the code there has to find it again.
 */
public final class OpenPlaces {
    private final int number;
    private final Finder found;

    private OpenPlaces(int number, Finder found) {
        this.number = number;
        this.found = found;
    }

    /**
     * The same places under a number.
     *
     * @param newNumber by which what is found there is told from what is found elsewhere
     */
    public OpenPlaces numbered(int newNumber) {
        return new OpenPlaces(newNumber, found);
    }

    int number() {
        return number;
    }

    /** What RSP is at these places; none but of a loop without interrupts. */
    public List<Long> stackPointers() {
        return List.copyOf(found.byStack.keySet());
    }

    /** Those of these places, with this number, where RSP is a certain one. Of what is not the same at all places more is known there. */
    public Optional<OpenPlaces> at(long stackPointer) {
        return Optional.ofNullable(found.byStack.get(stackPointer)).map(some -> new OpenPlaces(number, some));
    }

    /**
     * The loop goes on from one of these places. What it stores to, and is not as the loop leaves it there, is one or the other when the next interrupt
     * comes: that may be before the loop stores again.
     */
    public void resumed(GuestMemory ram, long stackPointer) {
        Finder here = found.byStack.getOrDefault(stackPointer, found);
        new TreeMap<>(here.settled).forEach((physical, content) -> {
            if (ram.getByte(physical) != (content & 0xff)) {
                found.unsettle(physical);
                found.byStack.forEach((_, some) -> some.unsettle(physical));
            }
        });
    }

    /** Whether there are none: interrupts are off all the way. */
    public boolean isEmpty() {
        return found.rips.isEmpty();
    }

    /** Whether an instruction at a linear address is at one of these places. */
    public boolean isAt(long rip) {
        return found.rips.contains(rip);
    }

    /** Whether something changes what the loop reads, behind one of these places, before it writes it itself. */
    public boolean needsAny(Round.Changes changes) {
        return found.needed.stream().anyMatch(at -> changes.any(at, 1));
    }

    /** Whether registers, but RSP, can be those at one of these places. */
    boolean fits(long[] others) {
        for (int i = 0; i < found.registers.length; i++) {
            if (i != CpuState.RSP && !found.varies[i] && found.registers[i] != others[i]) {
                return false;
            }
        }
        return true;
    }

    Value saved(int register, int bytes) {
        return new Value.Saved(number, register, bytes);
    }

    private Value register(int i) {
        return found.varies[i] ? new Value.Saved(number, i, found.word) : Value.EXACT;
    }

    /** An interrupt comes here. */
    void interrupt(FlowState state) {
        state.memory().forget(this);
        state.memory().addAll(found.memory);
        for (int i = 0; i < found.registers.length; i++) {
            state.setRegister(i, register(i));
        }
        state.setFlags(Decoded.ARITHMETIC | Decoded.DF, Decoded.ARITHMETIC | Decoded.DF);
    }

    /** Whether registers are those that were here when an interrupt came last. */
    boolean isGivenBack(FlowState state) {
        for (int i = 0; i < found.registers.length; i++) {
            if (!state.register(i).equals(register(i))) {
                return false;
            }
        }
        return true;
    }

    /** Goes through a loop that is proved, and finds them. */
    static final class Finder {
        private final int word;
        private final long[] registers = new long[16];
        private final boolean[] varies = new boolean[16];
        private final TreeSet<Long> rips = new TreeSet<>();
        private final VaryingMemory memory = new VaryingMemory();
        private final TreeSet<Long> needed = new TreeSet<>();
        /** What the loop stores to: linear addresses, and of what is the same at all these places the content. */
        private final TreeMap<Long, Long> linear = new TreeMap<>();
        private final TreeMap<Long, Byte> settled = new TreeMap<>();
        private final TreeMap<Long, Finder> byStack = new TreeMap<>();

        /** @param word bytes of the widest register */
        Finder(int word) {
            this.word = word;
        }

        /** The same, and those with a certain RSP by themselves, too. */
        void addByStack(Step step, FlowState state) {
            add(step, state);
            byStack.computeIfAbsent(step.registers()[CpuState.RSP], _ -> new Finder(word)).add(step, state);
        }

        static boolean isOpen(Step step) {
            return (step.flags() & CpuState.IF) != 0;
        }

        /** Before an instruction at which an interrupt can come. */
        void add(Step step, FlowState state) {
            for (int i = 0; i < registers.length; i++) {
                varies[i] |= !state.register(i).isExact() || !rips.isEmpty() && registers[i] != step.registers()[i];
                registers[i] = step.registers()[i];
            }
            rips.add(step.rip());
            memory.addAll(state.memory());
        }

        /**
         * @param steps of the loop
         * @param ram   as it is at their end
         */
        OpenPlaces places(List<Step> steps, GuestMemory ram) {
            if (!rips.isEmpty()) {
                find(steps, ram, Finder::isOpen);
                byStack.forEach((stackPointer, some) -> some.find(steps, ram, step -> isOpen(step) && step.registers()[CpuState.RSP] == stackPointer));
            }
            return new OpenPlaces(0, this);
        }

        private void find(List<Step> steps, GuestMemory ram, Predicate<Step> place) {
            findUnsettled(steps, ram, place);
            findNeeded(steps, place);
        }

        /** Goes back through the round: what is stored in it and is not the same at all these places. */
        private void findUnsettled(List<Step> steps, GuestMemory ram, Predicate<Step> place) {
            TreeMap<Long, Byte> content = new TreeMap<>();
            for (Access store : stores(steps, ram)) {
                for (int i = 0; i < store.bytes(); i++) {
                    content.put(store.physical() + i, (byte) ram.getByte(store.physical() + i));
                    linear.put(store.physical() + i, store.linear() + i);
                }
            }
            TreeSet<Long> unsettled = new TreeSet<>();
            boolean isFirst = true;
            for (int n = steps.size() - 1; n >= 0; n--) {
                Step step = steps.get(n);
                for (Access store : stores(List.of(step), ram).reversed()) {
                    for (int i = 0; i < store.bytes(); i++) {
                        content.put(store.physical() + i, (byte) (store.before() >>> 8 * i));
                    }
                }
                if (place.test(step)) {
                    if (isFirst) {
                        settled.putAll(content);
                        isFirst = false;
                    }
                    for (Map.Entry<Long, Byte> now : content.entrySet()) {
                        if (!now.getValue().equals(settled.get(now.getKey()))) {
                            unsettled.add(now.getKey());
                        }
                    }
                }
            }
            unsettled.forEach(this::unsettle);
        }

        private void unsettle(long physical) {
            settled.remove(physical);
            memory.write(linear.get(physical), physical, 1, Value.anything(1));
        }

        private static List<Access> stores(List<Step> steps, GuestMemory ram) {
            return steps.stream().flatMap(step -> step.accesses().stream())
                    .filter(access -> access.write() && access.bytes() <= Long.BYTES && ram.isRam(access.physical(), access.bytes())).toList();
        }

        /** Goes back through two rounds: what is read behind such a place, and not written in between. */
        private void findNeeded(List<Step> steps, Predicate<Step> place) {
            TreeSet<Long> live = new TreeSet<>();
            List<Step> twice = new ArrayList<>(steps);
            twice.addAll(steps);
            for (Step step : twice.reversed()) {
                step.accesses().stream().filter(access -> !step.reads(access)).flatMapToLong(Access::all).forEach(live::remove);
                step.accesses().stream().filter(step::reads).flatMapToLong(Access::all).forEach(live::add);
                if (place.test(step)) {
                    needed.addAll(live);
                }
            }
        }
    }
}
