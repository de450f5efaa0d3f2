package trapframe.machine;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuCounts;
import trapframe.cpu.Vector;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;

/**
 * What happened in a machine since power-on; deterministic.
 *
 * @param exceptions delivered exceptions, by mnemonic
 * @param interrupts those that the 8259s handed over (irq) and that the I/O APIC sent (gsi) by line, those of other origin,
 *                   system calls and halts
 * @param accesses   device accesses by kind, and those that nothing answered
 * @param cpus       what each CPU did, by number
 */
public record Statistics(SortedMap<String, Long> exceptions, SortedMap<String, Long> interrupts,
                         SortedMap<String, Long> accesses, List<SortedMap<String, Long>> cpus) {
    static Statistics of(Board board) {
        List<CpuCounts> counts = board.cpus().stream().map(Cpu::counts).toList();
        SortedMap<String, Long> exceptions = new TreeMap<>();
        for (int vector = 0; vector < Vector.COUNT; vector++) {
            int number = vector;
            long count = sum(counts, cpu -> cpu.exceptions(number));
            if (count > 0) {
                exceptions.put(Vector.name(vector), count);
            }
        }
        SortedMap<String, Long> interrupts = new TreeMap<>();
        long[] byLine = board.pic().counts();
        for (int line = 0; line < byLine.length; line++) {
            putIfAny(interrupts, String.format(Locale.ROOT, "irq%02d", line), byLine[line]);
        }
        for (int pin = 0; pin < IoApic.PINS; pin++) {
            putIfAny(interrupts, String.format(Locale.ROOT, "gsi%02d", pin), board.ioApic().sent(pin));
        }
        putIfAny(interrupts, "between processors", board.apics().commands());
        putIfAny(interrupts, "by message", board.apics().messageSignalled());
        putIfAny(interrupts, "local timers", sum(board.apics().apics(), LocalApic::timerInterrupts));
        interrupts.put("halts", sum(counts, CpuCounts::halts));
        interrupts.put("software", sum(counts, CpuCounts::softwareInterrupts));
        interrupts.put("system calls", sum(counts, CpuCounts::systemCalls));
        SortedMap<String, Long> accesses = new TreeMap<>();
        accesses.put("ports", board.ports().accesses());
        accesses.put("ports unassigned", board.ports().unassigned());
        accesses.put("memory", board.mmio().accesses() + sum(board.apics().apics(), LocalApic::accesses));
        accesses.put("memory unassigned", board.mmio().unassigned());
        return new Statistics(exceptions, interrupts, accesses, board.cpus().stream().map(cpu -> of(cpu, board)).toList());
    }

    private static SortedMap<String, Long> of(Cpu cpu, Board board) {
        CpuCounts counts = cpu.counts();
        SortedMap<String, Long> did = new TreeMap<>();
        did.put("code bytes", counts.codeBytes());
        did.put("exceptions", LongStream.range(0, Vector.COUNT).map(vector -> counts.exceptions((int) vector)).sum());
        did.put("halts", counts.halts());
        did.put("interrupts", counts.interrupts());
        did.put("local timer", board.apics().apics().get(cpu.number()).timerInterrupts());
        did.put("software", counts.softwareInterrupts());
        did.put("system calls", counts.systemCalls());
        return did;
    }

    private static void putIfAny(SortedMap<String, Long> counts, String name, long count) {
        if (count > 0) {
            counts.put(name, count);
        }
    }

    private static <T> long sum(List<T> parts, ToLongFunction<T> count) {
        return parts.stream().mapToLong(count).sum();
    }
}
