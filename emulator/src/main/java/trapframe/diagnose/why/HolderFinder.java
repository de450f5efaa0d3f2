package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.cpu.Cpu;
import trapframe.symbols.Backtrace;
import trapframe.symbols.Frame;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.SourceFrame;
import trapframe.symbols.Symbol;
import trapframe.symbols.tasks.Task;
import trapframe.timeline.Moment;

/** Finds where code is now that did something earlier: a call that has not returned is known by its function and its place on the stack. */
final class HolderFinder {
    private static final int WORD = Long.BYTES;
    private static final int STACK_SEARCHED = 16 << 10;
    private static final int RPL = 3;
    private static final long FLAGS_ONE = 1 << 1;
    private static final long FLAGS_ZERO = ~0x3f_7fd7L;

    private final Scene scene;
    private final Moment now;
    private final Moment settled;

    /**
     * @param now     the moment at which it is looked for
     * @param settled the same, or one before from which on no memory has changed
     */
    HolderFinder(Scene scene, Moment now, Moment settled) {
        this.scene = scene;
        this.now = now;
        this.settled = settled;
    }

    /** The index of the first frame that is no function of a lock. */
    static int wanting(List<Frame> frames, Scene scene) {
        for (int i = 0; i < frames.size(); i++) {
            List<SourceFrame> source = scene.symbols().lineAt(frames.get(i).address());
            if (!source.isEmpty() && !LockNames.isOfLock(source.getLast())) {
                return i;
            }
        }
        return Math.min(1, frames.size() - 1);
    }

    /**
     * @param then   the stack of who did it, when it did
     * @param cpu    on which CPU
     * @param waiter the CPU that waits now; empty if a task does that does not run
     */
    Held.Now find(Backtrace then, int cpu, OptionalInt waiter) {
        scene.timeline().goTo(now);
        int from = wanting(then.frames(), scene);
        for (Cpu each : scene.machine().cpus()) {
            Backtrace running = scene.backtrace(each);
            OptionalInt at = find(then.frames(), from, running.frames());
            if (at.isPresent()) {
                return onCpu(running, at.getAsInt(), each.number(), waiter);
            }
        }
        for (Task task : scene.tasks()) {
            if (task.saved().isPresent()) {
                Backtrace saved = scene.backtrace(task.saved().get().registers(), scene.cpu(cpu)::look);
                OptionalInt at = find(then.frames(), from, saved.frames());
                if (at.isPresent()) {
                    return stopped(task, saved, cpu);
                }
            }
        }
        return scene.tasks().isEmpty() ? byStack(then, from, cpu) : new Held.Unknown("nobody is in that call any more");
    }

    /** Where one of the calls from an index on is in another stack. */
    private OptionalInt find(List<Frame> then, int from, List<Frame> frames) {
        for (int i = from; i + 1 < then.size(); i++) {
            for (int k = 0; k + 1 < frames.size(); k++) {
                if (frames.get(k + 1).registers().rsp() == then.get(i + 1).registers().rsp() && function(frames.get(k)) == function(then.get(i))) {
                    return OptionalInt.of(k);
                }
            }
        }
        return OptionalInt.empty();
    }

    private long function(Frame frame) {
        return scene.symbols().symbolAt(frame.address()).map(Symbol::address).orElse(0L);
    }

    private Held.Now onCpu(Backtrace running, int at, int cpu, OptionalInt waiter) {
        List<Frame> frames = running.frames();
        for (int i = at; i > 0; i--) {
            if (!frames.get(i).isCall()) {
                Stack stack = Stack.of(new Backtrace(frames.subList(i, frames.size()), running.end()), scene.symbols());
                Optional<Delivery> delivery = new Deliveries(scene).of(frames.get(i).registers(), cpu, settled);
                return new Held.Interrupted(stack.top(), delivery, cpu, stack, waiter.equals(OptionalInt.of(cpu)));
            }
        }
        return waiter.equals(OptionalInt.of(cpu)) ? new Held.Itself(cpu) : new Held.Running(cpu, Stack.of(running, scene.symbols()));
    }

    private Held.Now stopped(Task task, Backtrace saved, int cpu) {
        Stack stack = Stack.of(saved, scene.symbols());
        return new Held.Stopped(Optional.of(task.toString()), Optional.of(task.state()), stack.top(),
                new Deliveries(scene).of(saved.frames().getFirst().registers(), cpu, settled), stack);
    }

    /** Without a description of tasks: the last interrupt's frame below the call, on the same stack, that is younger than it. */
    private Held.Now byStack(Backtrace then, int from, int cpu) {
        long top = then.frames().get(Math.min(from + 1, then.frames().size() - 1)).registers().rsp();
        Cpu looking = scene.cpu(cpu);
        for (long at = top - 5 * WORD & -WORD; at > top - STACK_SEARCHED; at -= WORD) {
            Optional<FrameRegisters> registers = interruptFrame(looking, at, top);
            if (registers.isPresent()) {
                Optional<Delivery> delivery = new Deliveries(scene).of(registers.get(), cpu, settled);
                scene.timeline().goTo(now);
                Stack stack = Stack.of(scene.backtrace(registers.get(), looking::look), scene.symbols());
                return new Held.Stopped(Optional.empty(), Optional.empty(), stack.top(), delivery, stack);
            }
        }
        return new Held.Unknown("no CPU is in that call, and no interrupt's frame was found below it on its stack");
    }

    private Optional<FrameRegisters> interruptFrame(Cpu cpu, long at, long top) {
        List<Long> words = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            words.add(Scene.number(cpu, at + (long) i * WORD, WORD).orElse(0));
        }
        long rsp = words.get(3);
        boolean isFrame = words.get(1) > RPL && words.get(1) <= 0xffff && (words.get(1) & RPL) == 0 && (words.get(2) & FLAGS_ONE) != 0
                && (words.get(2) & FLAGS_ZERO) == 0 && words.get(4) <= 0xffff && words.get(4) >= 0
                && rsp - (at + 5 * WORD) >= 0 && rsp - (at + 5 * WORD) < 2 * WORD && rsp <= top && scene.symbols().isCode(words.get(0));
        return isFrame ? FrameRegisters.saved(Map.of("rip", words.get(0), "rsp", rsp)) : Optional.empty();
    }
}
