package trapframe.cpu;

import java.util.Arrays;
import java.util.List;

/**
 * What an observer from outside wants a run to stop for. The guest cannot tell, and its run is the same with it and without.
 *
 * @param code       linear addresses: the run stops before an instruction there executes
 * @param data       the run stops behind an instruction, an interrupt's delivery or a device's transfer that makes such an access. Page
 *                   walks do not count, nor do devices' reads
 * @param deliveries whether it stops behind each delivery of an interrupt or exception, before the handler's first instruction
 */
public record Observation(long[] code, List<Watch> data, boolean deliveries) {
    public static final Observation NONE = new Observation(new long[0], List.of(), false);

    public Observation {
        code = Arrays.stream(code).sorted().distinct().toArray();
        data = List.copyOf(data);
    }

    /** The same, but for deliveries. */
    public Observation withDeliveries(boolean stop) {
        return new Observation(code, data, stop);
    }

    boolean hasCode(long linear) {
        return Arrays.binarySearch(code, linear) >= 0;
    }

    boolean watches(long address, long bytes) {
        for (Watch watch : data) {
            if (watch.touches(address, bytes)) {
                return true;
            }
        }
        return false;
    }
}
