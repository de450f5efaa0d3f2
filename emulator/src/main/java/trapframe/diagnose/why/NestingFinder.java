package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.symbols.Frame;
import trapframe.timeline.Moment;

/** Finds interrupts that are nested deeper than a kernel means them to be. */
final class NestingFinder {
    private static final int MOST_FRAMES = 512;
    private static final int DEEP = 4;

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
                Optional<Delivery> innermost = interrupted.stream()
                        .map(frame -> new Deliveries(scene).of(frame.registers(), cpu.number(), now)).flatMap(Optional::stream)
                        .filter(delivery -> delivery.vector().orElse(0) >= 32).findFirst();
                found.add(new Nesting(cpu.number(), interrupted.size(), most, functions.get(most), innermost));
            }
        }
        scene.timeline().goTo(now);
        return List.copyOf(found);
    }
}
