package trapframe.diagnose.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
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

        /** @param word bytes of the widest register */
        Finder(int word) {
            this.word = word;
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
                findUnsettled(steps, ram);
                findNeeded(steps);
            }
            return new OpenPlaces(0, this);
        }

        /** Goes back through the round: what is stored in it and is not the same at all these places. */
        private void findUnsettled(List<Step> steps, GuestMemory ram) {
            TreeMap<Long, Byte> content = new TreeMap<>();
            TreeMap<Long, Long> linear = new TreeMap<>();
            for (Access store : changes(steps)) {
                for (int i = 0; i < store.bytes(); i++) {
                    content.put(store.physical() + i, (byte) ram.getByte(store.physical() + i));
                    linear.put(store.physical() + i, store.linear() + i);
                }
            }
            Map<Long, Byte> first = null;
            TreeSet<Long> unsettled = new TreeSet<>();
            for (int n = steps.size() - 1; n >= 0; n--) {
                Step step = steps.get(n);
                for (Access store : changes(List.of(step)).reversed()) {
                    for (int i = 0; i < store.bytes(); i++) {
                        content.put(store.physical() + i, (byte) (store.before() >>> 8 * i));
                    }
                }
                if (isOpen(step)) {
                    first = first == null ? new TreeMap<>(content) : first;
                    for (Map.Entry<Long, Byte> now : content.entrySet()) {
                        if (!now.getValue().equals(first.get(now.getKey()))) {
                            unsettled.add(now.getKey());
                        }
                    }
                }
            }
            unsettled.forEach(at -> memory.write(linear.get(at), at, 1, Value.anything(1)));
        }

        private static List<Access> changes(List<Step> steps) {
            return steps.stream().flatMap(step -> step.accesses().stream()).filter(Access::changed).toList();
        }

        /** Goes back through two rounds: what is read behind such a place, and not written in between. */
        private void findNeeded(List<Step> steps) {
            TreeSet<Long> live = new TreeSet<>();
            List<Step> twice = new ArrayList<>(steps);
            twice.addAll(steps);
            for (Step step : twice.reversed()) {
                step.accesses().stream().filter(access -> !step.reads(access)).flatMapToLong(Access::all).forEach(live::remove);
                step.accesses().stream().filter(step::reads).flatMapToLong(Access::all).forEach(live::add);
                if (isOpen(step)) {
                    needed.addAll(live);
                }
            }
        }
    }
}
