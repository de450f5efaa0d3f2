package trapframe.device.pci;

import java.util.Arrays;
import java.util.List;
import trapframe.bus.MmioDevice;
import trapframe.bus.MsiTarget;
import trapframe.bus.Stateful;

/**
 * The MSI-X capability of a function (PCI Local Bus Specification 3.0, 6.8.2), with its table and pending bits in one base address
 * register's range: the table from offset 0 on, the pending bits at half of it.
 *
 * <p>A message that is masked, or that the function may not send because it is no bus master, stays pending and goes out as soon as
 * it may.
 */
public final class MsixCapability implements MmioDevice, Stateful<MsixCapability.State> {
    private static final int ID = 0x11;
    private static final int LENGTH = 12;
    private static final int CONTROL = 2;
    private static final int CONTROL_ENABLE = 1 << 15;
    private static final int CONTROL_FUNCTION_MASK = 1 << 14;
    private static final int TABLE = 4;
    private static final int PENDING_BITS = 8;

    private static final int DWORDS_AN_ENTRY = 4;
    private static final int ENTRY_ADDRESS = 0;
    private static final int ENTRY_ADDRESS_HIGH = 1;
    private static final int ENTRY_DATA = 2;
    private static final int ENTRY_CONTROL = 3;
    private static final int ENTRY_MASKED = 1;

    /**
     * @param table   the entries' dwords
     * @param pending the entries that wait
     */
    public record State(List<Integer> table, List<Boolean> pending) { }

    private final PciConfiguration configuration;
    private final MsiTarget target;
    private final int register;
    private final int pendingOffset;
    private final int[] table;
    private final boolean[] pending;
    private long changes;

    /**
     * Adds the capability and the base address register.
     *
     * @param vectors 1 to 64
     * @param bar     the index of the base address register
     */
    public MsixCapability(PciConfiguration configuration, int vectors, int bar, MsiTarget target) {
        if (vectors < 1 || vectors > Long.SIZE) {
            throw new IllegalArgumentException("MSI-X with " + vectors + " vectors");
        }
        this.configuration = configuration;
        this.target = target;
        table = new int[vectors * DWORDS_AN_ENTRY];
        pending = new boolean[vectors];
        for (int vector = 0; vector < vectors; vector++) {
            table[vector * DWORDS_AN_ENTRY + ENTRY_CONTROL] = ENTRY_MASKED;
        }
        int size = Math.max(4096, 2 * Integer.highestOneBit(2 * table.length * Integer.BYTES - 1));
        pendingOffset = size / 2;
        configuration.add(new PciBar.Memory(bar, size, false, false, this));
        register = configuration.addCapability(ID, LENGTH);
        configuration.define(register + CONTROL, 2, vectors - 1, CONTROL_ENABLE | CONTROL_FUNCTION_MASK);
        configuration.define(register + TABLE, 4, bar, 0);
        configuration.define(register + PENDING_BITS, 4, pendingOffset | bar, 0);
    }

    public boolean enabled() {
        return (configuration.get(register + CONTROL, 2) & CONTROL_ENABLE) != 0;
    }

    public int vectors() {
        return pending.length;
    }

    /** Sends a vector's message, or keeps it pending. */
    public void raise(int vector) {
        changes++;
        pending[vector] = true;
        sendPending();
    }

    /** Sends what waited, after a write that may have allowed it. */
    void sendPending() {
        boolean allowed = enabled() && (configuration.get(register + CONTROL, 2) & CONTROL_FUNCTION_MASK) == 0
                && configuration.commands(PciConfiguration.COMMAND_MASTER);
        for (int vector = 0; allowed && vector < pending.length; vector++) {
            int entry = vector * DWORDS_AN_ENTRY;
            if (pending[vector] && (table[entry + ENTRY_CONTROL] & ENTRY_MASKED) == 0) {
                changes++;
                pending[vector] = false;
                long address = table[entry + ENTRY_ADDRESS] & 0xffff_ffffL | (long) table[entry + ENTRY_ADDRESS_HIGH] << 32;
                target.deliverMsi(address, table[entry + ENTRY_DATA]);
            }
        }
    }

    /** Sub-dword accesses are undefined in the specification; they read and change their part of the dword. */
    @Override
    public long read(long offset, int width) {
        int shift = 8 * (int) (offset & 3);
        return dword((int) offset & -4) >>> shift & (1L << 8 * width) - 1;
    }

    private long dword(int offset) {
        if (offset >= pendingOffset) {
            long bits = 0;
            for (int vector = 0; vector < pending.length; vector++) {
                bits |= pending[vector] ? 1L << vector : 0;
            }
            return switch (offset - pendingOffset) {
                case 0 -> bits & 0xffff_ffffL;
                case 4 -> bits >>> 32;
                default -> 0;
            };
        }
        return offset / 4 < table.length ? table[offset / 4] & 0xffff_ffffL : 0;
    }

    @Override
    public void write(long offset, int width, long value) {
        changes++;
        int number = (int) offset / 4;
        if (number >= table.length) {
            return;
        }
        int shift = 8 * (int) (offset & 3);
        int mask = (int) ((1L << 8 * width) - 1 << shift);
        int writable = switch (number % DWORDS_AN_ENTRY) {
            case ENTRY_ADDRESS -> mask & -4;
            case ENTRY_CONTROL -> mask & ENTRY_MASKED;
            default -> mask;
        };
        table[number] = table[number] & ~writable | (int) (value << shift) & writable;
        sendPending();
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        Boolean[] waiting = new Boolean[pending.length];
        Arrays.setAll(waiting, i -> pending[i]);
        return new State(Arrays.stream(table).boxed().toList(), List.of(waiting));
    }

    @Override
    public void restore(State state) {
        changes++;
        Arrays.setAll(table, state.table::get);
        for (int i = 0; i < pending.length; i++) {
            pending[i] = state.pending.get(i);
        }
    }
}
