package trapframe.diagnose.locks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;

/** How long interrupts are off. What comes before a CPU first lets them in does not count: the kernel is not ready for any. */
final class SpansOff {
    private static final int MOST_PLACES = 64;

    private static final class Processor {
        boolean everOn;
        long since = -1;
        long begin;
    }

    private final Machine machine;
    private final Places places;
    private final long mostNanos;
    private final Processor[] processors;
    /** By the address of the instruction that ended it. */
    private final Map<Long, Prediction.InterruptsOff> longest = new TreeMap<>();

    SpansOff(Machine machine, Places places, long mostNanos) {
        this.machine = machine;
        this.places = places;
        this.mostNanos = mostNanos;
        processors = new Processor[machine.cpus().size()];
        for (int i = 0; i < processors.length; i++) {
            processors[i] = new Processor();
        }
    }

    void changed(Cpu cpu, Context context, boolean enabled, long position) {
        Processor processor = processors[cpu.number()];
        if (!enabled) {
            processor.since = position;
            processor.begin = cpu.state().linearRip();
            return;
        }
        if (processor.everOn && processor.since >= 0) {
            long nanos = machine.clock().nanosAt(position) - machine.clock().nanosAt(processor.since);
            if (nanos > mostNanos) {
                add(cpu, context, processor, nanos, position);
            }
        }
        processor.everOn = true;
        processor.since = -1;
    }

    private void add(Cpu cpu, Context context, Processor processor, long nanos, long position) {
        long site = cpu.state().linearRip();
        Prediction.InterruptsOff known = longest.get(site);
        if (known == null && longest.size() >= MOST_PLACES) {
            return;
        }
        if (known == null || known.nanos() < nanos) {
            longest.put(site, new Prediction.InterruptsOff(cpu.number(), processor.since, nanos, processor.begin,
                    places.of(cpu, context, false, position), known == null ? 1 : known.count() + 1));
        } else {
            longest.put(site, new Prediction.InterruptsOff(known.cpu(), known.from(), known.nanos(), known.begin(), known.end(), known.count() + 1));
        }
    }

    List<Prediction.InterruptsOff> tooLong() {
        List<Prediction.InterruptsOff> found = new ArrayList<>(longest.values());
        found.sort(Comparator.comparingLong(Prediction.InterruptsOff::nanos).reversed());
        return found;
    }
}
