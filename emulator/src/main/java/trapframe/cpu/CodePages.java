package trapframe.cpu;

import java.util.ArrayList;
import java.util.List;
import trapframe.memory.GuestMemory;

/**
 * Which CPUs hold translated code of which physical page. An engine notices the stores of its own CPU to its own code, and
 * none of another CPU's or the host's. So a CPU may store to a page at full speed only while no other one has code of it: the
 * first store drops the others' code, and the first fetch takes the right to store away again. Pages that are not fetched
 * and stored to in turn cost nothing.
 */
final class CodePages {
    /** A bit for each CPU with code of the page. */
    private final short[] fetchedBy;
    private final List<Translation> cpus = new ArrayList<>();

    CodePages(GuestMemory ram) {
        fetchedBy = new short[(int) (ram.size() / GuestMemory.PAGE_SIZE)];
    }

    /** Returns the CPU's bit, for the other methods. */
    int attach(Translation cpu) {
        if (cpus.size() == Short.SIZE) {
            throw new IllegalStateException("there can be " + Short.SIZE + " CPUs, not more");
        }
        cpus.add(cpu);
        return 1 << cpus.size() - 1;
    }

    boolean isCode(int number, int bit) {
        return (fetchedBy[number] & bit) != 0;
    }

    /** A CPU fetches from a page: stores to it have to be noticed from now on, whoever makes them. */
    void fetched(int number, int bit) {
        if ((fetchedBy[number] & bit) == 0) {
            fetchedBy[number] |= (short) bit;
            for (Translation cpu : cpus) {
                cpu.endStoresAtFullSpeed(number);
            }
        }
    }

    /** A CPU is about to store to a page: the others have to fetch it again. */
    void stored(int number, int bit) {
        if ((fetchedBy[number] & ~bit) != 0) {
            drop(number, fetchedBy[number] & ~bit);
        }
    }

    /** The code that a CPU had of a page is forgotten. */
    void forgotten(int number, int bit) {
        fetchedBy[number] &= (short) ~bit;
    }

    /** The host wrote bytes of RAM. */
    void hostWrote(long address, long length) {
        for (long number = address / GuestMemory.PAGE_SIZE;
                length > 0 && number <= (address + length - 1) / GuestMemory.PAGE_SIZE; number++) {
            if (fetchedBy[(int) number] != 0) {
                drop((int) number, fetchedBy[(int) number]);
            }
        }
    }

    private void drop(int number, int bits) {
        for (int i = 0; i < cpus.size(); i++) {
            if ((bits & 1 << i) != 0) {
                cpus.get(i).dropCode(number);
            }
        }
    }
}
