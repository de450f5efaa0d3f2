package trapframe.explore;

import java.util.Arrays;
import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Witness;
import trapframe.machine.Machine;

/** Writes down which RAM a machine uses, and whether devices are used or something interrupts it. */
final class FootprintWatch implements Witness {
    private final Words reads = new Words();
    private final Words writes = new Words();
    private boolean usesDevices;
    private boolean interrupted;

    /** From here on the machine is slow. */
    FootprintWatch(Machine machine) {
        machine.witness(this);
        machine.witnessAccesses(true);
    }

    /** Begins anew. */
    void begin() {
        reads.clear();
        writes.clear();
        usesDevices = false;
        interrupted = false;
    }

    /** Since it began. */
    Footprint footprint() {
        return new Footprint(reads.sorted(), writes.sorted());
    }

    /** Whether a device was read or written since it began. */
    boolean usesDevices() {
        return usesDevices;
    }

    /** Whether an interrupt or exception was delivered since it began. */
    boolean isInterrupted() {
        return interrupted;
    }

    @Override
    public void touches(Cpu cpu, long physical, int width, boolean write) {
        (write ? writes : reads).add(physical, width);
    }

    @Override
    public void written(long physical, long length) {
        writes.add(physical, length);
    }

    @Override
    public void accessed(Cpu cpu, long position, DeviceAccess access) {
        usesDevices = true;
    }

    @Override
    public void delivered(Cpu cpu, long position, int vector, int from, boolean external) {
        interrupted = true;
    }

    /** Words, some of them several times. */
    private static final class Words {
        private static final int FIRST_SIZE = 64;

        private long[] words = new long[FIRST_SIZE];
        private int count;

        void clear() {
            count = 0;
        }

        void add(long physical, long length) {
            for (long word = physical & -Footprint.WORD; word < physical + length; word += Footprint.WORD) {
                if (count == words.length) {
                    words = Arrays.copyOf(words, 2 * count);
                }
                words[count++] = word;
            }
        }

        long[] sorted() {
            return Arrays.stream(words, 0, count).sorted().distinct().toArray();
        }
    }
}
