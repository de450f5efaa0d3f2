package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.cpu.Vector;
import trapframe.diagnose.CpuPlace;
import trapframe.symbols.Frame;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.unicorn.CpuState;

/** Finds interrupts that are nested deeper than a kernel means them to be. */
final class NestingFinder {
    private static final int MOST_FRAMES = 512;
    private static final int DEEP = 4;
    /** Instructions of a handler that are looked at. */
    private static final int MOST_STEPS = 50_000;

    private final Scene scene;
    private final Moment now;

    NestingFinder(Scene scene, Moment now) {
        this.scene = scene;
        this.now = now;
    }

    List<Nesting> find() {
        List<Nesting> found = new ArrayList<>();
        for (Cpu cpu : scene.machine().cpus()) {
            scene.timeline().goTo(now);
            List<Frame> frames = scene.backtrace(cpu, MOST_FRAMES).frames();
            List<Frame> interrupted = frames.stream().filter(frame -> Stack.isInterrupted(frames, frames.indexOf(frame))).toList();
            if (interrupted.size() >= DEEP) {
                Map<String, Integer> functions = new TreeMap<>();
                interrupted.forEach(frame -> functions.merge(Place.of(frame.registers().rip(), frame.address(), scene.symbols()).function()
                        .orElse("?"), 1, Integer::sum));
                String most = functions.keySet().stream().max((a, b) -> Integer.compare(functions.get(a), functions.get(b))).orElseThrow();
                List<Delivery> innermost = interrupted.stream()
                        .map(frame -> new Deliveries(scene).of(frame.registers(), cpu.number(), now)).flatMap(Optional::stream)
                        .filter(delivery -> delivery.vector().orElse(0) >= Vector.COUNT).limit(2).toList();
                Optional<Event> allowed = innermost.size() < 2 ? Optional.empty() : allowed(cpu, innermost.getLast(), innermost.getFirst());
                scene.timeline().goTo(now);
                found.add(new Nesting(cpu.number(), interrupted.size(), most, functions.get(most), innermost.stream().findFirst(), allowed,
                        CpuPlace.of(cpu).doubleFault().filter(fault -> !fault.stackMapped())));
            }
        }
        scene.timeline().goTo(now);
        return List.copyOf(found);
    }

    /** Steps a CPU from an interrupt to the first instruction of its handler that turned interrupts on, so that the next one could come. */
    private Optional<Event> allowed(Cpu cpu, Delivery from, Delivery next) {
        scene.timeline().goTo(Moment.at(from.position()));
        scene.timeline().step(OptionalInt.of(cpu.number()));
        for (int i = 0; i < MOST_STEPS && scene.position() < next.position(); i++) {
            Moment before = scene.timeline().now();
            boolean wasOn = (cpu.rflags() & CpuState.IF) != 0;
            if (!(scene.timeline().step(OptionalInt.of(cpu.number())) instanceof Stop.Step)) {
                break;
            }
            if (!wasOn && (cpu.rflags() & CpuState.IF) != 0) {
                scene.timeline().goTo(before);
                return Optional.of(scene.event(cpu.number()));
            }
        }
        return Optional.empty();
    }
}
