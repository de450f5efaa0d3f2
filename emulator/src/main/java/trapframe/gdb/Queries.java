package trapframe.gdb;

import java.nio.charset.StandardCharsets;
import java.util.List;
import trapframe.cpu.Cpu;

/** The general queries, which change nothing. */
final class Queries {
    /** Canonical addresses (SDM vol. 1, 3.3.7.1); what is mapped there may change at any time. */
    private static final long LOWER_END = 1L << 47;
    private static final long UPPER_START = -1L << 47;
    private static final String WHOLE_SPACE = """
            <?xml version="1.0"?>
            <!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "http://sourceware.org/gdb/gdb-memory-map.dtd">
            <memory-map><memory type="ram" start="0x0" length="0x800000000000"/>
            <memory type="ram" start="0xffff800000000000" length="0x7fffffffffff"/></memory-map>
            """;

    private final Debuggee debuggee;

    Queries(Debuggee debuggee) {
        this.debuggee = debuggee;
    }

    /** @param query without the letter {@code q} */
    String answer(String query) {
        int end = query.indexOf(':');
        return switch (end < 0 ? query : query.substring(0, end)) {
            case "fThreadInfo" -> "m" + String.join(",", debuggee.machine().cpus().stream().map(cpu -> Session.thread(cpu.number())).toList());
            case "sThreadInfo" -> "l";
            // A client that leaves lets the machine go on.
            case "Attached" -> "1";
            case "Symbol" -> "OK";
            case "MemoryRegionInfo" -> region(Packet.number(query.substring(end + 1)));
            case "Xfer" -> transfer(query.substring(end + 1));
            default -> "";
        };
    }

    /** The same as the memory map, as lldb asks for it: it keeps things of its own where nothing can be. */
    private static String region(long address) {
        if (address >= 0 && address < LOWER_END) {
            return "start:0;size:" + Long.toHexString(LOWER_END) + ";permissions:rwx;";
        }
        return Long.compareUnsigned(address, UPPER_START) < 0
                ? "start:" + Long.toHexString(LOWER_END) + ";size:" + Long.toHexString(UPPER_START - LOWER_END) + ";"
                : "start:" + Long.toHexString(UPPER_START) + ";size:" + Long.toHexString(-UPPER_START - 1) + ";permissions:rwx;";
    }

    /** {@code OBJECT:read:ANNEX:OFFSET,LENGTH}. */
    private String transfer(String request) {
        String[] parts = request.split(":", 4);
        if (parts.length != 4 || !parts[1].equals("read")) {
            return "";
        }
        String annex = parts[2];
        return switch (parts[0]) {
            case "features" -> {
                if (!annex.equals("target.xml")) {
                    throw new RefusedException("no such description: " + annex);
                }
                yield part(Registers.description(), parts[3]);
            }
            case "memory-map" -> part(WHOLE_SPACE, parts[3]);
            case "threads" -> part(threads(), parts[3]);
            case "exec-file" -> part(debuggee.kernel().executable().map(RemoteFile::path)
                    .orElseThrow(() -> new RefusedException("nothing names symbols")), parts[3]);
            default -> "";
        };
    }

    private static String part(String document, String range) {
        int comma = range.indexOf(',');
        if (comma < 0) {
            throw new RefusedException("no length");
        }
        String bytes = Packet.text(document.getBytes(StandardCharsets.UTF_8));
        int offset = Math.min(Packet.length(range.substring(0, comma)), bytes.length());
        int length = Math.min(Packet.length(range.substring(comma + 1)), Packet.MAX_BYTES / 2);
        boolean isLast = length >= bytes.length() - offset;
        return (isLast ? "l" : "m") + bytes.substring(offset, isLast ? bytes.length() : offset + length);
    }

    private String threads() {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?>\n<threads>\n");
        List<Cpu> cpus = debuggee.machine().cpus();
        for (Cpu cpu : cpus) {
            xml.append("<thread id=\"").append(Session.thread(cpu.number())).append("\" core=\"").append(cpu.number()).append("\" name=\"CPU ")
                    .append(cpu.number()).append("\">").append(state(cpu)).append("</thread>\n");
        }
        return xml.append("</threads>\n").toString();
    }

    String threadInfo(int cpu) {
        return Packet.hexText("CPU " + cpu + ", " + state(debuggee.machine().cpus().get(cpu)));
    }

    private static String state(Cpu cpu) {
        return switch (cpu.snapshot().activity()) {
            case ACTIVE -> "running";
            case HLT -> "halted";
            case SHUTDOWN -> "shut down";
            case WAIT_FOR_SIPI -> "waiting for a start-up message";
        };
    }
}
