package trapframe.diagnose.locks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import trapframe.cpu.CodeInstruction;
import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Witness;
import trapframe.machine.Machine;

/**
 * Finds the locks of a guest while it runs, by what is done to memory: docs/diagnosis.md has the rules. The run is the one without it.
 */
public final class LockWatch implements Witness {
    /** A counter that XADD steps, and beside which no number follows, is none after so many steps. */
    private static final int MOST_MISSES = 16;

    private final Machine machine;
    private final LockListener listener;
    private final Cells cells;
    private final Flow flow;
    /** Null if locks are none of the listener's business. */
    private final HeldLocks table;
    private final Map<Long, Lock> locks = new TreeMap<>();
    private final Map<Long, Integer> misses = new TreeMap<>();

    /**
     * Looks at what a machine does from now on.
     *
     * @param withLocks whether at locks, too; without them it is faster
     */
    public LockWatch(Machine machine, LockListener listener, boolean withLocks) {
        this.machine = machine;
        this.listener = listener;
        cells = new Cells(machine.ram());
        flow = new Flow(machine.cpus(), machine.cpus().size(), listener);
        table = withLocks ? new HeldLocks(machine, cells, listener) : null;
        machine.witness(this);
    }

    /** Looks no longer. */
    public void end() {
        machine.witness(null);
        if (table != null) {
            machine.witnessStores(new long[0]);
        }
    }

    /** All that may be locks, by physical address. */
    public List<Lock> locks() {
        List<Lock> all = new ArrayList<>(locks.values());
        if (table != null) {
            all.addAll(table.mutexes());
        }
        return all;
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
                if (table != null) {
                    Attempt.of(cpu, cells, position, instruction).ifPresent(attempt -> interlocked(cpu, attempt));
                }
            }
            case INTERRUPT_FLAG -> flow.flag(cpu, position, instruction);
            case RETURN -> {
                settle(cpu);
                flow.returns(cpu, position, instruction);
            }
            case STACK -> {
                settle(cpu);
                flow.stack(cpu, position, instruction);
            }
            case INVALIDATION, OTHER -> { }
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
        settle(cpu);
        listener.halted(cpu, flow.context(cpu), position);
    }

    @Override
    public void stores(Cpu cpu, long position, long linear, long physical, int width, long value) {
        table.stored(cpu, flow.context(cpu), position, linear, physical, width, value);
    }

    private void settle(Cpu cpu) {
        if (table != null) {
            table.settle(flow.context(cpu));
        }
    }

    private void interlocked(Cpu cpu, Attempt attempt) {
        if (attempt.kind() == Attempt.Kind.ADD) {
            drawn(cpu, attempt);
        } else {
            put(cpu, attempt);
        }
    }

    /** XCHG or CMPXCHG puts a value that is not 0 into a cell, or CMPXCHG does not. */
    private void put(Cpu cpu, Attempt attempt) {
        Lock lock = locks.get(attempt.address());
        if (lock != null && lock.isProved() && lock.cellWidth() != attempt.width()) {
            return;
        }
        Context context = flow.context(cpu);
        boolean waited = lock != null && table.waitsFor(context, lock);
        boolean free = waited && attempt.kind() == Attempt.Kind.COMPARE || (attempt.old() & (waited ? 0xff : -1)) == 0;
        if (free && attempt.succeeds()) {
            if (lock == null) {
                lock = new Lock(attempt.address(), attempt.linear(), attempt.width(), attempt.putsPointer() ? Lock.Shape.OWNER
                        : Lock.Shape.TEST_AND_SET, attempt.address());
                locks.put(attempt.address(), lock);
            }
            table.take(cpu, context, lock, attempt, attempt.value());
        } else if (lock != null && lock.isProved() && (attempt.old() & Cells.lockedBytes(attempt.value())) != 0) {
            table.refuse(cpu, context, lock, attempt, -1);
        }
    }

    /** XADD draws a number. */
    private void drawn(Cpu cpu, Attempt attempt) {
        int width = attempt.width();
        int half = 4 * width;
        boolean inOneWord = width >= 2 && attempt.value() == 1L << half;
        if (attempt.value() != 1 && !inOneWord) {
            return;
        }
        long ticket = inOneWord ? attempt.old() >>> half : attempt.old();
        int servedWidth = inOneWord ? width / 2 : width;
        Lock lock = locks.get(attempt.address());
        if (lock != null && (lock.shape() != Lock.Shape.TICKET || lock.isHopeless())) {
            return;
        }
        if (lock == null || !lock.isProved() && cells.read(lock.serving(), servedWidth) != ticket) {
            long serving = inOneWord ? attempt.address() : servingBeside(attempt.address(), width, ticket);
            if (serving < 0 || inOneWord && cells.read(attempt.address(), servedWidth) != ticket) {
                misses.merge(attempt.address(), 1, Integer::sum);
                return;
            }
            table.forget(lock);
            lock = new Lock(attempt.address(), attempt.linear(), servedWidth, Lock.Shape.TICKET, serving);
            locks.put(attempt.address(), lock);
        }
        if (cells.read(lock.serving(), servedWidth) == ticket) {
            table.take(cpu, flow.context(cpu), lock, attempt, ticket);
        } else if (lock.isProved()) {
            table.refuse(cpu, flow.context(cpu), lock, attempt, ticket);
        }
    }

    /** Where the number that is served may be, beside the one that is drawn; -1 if it is nowhere. */
    private long servingBeside(long address, int width, long ticket) {
        if (misses.getOrDefault(address, 0) > MOST_MISSES) {
            return -1;
        }
        for (long distance : new long[] {width, -width, 2L * width, -2L * width}) {
            long beside = address + distance;
            if (beside >= 0 && cells.ram().isRam(beside, width) && cells.read(beside, width) == ticket) {
                return beside;
            }
        }
        return -1;
    }
}
