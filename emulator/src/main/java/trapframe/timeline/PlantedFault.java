package trapframe.timeline;

import trapframe.machine.Machine;

/**
 * A fault of the machine that is put there on purpose, to see it found: a bit of RAM turns over at a position.
 *
 * @param position the first boundary from here on
 * @param address  physical
 * @param bit      0 to 7
 */
public record PlantedFault(long position, long address, int bit) {
    void strike(Machine machine) {
        machine.ram().putByte(address, machine.ram().getByte(address) ^ 1 << bit);
    }
}
