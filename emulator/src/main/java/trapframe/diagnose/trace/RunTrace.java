package trapframe.diagnose.trace;

import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Vector;
import trapframe.diagnose.locks.Context;
import trapframe.diagnose.locks.Hold;
import trapframe.diagnose.locks.Lock;
import trapframe.diagnose.locks.LockListener;
import trapframe.diagnose.locks.LockWatch;
import trapframe.machine.Machine;
import trapframe.symbols.KernelSymbols;
import trapframe.unicorn.CpuState;

/**
 * Writes down what happens in a machine: for each CPU the task that runs, and above it system calls, interrupts, exceptions and HLT; for each task
 * when it runs; for each lock who holds it and who waits; for each device the accesses. The run is the one that nobody looked at.
 */
public final class RunTrace implements LockListener, AutoCloseable {
    /** What a trace can show. */
    public enum Part {
        TASKS, LOCKS, DEVICES;

        /** As the option is written. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int CPUS = 1;
    private static final int TASKS = 2;
    private static final int LOCKS = 3;
    private static final int DEVICES = 4;

    /** A slice that is open on a CPU's track. */
    private record Slice(Object of, String name) { }

    private final Machine machine;
    private final TraceFile file;
    private final Set<Part> parts;
    private final Optional<KernelSymbols> symbols;
    private final Function<Cpu, Optional<String>> taskOn;
    private final LockWatch watch;
    private final List<List<Slice>> open = new ArrayList<>();
    private final Map<Integer, String> names = new TreeMap<>();
    private final Set<Integer> seen = new TreeSet<>();
    private final Map<String, Integer> devices = new TreeMap<>();
    private final Map<Long, String> lockNames = new TreeMap<>();
    private final Map<Long, Hold> held = new TreeMap<>();
    /** What is waited for, by the id of the slice. */
    private final Map<String, Lock> waiting = new TreeMap<>();
    private long last;

    /**
     * Begins at the machine's position.
     *
     * @param out    is closed with the trace
     * @param taskOn tells the task that a CPU runs, by name; empty where nobody knows
     */
    public RunTrace(Machine machine, Writer out, Set<Part> parts, Optional<KernelSymbols> symbols, Function<Cpu, Optional<String>> taskOn) {
        this.machine = machine;
        this.parts = parts;
        this.symbols = symbols;
        this.taskOn = taskOn;
        file = new TraceFile(out);
        last = machine.clock().nanos();
        file.nameProcess(CPUS, "CPUs");
        machine.cpus().forEach(cpu -> {
            file.nameThread(CPUS, cpu.number(), "CPU " + cpu.number());
            open.add(new ArrayList<>());
        });
        for (Part part : parts) {
            switch (part) {
                case TASKS -> file.nameProcess(TASKS, "tasks");
                case LOCKS -> file.nameProcess(LOCKS, "locks");
                case DEVICES -> file.nameProcess(DEVICES, "devices");
            }
        }
        watch = new LockWatch(machine, this, parts.contains(Part.LOCKS));
        machine.cpus().forEach(cpu -> {
            begins(cpu, watch.context(cpu), last);
            show(cpu, watch.context(cpu), last, false);
        });
    }

    /** Nanoseconds at a position; never before what was written last. */
    private long time(long position) {
        last = Math.max(last, machine.clock().nanosAt(position));
        return last;
    }

    private String name(Context context) {
        return names.getOrDefault(context.number(), context.toString());
    }

    /** A context goes on. It may have been there before the kernel had tasks, and have a name since. */
    private void begins(Cpu cpu, Context context, long nanos) {
        Optional<String> named = names.containsKey(context.number()) ? Optional.empty() : taskOn.apply(cpu);
        named.ifPresent(task -> names.put(context.number(), task + " (" + context + ")"));
        if (parts.contains(Part.TASKS)) {
            if (named.isPresent() || seen.add(context.number())) {
                file.nameThread(TASKS, context.number(), name(context));
            }
            file.begin(TASKS, context.number(), "on CPU " + cpu.number(), nanos);
        }
    }

    private void ends(Context context, long nanos) {
        if (parts.contains(Part.TASKS)) {
            file.end(TASKS, context.number(), nanos);
        }
    }

    /** Has the slices of a CPU's track be the task and what it does now; what stays open is not touched. */
    private void show(Cpu cpu, Context context, long nanos, boolean halted) {
        List<Slice> wanted = new ArrayList<>();
        wanted.add(new Slice(context, name(context)));
        for (Context.Entry entry : context.entries()) {
            wanted.add(new Slice(entry, name(entry)));
        }
        if (halted) {
            wanted.add(new Slice(Part.TASKS, "HLT"));
        }
        List<Slice> now = open.get(cpu.number());
        int same = 0;
        while (same < now.size() && same < wanted.size() && now.get(same).of == wanted.get(same).of) {
            same++;
        }
        while (now.size() > same) {
            now.removeLast();
            file.end(CPUS, cpu.number(), nanos);
        }
        for (Slice slice : wanted.subList(same, wanted.size())) {
            now.add(slice);
            file.begin(CPUS, cpu.number(), slice.name, nanos);
        }
    }

    private static String name(Context.Entry entry) {
        if (entry.vector() < 0) {
            return "system call";
        }
        return entry.external() ? "interrupt " + entry.vector() : entry.vector() < Vector.COUNT ? Vector.name(entry.vector())
                : "software interrupt " + entry.vector();
    }

    @Override
    public void entered(Cpu cpu, Context context, int vector, boolean external, long position) {
        show(cpu, context, time(position), false);
    }

    @Override
    public void called(Cpu cpu, Context context, long position) {
        long nanos = time(position);
        show(cpu, context, nanos, false);
        file.instant(CPUS, cpu.number(), "system call " + cpu.state().register(CpuState.RAX), nanos, "position", position);
    }

    @Override
    public void left(Cpu cpu, Context context, long position, boolean toProgram) {
        show(cpu, context, time(position), false);
    }

    @Override
    public void switched(Cpu cpu, Context from, Context to, long position) {
        long nanos = time(position);
        ends(from, nanos);
        begins(cpu, to, nanos);
        show(cpu, to, nanos, false);
    }

    @Override
    public void halted(Cpu cpu, Context context, long position) {
        show(cpu, context, time(position), true);
    }

    @Override
    public void accessed(Cpu cpu, long position, DeviceAccess access) {
        if (parts.contains(Part.DEVICES)) {
            String device = access.device().orElse("nothing");
            Integer track = devices.get(device);
            if (track == null) {
                track = devices.size();
                devices.put(device, track);
                file.nameThread(DEVICES, track, device);
            }
            file.instant(DEVICES, track, (access.write() ? "write 0x" : "read 0x") + Long.toHexString(access.address()), time(position),
                    "cpu", cpu.number(), "position", position, "value", "0x" + Long.toHexString(access.value()), "width", access.width());
        }
    }

    private String name(Lock lock) {
        return lockNames.computeIfAbsent(lock.address(), address -> symbols.flatMap(known -> known.describe(lock.linear()))
                .orElse("0x" + Long.toHexString(address)));
    }

    @Override
    public void taken(Cpu cpu, Context context, Hold hold) {
        Lock lock = hold.lock();
        if (lock.isProved()) {
            long nanos = time(hold.from());
            endWait(context, lock, nanos);
            held.put(lock.address(), hold);
            file.beginAlone(LOCKS, name(lock), "0x" + Long.toHexString(lock.address()), nanos,
                    "cpu", cpu.number(), "by", name(context), "position", hold.position(), "at", place(hold.site()),
                            "interrupts", watch.interruptsEnabled(cpu) ? "on" : "off");
        }
    }

    private String place(long address) {
        return symbols.flatMap(known -> known.describe(address)).orElse("0x" + Long.toHexString(address));
    }

    private void endWait(Context context, Lock lock, long nanos) {
        String id = waitId(context, lock);
        if (waiting.remove(id) != null) {
            file.endAlone(LOCKS, name(lock) + " (wait)", id, nanos);
        }
    }

    private static String waitId(Context context, Lock lock) {
        return "0x" + Long.toHexString(lock.address()) + "/" + context.number();
    }

    @Override
    public void refused(Cpu cpu, Context context, Lock lock, long position) {
        String id = waitId(context, lock);
        if (waiting.putIfAbsent(id, lock) == null) {
            file.beginAlone(LOCKS, name(lock) + " (wait)", id, time(position), "cpu", cpu.number(), "by", name(context),
                    "position", position);
        }
    }

    @Override
    public void released(Cpu cpu, Context context, Hold hold, long position) {
        ends(hold, time(position));
    }

    @Override
    public void forgotten(Hold hold) {
        ends(hold, last);
    }

    private void ends(Hold hold, long nanos) {
        if (held.remove(hold.lock().address(), hold)) {
            file.endAlone(LOCKS, name(hold.lock()), "0x" + Long.toHexString(hold.lock().address()), nanos);
        }
    }

    /** How many were written so far. */
    public long events() {
        return file.events();
    }

    /** Ends what is open, at the machine's position, and the file. */
    @Override
    public void close() throws IOException {
        long nanos = time(machine.clock().position());
        watch.end();
        List.copyOf(held.values()).forEach(hold -> ends(hold, nanos));
        waiting.forEach((id, lock) -> file.endAlone(LOCKS, name(lock) + " (wait)", id, nanos));
        for (Cpu cpu : machine.cpus()) {
            for (Slice _ : open.get(cpu.number())) {
                file.end(CPUS, cpu.number(), nanos);
            }
            ends(watch.context(cpu), nanos);
        }
        file.close();
    }
}
