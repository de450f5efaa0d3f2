package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.symbols.Backtrace;
import trapframe.symbols.Frame;
import trapframe.symbols.FrameRegisters;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.MemoryView;
import trapframe.symbols.SourceFrame;
import trapframe.symbols.Value;
import trapframe.tests.timeline.SproutMachine;

/** Sprout's stacks, walked from outside while it runs. */
class SproutSymbolsTest {
    private static final Path SPROUT = SproutBoot.IMAGE;
    private static final KernelSymbols SYMBOLS = KernelSymbols.open(SPROUT);
    private static final int MEMORY_BYTES = 16 << 20;

    private static final long SLICE = 5_000;
    private static final int STEPS = 10_000;
    private static final int RSP = 4;
    private static final int STACK_BYTES = 16384;
    private static final int TRAP_FRAME_BYTES = 176;

    private static Machine boot(int timerPhase) {
        return SproutMachine.open(MachineSpec.standard().withMemory(MEMORY_BYTES).withTimerPhase(timerPhase), "test=kthread");
    }

    /** The positions shortly before the ticks, from the first task on. */
    private static List<Long> ticks(int timerPhase) {
        List<Long> ticks = new ArrayList<>();
        try (Machine machine = boot(timerPhase)) {
            MemoryView memory = machine.cpus().getFirst()::look;
            Value current = SYMBOLS.value("cpus[0].current", memory);
            long seen = 0;
            while (machine.run(new RunLimits(machine.clock().position() + SLICE)) instanceof StopReason.PositionLimit) {
                boolean areTasks = memory.read(current.address(), Long.BYTES).length > 0 && !current.isNull();
                if (interrupts(machine) != seen && areTasks) {
                    ticks.add(machine.clock().position() - 2 * SLICE);
                }
                seen = interrupts(machine);
            }
        }
        return ticks;
    }

    private static Backtrace backtrace(Cpu cpu) {
        return backtrace(SYMBOLS, cpu);
    }

    private static Backtrace backtrace(KernelSymbols symbols, Cpu cpu) {
        return symbols.unwinder(cpu::look).backtrace(FrameRegisters.of(cpu.snapshot().rip(), cpu.snapshot().registers()), 64);
    }

    private static List<String> functions(List<Frame> frames) {
        return frames.stream().map(frame -> SYMBOLS.lineAt(frame.address()).stream().map(SourceFrame::function)
                .collect(Collectors.joining(" < "))).toList();
    }

    private static void step(Machine machine) {
        run(machine, machine.clock().position() + 1);
    }

    private static void run(Machine machine, long position) {
        assertThat(machine.run(new RunLimits(position))).isEqualTo(new StopReason.PositionLimit());
    }

    private static long interrupts(Machine machine) {
        return machine.cpus().getFirst().counts().interrupts();
    }

    private static long[] places(Frame frame) {
        return new long[] {frame.registers().rip(), frame.registers().rsp()};
    }

    @Test
    void everyInstructionHasTheSourceLineThatAddr2lineNames() throws Exception {
        assumeTrue(Stream.of(System.getenv("PATH").split(File.pathSeparator)).anyMatch(folder -> Files.isExecutable(Path.of(folder, "addr2line"))),
                "addr2line is not installed");
        List<Long> addresses = LongStream.range(SYMBOLS.address("kernel_main").orElseThrow() & -4096, SYMBOLS.address("__text_end").orElseThrow())
                .filter(address -> SYMBOLS.symbolAt(address).filter(symbol -> address - symbol.address() < symbol.size()).isPresent())
                .boxed().toList();
        Path input = Files.createTempFile("addresses", ".txt");
        Process process;
        try {
            Files.write(input, addresses.stream().map(Long::toHexString).toList());
            process = new ProcessBuilder("addr2line", "-a", "-i", "-f", "-e", SPROUT.toString()).redirectInput(input.toFile()).start();
            List<String> expected = new ArrayList<>();
            for (String line : process.inputReader().lines().toList()) {
                if (line.startsWith("0x")) {
                    expected.add("");
                } else {
                    expected.add(expected.removeLast() + " " + line.replaceFirst(" \\(discriminator \\d+\\)", ""));
                }
            }

            assertThat(addresses).hasSizeGreaterThan(20_000);
            assertThat(IntStream.range(0, addresses.size()).filter(i -> !lines(addresses.get(i)).equals(expected.get(i)))
                    .mapToObj(i -> lines(addresses.get(i)) + ", not" + expected.get(i))).isEmpty();
        } finally {
            Files.delete(input);
        }
    }

    private static String lines(long address) {
        return SYMBOLS.lineAt(address).stream().map(frame -> " " + frame.function() + " " + frame.line().map(Object::toString).orElse("??:0"))
                .collect(Collectors.joining());
    }

    @Test
    void theKernelsMemoryIsReadByNameAndType() {
        try (Machine machine = boot(0)) {
            run(machine, ticks(0).getLast());
            MemoryView memory = machine.cpus().getFirst()::look;

            assertThat(SYMBOLS.value("tasks[0].name", memory).string()).isEqualTo("main");
            assertThat(SYMBOLS.value("tasks[1]", memory).member("name").string()).isEqualTo("idle");
            assertThat(SYMBOLS.value("tasks[63].state", memory)).hasToString("TASK_FREE");
            assertThat(SYMBOLS.value("cpus[0].idle->name", memory)).hasToString("\"idle\"");
            assertThat(SYMBOLS.value("cpus[0].current", memory).target().member("state").constant()).hasValue("TASK_RUNNING");
            assertThat(SYMBOLS.value("sched_lock.name", memory).toString()).endsWith(" \"scheduler\"");
            assertThat(SYMBOLS.value("'sched/task.c'::next_id", memory).number()).isGreaterThan(2);
        }
    }

    /** Every instruction of a handler, the first ones of the entry code included, knows what was interrupted, and who called that. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3_000_000, 7_000_000})
    void insideAHandlerTheStackLeadsToTheInterruptedCodeAndItsCallers(int phase) {
        Set<String> chains = new TreeSet<>();
        List<Long> ticks = ticks(phase);
        try (Machine machine = boot(phase)) {
            Cpu cpu = machine.cpus().getFirst();
            for (long tick : ticks) {
                run(machine, tick);
                Backtrace interrupted = runUntilInterrupt(machine);
                Frame stopped = interrupted.frames().getFirst();
                long top = cpu.snapshot().registers()[RSP] + TRAP_FRAME_BYTES;
                int steps = 0;
                // Until it goes on, or another task does, on another stack.
                for (CpuSnapshot now = cpu.snapshot(); now.rip() != stopped.registers().rip() && Long.compareUnsigned(now.registers()[RSP], top) < 0
                        && top - now.registers()[RSP] < STACK_BYTES; now = cpu.snapshot()) {
                    Backtrace inside = backtrace(cpu);
                    String chain = String.join(", ", functions(inside.frames()));
                    int handlers = inside.frames().size() - interrupted.frames().size();

                    assertThat(handlers).as(chain).isPositive();
                    assertThat(inside.frames().subList(handlers, inside.frames().size()).stream().map(SproutSymbolsTest::places))
                            .as(chain).containsExactlyElementsOf(interrupted.frames().stream().map(SproutSymbolsTest::places).toList());
                    assertThat(inside.frames().get(handlers).isCall()).as(chain).isFalse();
                    assertThat(inside.end()).as(chain).isEqualTo(interrupted.end());
                    chains.add(String.join(", ", functions(inside.frames().subList(0, handlers))));
                    step(machine);
                    steps++;
                }
                assertThat(steps).isGreaterThan(100);
            }
        }
        assertThat(ticks).hasSizeGreaterThan(2);
        // The way of the tick, as the kernel's sources have it.
        assertThat(chains).anyMatch(chain -> chain.contains("tick, ") && chain.contains("irq_dispatch, trap_dispatch, trap_common"))
                .anyMatch(chain -> chain.startsWith("trap_stubs")).anyMatch(chain -> chain.equals("trap_common"));
    }

    /** Without debug information frame records lead on, and what the processor pushed is recognised. */
    @Test
    void withNamesOnlyTheSameWayIsFoundAtNearlyEveryInstruction() {
        KernelSymbols names = KernelSymbols.open(SPROUT.resolveSibling("links/sprout/second.elf.nm"));
        long shortlyBeforeATick = ticks(0).getLast();
        int right = 0;
        try (Machine machine = boot(0)) {
            Cpu cpu = machine.cpus().getFirst();
            run(machine, shortlyBeforeATick);
            for (int i = 0; i < STEPS; i++) {
                List<Long> expected = addresses(backtrace(SYMBOLS, cpu));
                right += addresses(backtrace(names, cpu)).equals(expected) ? 1 : 0;
                step(machine);
            }
        }
        assertThat(right).isGreaterThan(STEPS / 100 * 99);
    }

    private static List<Long> addresses(Backtrace backtrace) {
        return backtrace.frames().stream().map(frame -> frame.registers().rip()).toList();
    }

    /** Returns the stack at the boundary at which the next interrupt is taken; the machine is in its handler. */
    private static Backtrace runUntilInterrupt(Machine machine) {
        Cpu cpu = machine.cpus().getFirst();
        long before = interrupts(machine);
        while (true) {
            Backtrace here = backtrace(cpu);
            step(machine);
            if (interrupts(machine) != before) {
                return here;
            }
        }
    }
}
