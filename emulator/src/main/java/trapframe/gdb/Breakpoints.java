package trapframe.gdb;

import java.util.ArrayList;
import java.util.List;
import trapframe.cpu.Watch;

/**
 * What a client has inserted with {@code Z}. Instructions are kept by linear address. Data is watched by the physical address that it had
 * when the watchpoint was inserted, so that an access by another mapping counts as well.
 */
final class Breakpoints {
    private static final int SOFTWARE = 0;
    private static final int HARDWARE = 1;
    private static final int WRITE = 2;
    private static final int READ = 3;
    private static final int ACCESS = 4;
    private static final int MAX = 1024;
    private static final int MAX_WATCHED = 1 << 16;

    /** @param length bytes that are watched; of an instruction what the client says */
    private record Point(int type, long address, int length) {
        boolean isCode() {
            return type <= HARDWARE;
        }
    }

    /** @param watches what it takes to watch it; nothing for an instruction */
    private record Inserted(Point point, List<Watch> watches) { }

    private final Debuggee debuggee;
    private final List<Inserted> points = new ArrayList<>();

    Breakpoints(Debuggee debuggee) {
        this.debuggee = debuggee;
    }

    /** Linear addresses of the instructions. */
    long[] code() {
        return points.stream().map(Inserted::point).filter(Point::isCode).mapToLong(Point::address).toArray();
    }

    List<Watch> data() {
        return points.stream().flatMap(inserted -> inserted.watches.stream()).toList();
    }

    String insert(int cpu, String text) {
        Point point = parse(text);
        if (points.size() >= MAX) {
            throw new RefusedException("there are " + MAX + " breakpoints already");
        }
        remove(text);
        points.add(new Inserted(point, point.isCode() ? List.of() : watches(cpu, point)));
        return "OK";
    }

    String remove(String text) {
        Point point = parse(text);
        points.removeIf(inserted -> inserted.point.equals(point));
        return "OK";
    }

    private static Point parse(String text) {
        String[] parts = text.split(";", 2)[0].split(",", -1);
        if (parts.length != 3) {
            throw new RefusedException("a breakpoint has a type, an address and a length");
        }
        int type = Packet.length(parts[0]);
        if (type > ACCESS) {
            throw new RefusedException("no such type of breakpoint: " + type);
        }
        return new Point(type, Packet.number(parts[1]), Packet.length(parts[2]));
    }

    /** The bytes as the CPU maps them now, a piece for each page. */
    private List<Watch> watches(int cpu, Point point) {
        if (point.length < 1 || point.length > MAX_WATCHED) {
            throw new RefusedException("1 to " + MAX_WATCHED + " bytes can be watched");
        }
        Watch.Kind kind = point.type == WRITE ? Watch.Kind.WRITE : point.type == READ ? Watch.Kind.READ : Watch.Kind.ACCESS;
        List<Watch> watches = new ArrayList<>();
        for (int done = 0; done < point.length; ) {
            long linear = point.address + done;
            int piece = Debuggee.pieceLength(linear, point.length - done);
            watches.add(new Watch(debuggee.physical(cpu, linear), piece, kind));
            done += piece;
        }
        return watches;
    }

    /** What a stop reply says of an instruction before which a CPU stopped. */
    String kindAt(long address) {
        boolean isSoftware = points.stream().map(Inserted::point).anyMatch(point -> point.type == SOFTWARE && point.address == address);
        return isSoftware ? "swbreak:;" : "hwbreak:;";
    }

    /** What a stop reply says of an access: the address that the client gave. */
    String kindOf(Watch watch) {
        for (Inserted inserted : points) {
            if (inserted.watches.contains(watch)) {
                String kind = inserted.point.type == WRITE ? "watch" : inserted.point.type == READ ? "rwatch" : "awatch";
                return kind + ":" + Long.toHexString(inserted.point.address) + ";";
            }
        }
        return "";
    }
}
