package trapframe.diagnose.locks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.symbols.KernelSymbols;

/**
 * Predicts hangs from a run that has none: it looks at every lock of the guest, in which contexts it is taken and in which order. Nothing of the
 * run changes by that.
 */
public final class Lockdep implements LockListener {
    /** Interrupts that are off for longer are reported: 10 ms, a tick of most kernels. */
    public static final long DEFAULT_NANOS_OFF = 10_000_000;
    private static final int MOST_WINDOWS = 4096;

    /** What is known of a lock. */
    private static final class Use {
        final Lock lock;
        Place inHandler;
        Place outside;
        final List<Window> windows = new ArrayList<>();
        long windowCount;
        Prediction.SleepsWithLock sleep;
        Prediction.HaltsWithLock halt;

        Use(Lock lock) {
            this.lock = lock;
        }
    }

    /** A spinlock that was held when the stack was switched. */
    private record Carried(Hold hold, int cpu, Place left) { }

    private final Machine machine;
    private final Places places;
    private final LockOrder order;
    private final SpansOff spansOff;
    private final LockWatch watch;
    private final long from;
    private final Map<Long, Use> uses = new TreeMap<>();
    /** Where the open windows begin, by the lock's address. */
    private final Map<Long, Long> open = new TreeMap<>();
    private final Map<Long, Place> takenAt = new TreeMap<>();
    private final List<Carried> carried = new ArrayList<>();

    /**
     * Looks at what a machine does from now on.
     *
     * @param mostNanosOff how long interrupts may be off, in virtual time
     */
    public Lockdep(Machine machine, Optional<KernelSymbols> symbols, long mostNanosOff) {
        this.machine = machine;
        from = machine.clock().position();
        places = new Places(symbols);
        order = new LockOrder();
        spansOff = new SpansOff(machine, places, mostNanosOff);
        watch = new LockWatch(machine, this, true);
    }

    /** Ends looking, and says what was seen. */
    public LockReport end() {
        watch.end();
        List<Lock> proved = watch.locks().stream().filter(Lock::isProved).toList();
        List<Prediction> predictions = new ArrayList<>();
        List<Use> spinlocks = uses.values().stream().filter(use -> use.lock.isProved() && use.lock.isSpinlock()).toList();
        spinlocks.stream().filter(use -> use.inHandler != null && use.windowCount > 0).forEach(use ->
                predictions.add(new Prediction.InterruptUnsafe(use.lock, use.inHandler, use.outside, use.windows, use.windowCount)));
        predictions.addAll(order.cycles());
        spinlocks.stream().filter(use -> use.sleep != null).forEach(use -> predictions.add(use.sleep));
        spinlocks.stream().filter(use -> use.halt != null).forEach(use -> predictions.add(use.halt));
        predictions.addAll(spansOff.tooLong());
        return new LockReport(from, machine.clock().position(), proved.size(), (int) proved.stream().filter(Lock::isSpinlock).count(),
                proved.stream().mapToLong(Lock::taken).sum(), predictions);
    }

    /** All that may be locks, by physical address. */
    public List<Lock> allLocks() {
        return watch.locks();
    }

    private Use use(Lock lock) {
        Use use = uses.get(lock.address());
        if (use == null || use.lock != lock) {
            use = new Use(lock);
            uses.put(lock.address(), use);
        }
        return use;
    }

    private Place place(Cpu cpu, Context context, long position) {
        return places.of(cpu, context, watch == null || watch.interruptsEnabled(cpu), position);
    }

    @Override
    public void taken(Cpu cpu, Context context, Hold hold) {
        Use use = use(hold.lock());
        Place place = null;
        boolean enabled = watch.interruptsEnabled(cpu);
        if (context.interrupt().isPresent() && use.inHandler == null) {
            place = place(cpu, context, hold.position());
            use.inHandler = place;
        }
        if (enabled && use.outside == null) {
            place = place(cpu, context, hold.position());
            use.outside = place;
        }
        if (enabled) {
            open.put(hold.lock().address(), hold.from());
        }
        if (place == null) {
            place = places.quick(cpu, context, enabled, hold.position());
        }
        for (Hold outer : places.isTrylock(hold.site()) ? List.<Hold>of() : context.held()) {
            if (order.isNew(outer.lock(), hold.lock(), context)) {
                place = place(cpu, context, hold.position());
                order.add(new Prediction.Order(outer.lock(), hold.lock(), takenAt.get(outer.lock().address()), place), context,
                        context.held());
            }
        }
        takenAt.put(hold.lock().address(), place);
    }

    @Override
    public void refused(Cpu cpu, Context context, Lock lock, long position) {
        Use use = use(lock);
        if (context.interrupt().isPresent() && use.inHandler == null) {
            use.inHandler = place(cpu, context, position);
        }
    }

    @Override
    public void released(Cpu cpu, Context context, Hold hold, long position) {
        close(hold, position);
        carried.removeIf(each -> each.hold == hold);
    }

    @Override
    public void forgotten(Hold hold) {
        open.remove(hold.lock().address());
        carried.removeIf(each -> each.hold == hold);
    }

    private void close(Hold hold, long position) {
        Long begin = open.remove(hold.lock().address());
        if (begin != null && begin <= position) {
            Use use = use(hold.lock());
            use.windowCount++;
            if (use.windows.size() < MOST_WINDOWS) {
                use.windows.add(new Window(hold.cpu(), begin, position));
            }
        }
    }

    @Override
    public void interruptsEnabled(Cpu cpu, Context context, boolean enabled, long position) {
        for (Hold hold : context.held()) {
            if (!enabled) {
                close(hold, position);
            } else {
                Use use = use(hold.lock());
                use.outside = use.outside == null ? takenAt.get(hold.lock().address()) : use.outside;
                open.put(hold.lock().address(), position);
            }
        }
        spansOff.changed(cpu, context, enabled, position);
    }

    @Override
    public void switched(Cpu cpu, Context from, Context to, long position) {
        judge(cpu, from);
        for (Hold hold : from.held()) {
            close(hold, position);
            if (hold.lock().isSpinlock()) {
                hold.carry(true);
            }
            // Who was interrupted did not give the processor up.
            if (hold.lock().isSpinlock() && !hold.isInterrupted()) {
                carried.add(new Carried(hold, cpu.number(), places.quick(cpu, from, watch.interruptsEnabled(cpu), position)));
            }
        }
        to.held().forEach(hold -> hold.carry(false));
        carried.removeIf(each -> each.hold.context() == to);
    }

    @Override
    public void left(Cpu cpu, Context context, long position, boolean toProgram) {
        if (toProgram) {
            judge(cpu, context);
        }
    }

    /** What a CPU carried from one stack to another is not released by the latter, which has other things to do now. */
    private void judge(Cpu cpu, Context context) {
        for (Carried each : carried) {
            if (each.cpu == cpu.number() && each.hold.context() != context) {
                Use use = use(each.hold.lock());
                use.sleep = use.sleep != null ? use.sleep
                        : new Prediction.SleepsWithLock(each.hold.lock(), takenAt.get(each.hold.lock().address()), each.left);
            }
        }
        carried.removeIf(each -> each.cpu == cpu.number() && each.hold.context() != context);
    }

    @Override
    public void halted(Cpu cpu, Context context, long position) {
        judge(cpu, context);
        for (Hold hold : context.held()) {
            Use use = use(hold.lock());
            if (use.halt == null) {
                use.halt = new Prediction.HaltsWithLock(hold.lock(), takenAt.get(hold.lock().address()), place(cpu, context, position));
            }
        }
    }
}
