package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Vector;
import trapframe.timeline.Moment;
import trapframe.unicorn.CpuState;

/** Finds the last interrupt of each CPU that waits for one: between a look and HLT it is the wake-up that was lost. */
final class LastInterrupts {
    private static final int VECTORS = 256;

    private final Scene scene;
    private final Moment now;

    LastInterrupts(Scene scene, Moment now) {
        this.scene = scene;
        this.now = now;
    }

    List<Delivery> find() {
        List<Delivery> found = new ArrayList<>();
        for (Cpu cpu : scene.machine().cpus()) {
            scene.timeline().goTo(now);
            if (cpu.activity() == Activity.HLT && (cpu.rflags() & CpuState.IF) != 0) {
                last(cpu).ifPresent(found::add);
            }
        }
        scene.timeline().goTo(now);
        return found;
    }

    /** Empty if it came while the CPU waited there already, as a tick does. */
    private Optional<Delivery> last(Cpu cpu) {
        long waits = cpu.state().linearRip();
        CpuSnapshot state = cpu.snapshot();
        long[] handlers = IntStream.range(Vector.COUNT, VECTORS).mapToLong(vector -> Deliveries.handler(cpu, state, vector)).filter(handler -> handler != 0)
                .distinct().toArray();
        return handlers.length == 0 ? Optional.empty() : new History(scene).lastAt(handlers, now, machine -> machine.cpuOnTurn().number() == cpu.number())
                .flatMap(taken -> new Deliveries(scene).of(Deliveries.interrupted(cpu), cpu.number(), taken)).filter(delivery -> delivery.at().address() != waits);
    }
}
