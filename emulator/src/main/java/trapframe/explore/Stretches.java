package trapframe.explore;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import trapframe.cpu.Cpu;
import trapframe.machine.Machine;
import trapframe.unicorn.CpuState;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;

/** What a run does between the places at which an interrupt would be taken. */
final class Stretches {
    /**
     * The instructions from one such place to the next: one, as a rule, or all for which interrupts are off.
     *
     * @param position  where it begins
     * @param footprint the RAM that it uses
     * @param moves     by how many bytes RSP is higher behind it
     * @param isApart   whether it does something that is no use of RAM: with a device, with what instructions of the system change, with page tables,
     *                  or with time; or takes an interrupt or exception; or more than one CPU can run
     */
    record Stretch(long position, Footprint footprint, long moves, boolean isApart) { }

    private final Bench bench;
    private final Machine machine;
    private final FootprintWatch watch;
    private final Boundaries boundaries;
    private final TablePages tables;
    private boolean apart;
    private boolean over;

    /**
     * From where a bench is, which is left where it is between two calls of {@link #next}.
     *
     * @param to the position behind the last place
     */
    Stretches(WatchedBench watched, long to) {
        bench = watched.bench();
        machine = bench.machine();
        watch = watched.watch();
        tables = new TablePages(machine.ram());
        boundaries = new Boundaries(bench, to, this::look);
        over = !boundaries.next();
    }

    /** The next ones, in order; none when the window is over. */
    List<Stretch> next(int most) {
        List<Stretch> stretches = new ArrayList<>();
        lookAtTables();
        while (!over && stretches.size() < most) {
            long position = bench.position();
            Cpu cpu = bench.cpu();
            long pointer = cpu.state().register(CpuState.RSP);
            watch.begin();
            apart = !machine.turn().isEndless();
            over = !boundaries.next();
            apart |= bench.cpu() != cpu || !machine.turn().isEndless();
            Footprint footprint = watch.footprint();
            if (Arrays.stream(footprint.writes()).anyMatch(tables::has)) {
                apart = true;
                lookAtTables();
            }
            stretches.add(new Stretch(position, footprint, cpu.state().register(CpuState.RSP) - pointer,
                    apart || watch.usesDevices() || watch.isInterrupted()));
        }
        return stretches;
    }

    private void lookAtTables() {
        machine.cpus().forEach(cpu -> tables.look(cpu.snapshot()));
    }

    /** Before an instruction. */
    private void look() {
        Cpu cpu = bench.cpu();
        long rip = cpu.state().linearRip();
        apart |= !cpu.state().is64Bit()
                || Encoding.decode(cpu.look(rip, Encoding.MAX_LENGTH), 0, CodeSize.BITS_64, rip).map(Stretches::isOfSystem).orElse(true);
    }

    /** Whether an instruction uses more than RAM, general registers and those of the x87 and SSE (SDM vol. 2D, appendix A). */
    private static boolean isOfSystem(Encoding instruction) {
        return switch (instruction.map()) {
            // MOV to a segment register; far RET; INT3, INT, INTO, IRET; HLT; far CALL and JMP.
            case 1 -> switch (instruction.opcode()) {
                case 0x8e, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xf4 -> true;
                case 0xff -> instruction.extension() == 3 || instruction.extension() == 5;
                default -> false;
            };
            // Descriptor tables, INVLPG, SWAPGS, RDTSCP; SYSCALL, CLTS, SYSRET; caches; control and debug registers; MSRs, RDTSC, SYSENTER; FS and GS.
            case 2 -> switch (instruction.opcode()) {
                case 0x00, 0x01, 0x05, 0x06, 0x07, 0x08, 0x09, 0x20, 0x21, 0x22, 0x23, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0xa1, 0xa9, 0xb2, 0xb4, 0xb5 -> true;
                default -> false;
            };
            default -> false;
        };
    }
}
