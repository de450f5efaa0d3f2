package trapframe.symbols;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Memory as a loader fills it from a linked file. */
public final class ElfMemory implements MemoryView {
    private record Segment(long address, byte[] bytes) { }

    private final List<Segment> segments = new ArrayList<>();

    public ElfMemory(Path file, byte[] content) {
        for (String line : HostTools.run("readelf", "-lW", file.toString()).lines().toList()) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("LOAD")) {
                int offset = Integer.decode(words[1]);
                byte[] bytes = Arrays.copyOf(Arrays.copyOfRange(content, offset, offset + Integer.decode(words[4])), Integer.decode(words[5]));
                segments.add(new Segment(Long.decode(words[2]), bytes));
            }
        }
    }

    @Override
    public byte[] read(long address, int length) {
        for (Segment segment : segments) {
            long at = address - segment.address;
            if (at >= 0 && at < segment.bytes.length) {
                return Arrays.copyOfRange(segment.bytes, (int) at, (int) Math.min(at + length, segment.bytes.length));
            }
        }
        return new byte[0];
    }
}
