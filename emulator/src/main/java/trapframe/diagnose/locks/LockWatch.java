package trapframe.diagnose.locks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import trapframe.cpu.CodeDecoder;
import trapframe.cpu.CodeInstruction;
import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Witness;
import trapframe.machine.Machine;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/**
 * Finds the locks of a guest while it runs, by what is done to memory: docs/diagnosis.md has the rules. The run is the one without it.
 */
public final class LockWatch implements Witness {
    /** So many cells that may turn out to be no locks are looked at at a time. */
    private static final int MOST_UNPROVED = 8;
    /** A counter that XADD steps, and beside which no number follows, is none after so many steps. */
    private static final int MOST_MISSES = 16;
    /** Code bytes behind XCHG that are looked at. */
    private static final int LOOK_AHEAD = 32;
    /** RET, CALL and JMP. */
    private static final String ENDS = "\u00c3\u00e8\u00e9\u00eb";
    private static final long KERNEL_HALF = 0xffff_8000_0000_0000L;

    /**
     * Somebody waits for a lock.
     *
     * @param ticket the number drawn, -1 if the lock has none
     * @param site   of the instruction that tried
     */
    private record Waiting(Lock lock, Context context, int cpu, long ticket, long site) { }

    private final Machine machine;
    private final GuestMemory ram;
    private final LockListener listener;
    private final boolean withLocks;
    private final Flow flow;
    private final Map<Long, Lock> locks = new TreeMap<>();
    private final Map<Long, Integer> misses = new TreeMap<>();
    private final List<Hold> held = new ArrayList<>();
    /** By the number of the context. */
    private final Map<Integer, Waiting> waiting = new TreeMap<>();
    private long[] watched = {};

    /**
     * Looks at what a machine does from now on.
     *
     * @param locks whether at locks, too; without them it is faster
     */
    public LockWatch(Machine machine, LockListener listener, boolean locks) {
        this.machine = machine;
        this.withLocks = locks;
        this.listener = listener;
        ram = machine.ram();
        flow = new Flow(machine.cpus(), machine.cpus().size(), listener);
        machine.witness(this);
        if (locks) {
            machine.witnessStores(watched);
        }
    }

    /** Looks no longer. */
    public void end() {
        machine.witness(null);
        if (withLocks) {
            machine.witnessStores(new long[0]);
        }
    }

    /** All that may be locks, by physical address. */
    public List<Lock> locks() {
        return List.copyOf(locks.values());
    }

    public Context context(Cpu cpu) {
        return flow.context(cpu);
    }

    public boolean interruptsEnabled(Cpu cpu) {
        return flow.enabled(cpu);
    }

    @Override
    public void executes(Cpu cpu, long position, CodeInstruction instruction) {
        switch (instruction.kind()) {
            case INTERLOCKED -> {
                if (withLocks) {
                    interlocked(cpu, position, instruction);
                }
            }
            case INTERRUPT_FLAG -> flow.flag(cpu, position, instruction);
            case RETURN -> {
                settle(flow.context(cpu));
                flow.returns(cpu, position, instruction);
            }
            case STACK -> {
                settle(flow.context(cpu));
                flow.stack(cpu, position, instruction);
            }
            case OTHER -> { }
        }
    }

    @Override
    public void delivered(Cpu cpu, long position, int vector, int from, boolean external) {
        flow.delivered(cpu, position, vector, from, external);
    }

    @Override
    public void systemCall(Cpu cpu, long position) {
        flow.systemCall(cpu, position);
    }

    @Override
    public void accessed(Cpu cpu, long position, DeviceAccess access) {
        listener.accessed(cpu, position, access);
    }

    @Override
    public void halted(Cpu cpu, long position) {
        settle(flow.context(cpu));
        listener.halted(cpu, flow.context(cpu), position);
    }

    private void interlocked(Cpu cpu, long position, CodeInstruction instruction) {
        int width = instruction.operandSize();
        boolean exchange = instruction.map() == 1 && (instruction.code() | 1) == 0x87;
        boolean compare = instruction.map() == 2 && (instruction.code() | 1) == 0xb1;
        boolean add = instruction.map() == 2 && (instruction.code() | 1) == 0xc1;
        if (!instruction.hasMemoryOperand() || !exchange && !compare && !add) {
            return;
        }
        CpuState state = cpu.state();
        long linear = instruction.address(state);
        OptionalLong physical = cpu.physical(linear);
        if (physical.isEmpty() || physical.getAsLong() % width != 0 || !ram.isRam(physical.getAsLong(), width)) {
            return;
        }
        long address = physical.getAsLong();
        long old = read(address, width);
        long source = instruction.source(state);
        if (add) {
            drawn(cpu, position, instruction, address, linear, old, source);
        } else if (source != 0) {
            boolean succeeds = exchange || instruction.accumulator(state) == old;
            put(cpu, position, instruction, address, linear, old, source, succeeds);
        }
    }

    /** XCHG or CMPXCHG puts a value that is not 0 into a cell, or CMPXCHG does not. */
    private void put(Cpu cpu, long position, CodeInstruction instruction, long address, long linear, long old, long value, boolean succeeds) {
        Lock lock = locks.get(address);
        Waiting before = waiting.get(flow.context(cpu).number());
        boolean waited = before != null && before.lock == lock;
        if (old == 0 && succeeds && (compare(instruction) || isTested(cpu, instruction)) || waited && succeeds && (instruction.map() == 2 || (old & 0xff) == 0)) {
            if (lock == null) {
                lock = new Lock(address, linear, instruction.operandSize(), value < 0 && Long.compareUnsigned(value, KERNEL_HALF) >= 0
                        ? Lock.Shape.OWNER : Lock.Shape.TEST_AND_SET, address);
                locks.put(address, lock);
            }
            if (waited) {
                waiting.remove(before.context.number());
            }
            take(cpu, lock, position + instruction.length(), instruction.linear(), value, position);
        } else if (lock != null && lock.isProved() && (old & lockedBytes(value)) != 0) {
            refuse(cpu, lock, position, -1, instruction.linear());
        }
    }

    private static boolean compare(CodeInstruction instruction) {
        return instruction.map() == 2;
    }

    /** Whether code looks at what XCHG brought back; if it does not, it is a store that compilers make where all CPUs have to see it at once. */
    private static boolean isTested(Cpu cpu, CodeInstruction exchange) {
        long linear = exchange.linear() + exchange.length();
        byte[] code = cpu.look(linear, LOOK_AHEAD);
        for (int at = 0; at < code.length; ) {
            Optional<CodeInstruction> next = CodeDecoder.decode(code, at, linear + at);
            if (next.isEmpty() || next.get().map() == 1 && ENDS.indexOf(next.get().code()) >= 0) {
                return false;
            }
            if (next.get().names(exchange.reg())) {
                return !next.get().onlyLoads(exchange.reg());
            }
            at += next.get().length();
        }
        return false;
    }

    /** XADD draws a number. */
    private void drawn(Cpu cpu, long position, CodeInstruction instruction, long address, long linear, long old, long step) {
        int width = instruction.operandSize();
        int half = 4 * width;
        boolean inOneWord = width >= 2 && step == 1L << half;
        if (step != 1 && !inOneWord) {
            return;
        }
        long ticket = inOneWord ? old >>> half : old;
        int servedWidth = inOneWord ? width / 2 : width;
        Lock lock = locks.get(address);
        if (lock != null && (lock.shape() != Lock.Shape.TICKET || lock.isHopeless())) {
            return;
        }
        if (lock == null || !lock.isProved() && read(lock.serving(), servedWidth) != ticket) {
            long serving = inOneWord ? address : servingBeside(address, width, ticket);
            if (serving < 0 || inOneWord && read(address, servedWidth) != ticket) {
                misses.merge(address, 1, Integer::sum);
                return;
            }
            forget(lock);
            lock = new Lock(address, linear, servedWidth, Lock.Shape.TICKET, serving);
            locks.put(address, lock);
        }
        if (read(lock.serving(), servedWidth) == ticket) {
            take(cpu, lock, position + instruction.length(), instruction.linear(), ticket, position);
        } else if (lock.isProved()) {
            refuse(cpu, lock, position, ticket, instruction.linear());
        }
    }

    /** Where the number that is served may be, beside the one that is drawn; -1 if it is nowhere. */
    private long servingBeside(long address, int width, long ticket) {
        if (misses.getOrDefault(address, 0) > MOST_MISSES) {
            return -1;
        }
        for (long distance : new long[] {width, -width, 2L * width, -2L * width}) {
            long beside = address + distance;
            if (beside >= 0 && ram.isRam(beside, width) && read(beside, width) == ticket) {
                return beside;
            }
        }
        return -1;
    }

    private void refuse(Cpu cpu, Lock lock, long position, long ticket, long site) {
        Context context = flow.context(cpu);
        Waiting before = waiting.get(context.number());
        if (before == null || before.lock != lock) {
            waiting.put(context.number(), new Waiting(lock, context, cpu.number(), ticket, site));
            listener.refused(cpu, context, lock, position);
        } else {
            lock.countSpun();
        }
        watch();
    }

    private void take(Cpu cpu, Lock lock, long from, long site, long value, long position) {
        take(cpu, flow.context(cpu), lock, from, site, value, position);
    }

    private void take(Cpu cpu, Context context, Lock lock, long from, long site, long value, long position) {
        if (lock.isHopeless()) {
            return;
        }
        forget(lock);
        Hold hold = new Hold(lock, context, cpu.number(), from, site, value, position);
        if (!lock.isProved() && held.stream().filter(each -> !each.lock().isProved()).count() >= MOST_UNPROVED) {
            forget(held.stream().filter(each -> !each.lock().isProved()).findFirst().orElseThrow());
        }
        lock.countTaken();
        listener.taken(cpu, context, hold);
        context.holds().add(hold);
        held.add(hold);
        watch();
    }

    /** A hold of this lock was missed when it ended. */
    private void forget(Lock lock) {
        held.stream().filter(hold -> hold.lock() == lock).findFirst().ifPresent(this::forget);
    }

    private void forget(Hold hold) {
        remove(hold);
        hold.lock().countAbandoned();
        listener.forgotten(hold);
    }

    private void remove(Hold hold) {
        held.remove(hold);
        hold.context().holds().remove(hold);
        watch();
    }

    /** A stack is about to be left: what is not proved to be a lock, or is free without anybody having seen how, is not held. */
    private void settle(Context context) {
        for (Hold hold : List.copyOf(context.holds())) {
            if (!hold.lock().isProved() || !isHeld(hold)) {
                forget(hold);
            }
        }
    }

    private boolean isHeld(Hold hold) {
        Lock lock = hold.lock();
        return lock.shape() == Lock.Shape.TICKET ? read(lock.serving(), lock.width()) == hold.value()
                : (read(lock.address(), lock.width()) & lockedBytes(hold.value())) != 0;
    }

    private static long next(long ticket, int width) {
        return width == Long.BYTES ? ticket + 1 : ticket + 1 & (1L << 8 * width) - 1;
    }

    /** All ones in the bytes that are not 0. */
    private static long lockedBytes(long value) {
        long mask = 0;
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            mask |= (value >>> shift & 0xff) != 0 ? 0xffL << shift : 0;
        }
        return mask;
    }

    @Override
    public void stores(Cpu cpu, long position, long linear, long physical, int width, long value) {
        for (Hold hold : List.copyOf(held)) {
            Lock lock = hold.lock();
            if (physical < lock.serving() + lock.width() && lock.serving() < physical + width && position != hold.position()) {
                long now = overlay(lock.serving(), lock.width(), physical, width, value);
                boolean ends = lock.shape() == Lock.Shape.TICKET ? now != hold.value() : (now & lockedBytes(hold.value())) == 0;
                if (lock.shape() == Lock.Shape.TICKET && ends && now != next(hold.value(), lock.width())) {
                    lock.disprove();
                    forget(hold);
                } else if (ends) {
                    release(cpu, hold, position, linear);
                    if (lock.shape() == Lock.Shape.TICKET) {
                        grant(lock, now, position);
                    }
                } else {
                    inherit(cpu, lock, position, linear, now);
                }
            }
        }
        for (Waiting each : List.copyOf(waiting.values())) {
            if (each.lock.shape() != Lock.Shape.TICKET && held.stream().noneMatch(hold -> hold.lock() == each.lock)
                    && physical < each.lock.address() + each.lock.width() && each.lock.address() < physical + width) {
                inherit(cpu, each.lock, position, linear, overlay(each.lock.address(), each.lock.width(), physical, width, value));
            }
        }
    }

    /** A CPU that waited for a lock which is free stores the mark of its holder. */
    private void inherit(Cpu cpu, Lock lock, long position, long linear, long now) {
        Waiting mine = waiting.get(flow.context(cpu).number());
        if (mine != null && mine.lock == lock && (now & 0xff) != 0 && held.stream().noneMatch(hold -> hold.lock() == lock)) {
            waiting.remove(mine.context.number());
            lock.countSpun();
            take(cpu, mine.context, lock, position, mine.site, now & 0xff, position);
        }
    }

    /** The next number of a ticket lock is served. */
    private void grant(Lock lock, long ticket, long position) {
        for (Waiting each : List.copyOf(waiting.values())) {
            if (each.lock == lock && each.ticket == ticket) {
                waiting.remove(each.context.number());
                lock.countSpun();
                take(machine.cpus().get(each.cpu), each.context, lock, position, each.site, ticket, position);
            }
        }
    }

    private void release(Cpu cpu, Hold hold, long position, long linear) {
        byte[] code = cpu.look(linear, 3);
        boolean interlocked = code.length > 0 && (code[0] & 0xff) == 0xf0;
        remove(hold);
        Context context = flow.context(cpu);
        hold.lock().countReleased(context == hold.context() || hold.isCarried(), interlocked);
        listener.released(cpu, context, hold, position);
    }

    private long overlay(long cell, int cellWidth, long physical, int width, long value) {
        long now = read(cell, cellWidth);
        for (int i = 0; i < width; i++) {
            long at = physical + i - cell;
            if (at >= 0 && at < cellWidth) {
                now = now & ~(0xffL << 8 * at) | (value >>> 8 * i & 0xff) << 8 * at;
            }
        }
        return now;
    }

    private long read(long address, int width) {
        return switch (width) {
            case 1 -> ram.getByte(address) & 0xffL;
            case 2 -> ram.getShort(address) & 0xffffL;
            case 4 -> ram.getInt(address) & 0xffff_ffffL;
            default -> ram.getLong(address);
        };
    }

    /** Looks at the stores to what is held or waited for. */
    private void watch() {
        TreeSet<Long> words = new TreeSet<>();
        for (Hold hold : held) {
            words.add(hold.lock().serving() & -Long.BYTES);
        }
        waiting.values().forEach(each -> words.add(each.lock.serving() & -Long.BYTES));
        long[] wanted = words.stream().mapToLong(Long::longValue).toArray();
        if (!Arrays.equals(wanted, watched)) {
            watched = wanted;
            machine.witnessStores(wanted);
        }
    }
}
