package trapframe.gdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;

/** The GDT and the IDT of a CPU in words (SDM vol. 3A, sections 3.4.5, 3.5 and 6.14.1). */
final class DescriptorTables {
    private static final int GDT = 32;
    private static final int IDT = 34;
    private static final int DESCRIPTOR = 8;
    private static final int GATE = 16;
    private static final long EFER_LMA = 1 << 10;
    private static final String[] SYSTEM_TYPES = {"reserved", "16-bit TSS", "LDT", "16-bit TSS, busy", "16-bit call gate", "task gate",
        "16-bit interrupt gate", "16-bit trap gate", "reserved", "TSS", "reserved", "TSS, busy", "call gate", "reserved", "interrupt gate", "trap gate"};

    private DescriptorTables() { }

    static String gdt(Cpu cpu) {
        CpuSnapshot state = cpu.snapshot();
        boolean isLong = (state.model()[0] & EFER_LMA) != 0;
        byte[] table = cpu.look(state.segments()[GDT], (int) (state.segments()[GDT + 1] & 0xffff) + 1);
        StringBuilder text = heading("GDT", state, GDT);
        for (int at = 0; at + DESCRIPTOR <= table.length; at += DESCRIPTOR) {
            long low = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
            if (low == 0) {
                continue;
            }
            boolean isSystem = (low >>> 44 & 1) == 0;
            long base = low >>> 16 & 0xff_ffff | low >>> 32 & 0xff00_0000L;
            int selector = at;
            if (isSystem && isLong && at + GATE <= table.length) {
                base |= ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN).getLong(at + DESCRIPTOR) << 32;
                at += DESCRIPTOR;
            }
            long limit = low & 0xffff | low >>> 32 & 0xf_0000;
            text.append(String.format(Locale.ROOT, "0x%02x %-22s base 0x%x limit 0x%x DPL %d%s%n", selector, type(low, isSystem), base,
                    (low >>> 55 & 1) != 0 ? limit << 12 | 0xfff : limit, low >>> 45 & 3, (low >>> 47 & 1) != 0 ? "" : ", not present"));
        }
        return text.toString();
    }

    private static String type(long low, boolean isSystem) {
        if (isSystem) {
            return SYSTEM_TYPES[(int) (low >>> 40 & 0xf)];
        }
        String size = (low >>> 53 & 1) != 0 ? "64-bit " : (low >>> 54 & 1) != 0 ? "32-bit " : "16-bit ";
        boolean isCode = (low >>> 43 & 1) != 0;
        boolean second = (low >>> 41 & 1) != 0;
        return size + (isCode ? second ? "code, readable" : "code" : second ? "data, writable" : "data");
    }

    /** @param names what is known of a handler's address */
    static String idt(Cpu cpu, LongFunction<Optional<String>> names) {
        CpuSnapshot state = cpu.snapshot();
        boolean isLong = (state.model()[0] & EFER_LMA) != 0;
        int size = isLong ? GATE : DESCRIPTOR;
        byte[] table = cpu.look(state.segments()[IDT], (int) (state.segments()[IDT + 1] & 0xffff) + 1);
        StringBuilder text = heading("IDT", state, IDT);
        for (int vector = 0; (vector + 1) * size <= table.length; vector++) {
            ByteBuffer gate = ByteBuffer.wrap(table, vector * size, size).slice().order(ByteOrder.LITTLE_ENDIAN);
            long low = gate.getLong(0);
            if ((low >>> 47 & 1) == 0) {
                continue;
            }
            long offset = low & 0xffff | low >>> 32 & 0xffff_0000L | (isLong ? (long) gate.getInt(DESCRIPTOR) << 32 : 0);
            text.append(String.format(Locale.ROOT, "0x%02x %-14s 0x%x:0x%x DPL %d%s%s%n", vector, SYSTEM_TYPES[(int) (low >>> 40 & 0xf)],
                    low >>> 16 & 0xffff, offset, low >>> 45 & 3, isLong && (low >>> 32 & 7) != 0 ? " IST " + (low >>> 32 & 7) : "",
                    names.apply(offset).map(name -> " " + name).orElse("")));
        }
        return text.toString();
    }

    private static StringBuilder heading(String name, CpuSnapshot state, int at) {
        return new StringBuilder(String.format(Locale.ROOT, "%s of CPU at 0x%x, limit 0x%x%n", name, state.segments()[at], state.segments()[at + 1]));
    }
}
