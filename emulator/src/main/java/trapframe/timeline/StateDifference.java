package trapframe.timeline;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import trapframe.cpu.CpuSnapshot;
import trapframe.machine.Machine;
import trapframe.x86.GeneralRegister;

/**
 * One place where two machines differ.
 *
 * @param place for people: a register of a CPU, an address of RAM, a part of a device
 * @param one   what is there in the one machine
 * @param other what is there in the other
 */
public record StateDifference(String place, String one, String other) {
    /** Addresses of RAM that are named one by one. */
    private static final int MOST_ADDRESSES = 8;

    private static final List<String> REGISTERS = GeneralRegister.NAMES.stream().map(name -> name.toUpperCase(Locale.ROOT)).toList();
    private static final List<String> SEGMENTS = List.of("ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR");
    private static final List<String> SEGMENT_PARTS = List.of("selector", "base", "limit", "attributes");
    private static final List<String> TABLES = List.of("GDTR base", "GDTR limit", "IDTR base", "IDTR limit");
    private static final List<String> CONTROL = List.of("CR0", "CR2", "CR3", "CR4");
    private static final List<String> DEBUG = List.of("DR0", "DR1", "DR2", "DR3", "DR6", "DR7");
    private static final List<String> MODEL = List.of("EFER", "STAR", "LSTAR", "CSTAR", "FMASK", "KernelGSBase", "TSC_AUX", "SYSENTER_CS",
            "SYSENTER_ESP", "SYSENTER_EIP", "PAT", "TSC offset");
    private static final List<String> PENDING = List.of("interrupt shadow", "NMI blocked", "NMI pending", "INTR", "INIT pending");
    private static final int ST_BYTES = 10;
    private static final int CONTROL_WORDS = 80;
    private static final int XMM = 90;
    private static final int XMM_BYTES = 16;

    /** All differences of two machines with the same description: processors first, then RAM, then devices. */
    public static List<StateDifference> between(Machine one, Machine other) {
        List<StateDifference> found = new ArrayList<>();
        compare(found, "position", one.clock().position(), other.clock().position());
        for (int i = 0; i < one.cpus().size(); i++) {
            cpus(found, one.cpus().size() > 1 ? "CPU " + i + " " : "", one.cpus().get(i).snapshot(), other.cpus().get(i).snapshot());
        }
        ram(found, one.ram().segment(), other.ram().segment());
        devices(found, one, other);
        List<String> timers = one.timerNames();
        for (int i = 0; i < timers.size(); i++) {
            compare(found, "deadline of the " + timers.get(i), one.deadlines().get(i), other.deadlines().get(i));
        }
        compare(found, "turn", one.turn(), other.turn());
        return found;
    }

    private static void cpus(List<StateDifference> found, String cpu, CpuSnapshot one, CpuSnapshot other) {
        compareHex(found, cpu + "RIP", one.rip(), other.rip());
        compareHex(found, cpu + "RFLAGS", one.rflags(), other.rflags());
        all(found, cpu, REGISTERS, one.registers(), other.registers());
        all(found, cpu, CONTROL, one.control(), other.control());
        all(found, cpu, DEBUG, one.debug(), other.debug());
        all(found, cpu, MODEL, one.model(), other.model());
        for (int i = 0; i < one.segments().length; i++) {
            int parts = SEGMENT_PARTS.size();
            String name = i < SEGMENTS.size() * parts ? SEGMENTS.get(i / parts) + " " + SEGMENT_PARTS.get(i % parts)
                    : TABLES.get(i - SEGMENTS.size() * parts);
            compareHex(found, cpu + name, one.segments()[i], other.segments()[i]);
        }
        vector(found, cpu, one.vector(), other.vector());
        compare(found, cpu + "activity", one.activity(), other.activity());
        for (int i = 0; i < PENDING.size(); i++) {
            compare(found, cpu + PENDING.get(i), one.pending()[i], other.pending()[i]);
        }
        compare(found, cpu + "start-up vector", one.startup(), other.startup());
        compare(found, cpu + "breakpoints hit", one.hits(), other.hits());
    }

    private static void all(List<StateDifference> found, String cpu, List<String> names, long[] one, long[] other) {
        for (int i = 0; i < names.size(); i++) {
            compareHex(found, cpu + names.get(i), one[i], other[i]);
        }
    }

    private static void vector(List<StateDifference> found, String cpu, byte[] one, byte[] other) {
        for (int i = 0; i < CONTROL_WORDS / ST_BYTES; i++) {
            compareBytes(found, cpu + "ST" + i, one, other, i * ST_BYTES, ST_BYTES);
        }
        compareBytes(found, cpu + "x87 and SSE control and status", one, other, CONTROL_WORDS, XMM - CONTROL_WORDS);
        for (int i = 0; XMM + i * XMM_BYTES < one.length; i++) {
            compareBytes(found, cpu + "XMM" + i, one, other, XMM + i * XMM_BYTES, XMM_BYTES);
        }
    }

    private static void ram(List<StateDifference> found, MemorySegment one, MemorySegment other) {
        int named = 0;
        long more = 0;
        long size = one.byteSize();
        for (long at = next(one, other, 0); at < size; at = next(one, other, at + 1)) {
            if (named++ < MOST_ADDRESSES) {
                found.add(new StateDifference(String.format(Locale.ROOT, "RAM at 0x%x", at),
                        String.format(Locale.ROOT, "0x%02x", one.get(ValueLayout.JAVA_BYTE, at)),
                        String.format(Locale.ROOT, "0x%02x", other.get(ValueLayout.JAVA_BYTE, at))));
            } else {
                more++;
            }
        }
        if (more > 0) {
            found.add(new StateDifference("RAM at " + more + " more addresses", "one content", "another one"));
        }
    }

    private static long next(MemorySegment one, MemorySegment other, long from) {
        long size = one.byteSize();
        long at = from >= size ? -1 : MemorySegment.mismatch(one, from, size, other, from, size);
        return at < 0 ? size : from + at;
    }

    private static void devices(List<StateDifference> found, Machine one, Machine other) {
        List<Machine.DeviceState> here = one.deviceStates();
        List<Machine.DeviceState> there = other.deviceStates();
        for (int i = 0; i < here.size(); i++) {
            StateWalk.compare(found, here.get(i).name(), here.get(i).state(), there.get(i).state());
        }
    }

    private static void compareBytes(List<StateDifference> found, String place, byte[] one, byte[] other, int from, int length) {
        compare(found, place, hex(one, from, length), hex(other, from, length));
    }

    private static String hex(byte[] bytes, int from, int length) {
        StringBuilder text = new StringBuilder("0x");
        for (int i = from + length - 1; i >= from; i--) {
            text.append(String.format(Locale.ROOT, "%02x", bytes[i]));
        }
        return text.toString();
    }

    private static void compareHex(List<StateDifference> found, String place, long one, long other) {
        compare(found, place, "0x" + Long.toHexString(one), "0x" + Long.toHexString(other));
    }

    private static void compare(List<StateDifference> found, String place, Object one, Object other) {
        if (!one.equals(other)) {
            found.add(new StateDifference(place, one.toString(), other.toString()));
        }
    }
}
