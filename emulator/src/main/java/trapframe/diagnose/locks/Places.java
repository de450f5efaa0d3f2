package trapframe.diagnose.locks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.symbols.Frame;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.unicorn.CpuState;

/** Makes {@link Place}s, with backtraces: by the symbols, or without them by the frame records that RBP leads to. */
final class Places {
    private static final int MOST_FRAMES = 24;
    private static final int FEW_FRAMES = 6;
    private static final int REGISTERS = 16;

    private final Optional<KernelSymbols> symbols;

    Places(Optional<KernelSymbols> symbols) {
        this.symbols = symbols;
    }

    /** Whether code is of a function that by its name only tries: nobody waits in it. */
    boolean isTrylock(long address) {
        return symbols.flatMap(known -> known.symbolAt(address)).filter(symbol -> symbol.name().contains("trylock")).isPresent();
    }

    /** Where a CPU is at the moment, in the middle of a run. */
    Place of(Cpu cpu, Context context, boolean enabled, long position) {
        return new Place(position, cpu.number(), context.number(), context.interrupt(), enabled, backtrace(cpu));
    }

    /** The same with a few frames, by their records alone, which takes less time. */
    Place quick(Cpu cpu, Context context, boolean enabled, long position) {
        return new Place(position, cpu.number(), context.number(), context.interrupt(), enabled, byFrameRecords(cpu, FEW_FRAMES));
    }

    private List<Long> backtrace(Cpu cpu) {
        CpuState state = cpu.state();
        long[] registers = new long[REGISTERS];
        for (int i = 0; i < REGISTERS; i++) {
            registers[i] = state.register(i);
        }
        if (symbols.isPresent()) {
            try {
                return symbols.get().unwinder(cpu::look).backtrace(FrameRegisters.of(state.linearRip(), registers), MOST_FRAMES).frames().stream()
                        .map(Frame::address).toList();
            } catch (SymbolsException e) {
                // What the file says of frames is damaged; frame records may be there all the same.
            }
        }
        return byFrameRecords(cpu, MOST_FRAMES);
    }

    private static List<Long> byFrameRecords(Cpu cpu, int most) {
        List<Long> addresses = new ArrayList<>();
        addresses.add(cpu.state().linearRip());
        long rbp = cpu.state().register(CpuState.RBP);
        while (addresses.size() < most) {
            byte[] record = cpu.look(rbp, 2 * Long.BYTES);
            if (record.length < 2 * Long.BYTES) {
                break;
            }
            ByteBuffer words = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
            long next = words.getLong();
            long caller = words.getLong();
            if (caller == 0 || cpu.physical(caller - 1).isEmpty()) {
                break;
            }
            addresses.add(caller - 1);
            if (Long.compareUnsigned(next, rbp) <= 0) {
                break;
            }
            rbp = next;
        }
        return addresses;
    }
}
