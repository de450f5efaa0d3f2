package trapframe.tools;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import trapframe.cpu.DoubleFault;
import trapframe.cpu.Vector;
import trapframe.diagnose.Cell;
import trapframe.diagnose.CpuPlace;
import trapframe.diagnose.Loop;
import trapframe.diagnose.Masked;
import trapframe.diagnose.PendingEvent;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.flow.Poll;

/**
 * A proof that the guest gets no further, or what is known if there is none, for people and for programs.
 *
 * @param names of addresses, as far as they are known
 */
record VerdictReport(Verdict verdict, LongFunction<Optional<String>> names) {
    BootResult.Ending ending() {
        return BootResult.Ending.of(verdict.ending()).orElseThrow();
    }

    String sentence() {
        return verdict.sentence(names);
    }

    /** What is known where there is no proof, as a line. */
    Optional<String> doubt() {
        return verdict instanceof Verdict.NotProved doubt
                ? Optional.of("not proved to hang: " + doubt.known() + " (looked at position " + doubt.position()
                        + doubt.cpus().stream().map(place -> name(place.rip())).collect(Collectors.joining(", ", ", at ", ")")))
                : Optional.empty();
    }

    /** The evidence, for {@code --stats}. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (CpuPlace place : verdict.cpus()) {
            place.doubleFault().ifPresent(fault -> lines.add("CPU " + place.cpu() + " handles the double fault of position " + fault.position() + ": "
                    + Vector.name(fault.second()) + " came during the delivery of " + Vector.name(fault.first()) + " at " + name(fault.rip())
                    + ", RSP " + hex(fault.rsp()) + ", CR2 " + hex(fault.cr2())));
        }
        for (Loop loop : verdict.loops()) {
            lines.add("CPU " + loop.cpu() + " repeats " + loop.instructions().size() + (loop.instructions().size() == 1 ? " instruction, " : " instructions, ")
                    + name(loop.instructions().getFirst()) + " to " + name(loop.instructions().getLast()) + ", and reads "
                    + (loop.reads().isEmpty() && loop.polls().isEmpty() ? "nothing"
                            : Stream.concat(loop.polls().stream().map(VerdictReport::words), loop.reads().stream().map(this::words))
                                    .collect(Collectors.joining(", "))));
        }
        verdict.masked().forEach(masked -> lines.add("left out: " + masked.cell().map(this::words).orElse(masked.name()) + ": " + masked.why()));
        verdict.pending().forEach(event -> lines.add("pending: " + event.timer() + " at position " + event.position() + ": " + event.why()));
        return lines;
    }

    /** As in "the line status register of COM1, port 0x3fd, which gives 0x60 (nothing is being sent, and nobody sends)". */
    private static String words(Poll poll) {
        return poll.register().words() + poll.value().map(value -> ", which gives " + hex(value & poll.steady())
                + (poll.steady() == mask(poll) ? "" : " in bits " + hex(poll.steady()))).orElse("") + " (" + poll.why() + ")";
    }

    private static long mask(Poll poll) {
        return (1L << 8 * poll.register().bytes()) - 1;
    }

    private String words(Cell cell) {
        return cell.bytes() + (cell.bytes() == 1 ? " byte at " : " bytes at ") + name(cell.linear());
    }

    private String name(long address) {
        return names.apply(address).orElse(hex(address));
    }

    private static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }

    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("kind", switch (verdict) {
            case Verdict.DeadHalt _ -> "dead-halt";
            case Verdict.DeadSpin _ -> "dead-spin";
            case Verdict.NoProgress _ -> "no-progress";
            case Verdict.Storm _ -> "storm";
            case Verdict.TripleFault _ -> "triple-fault";
            case Verdict.NotProved _ -> "not-proved";
        });
        if (verdict instanceof Verdict.NotProved doubt) {
            document.put("position", doubt.position());
            document.put("known", doubt.known());
        }
        document.put("cpus", verdict.cpus().stream().map(this::document).toList());
        document.put("loops", verdict.loops().stream().map(this::document).toList());
        document.put("masked", verdict.masked().stream().map(this::document).toList());
        document.put("pending", verdict.pending().stream().map(VerdictReport::document).toList());
        return document;
    }

    private Map<String, Object> document(CpuPlace place) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("cpu", place.cpu());
        document.put("rip", hex(place.rip()));
        names.apply(place.rip()).ifPresent(name -> document.put("name", name));
        document.put("rsp", hex(place.rsp()));
        document.put("privilege", place.privilege());
        document.put("interruptsOn", place.interruptsOn());
        document.put("activity", place.activity().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        place.doubleFault().ifPresent(fault -> document.put("doubleFault", document(fault)));
        return document;
    }

    private Map<String, Object> document(DoubleFault fault) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("position", fault.position());
        document.put("rip", hex(fault.rip()));
        names.apply(fault.rip()).ifPresent(name -> document.put("name", name));
        document.put("rsp", hex(fault.rsp()));
        document.put("stackMapped", fault.stackMapped());
        document.put("first", Vector.name(fault.first()));
        document.put("second", Vector.name(fault.second()));
        document.put("cr2", hex(fault.cr2()));
        return document;
    }

    private Map<String, Object> document(Loop loop) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("cpu", loop.cpu());
        document.put("instructions", loop.instructions().stream().map(VerdictReport::hex).toList());
        document.put("codeBytes", loop.codeBytes());
        document.put("reads", loop.reads().stream().map(this::document).toList());
        document.put("polls", loop.polls().stream().map(VerdictReport::document).toList());
        return document;
    }

    private static Map<String, Object> document(Poll poll) {
        Map<String, Object> document = new LinkedHashMap<>();
        poll.register().device().ifPresent(device -> document.put("device", device));
        poll.register().name().ifPresent(name -> document.put("register", name));
        document.put(poll.register().port() ? "port" : "physical", hex(poll.register().address()));
        document.put("bytes", poll.register().bytes());
        document.put("steadyBits", hex(poll.steady()));
        document.put("why", poll.why());
        poll.value().ifPresent(value -> document.put("value", hex(value)));
        return document;
    }

    private Map<String, Object> document(Cell cell) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("linear", hex(cell.linear()));
        names.apply(cell.linear()).ifPresent(name -> document.put("name", name));
        document.put("physical", hex(cell.physical()));
        document.put("bytes", cell.bytes());
        return document;
    }

    private Map<String, Object> document(Masked masked) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", masked.name());
        masked.cell().ifPresent(cell -> document.put("cell", document(cell)));
        document.put("why", masked.why());
        return document;
    }

    private static Map<String, Object> document(PendingEvent event) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("timer", event.timer());
        document.put("position", event.position());
        document.put("why", event.why());
        return document;
    }
}
