package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Backtraces of a program that runs under gdb, at every instruction of a part of its run, beside gdb's own. */
class UnwinderTest {
    private static final String[] REGISTERS = {"rip", "rsp", "rbx", "rbp", "r12", "r13", "r14", "r15"};
    private static final int STEPS = 250;
    /** Below RSP, and used all the same (psABI, 3.2.2). */
    private static final int RED_ZONE = 128;

    /** Prints at each step the registers, the stack from RSP on, and the registers of each frame. */
    private static final String SCRIPT = """
            import gdb
            gdb.execute('set confirm off')
            gdb.execute('set startup-with-shell off')
            gdb.execute('set disable-randomization on')
            try:
                gdb.execute('starti', to_string=True)
            except gdb.error as e:
                print('CANNOT RUN', e)
                gdb.execute('quit')
            names = 'rip rsp rbx rbp r12 r13 r14 r15'.split()
            ALL = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 rip'.split()
            def value(frame, name):
                register = frame.read_register(name)
                return 'lost' if register.is_optimized_out else '%x' % (int(register) & 0xffffffffffffffff)
            top = int(gdb.newest_frame().read_register('rsp')) & 0xffffffffffffffff
            for step in range(STEPS):
                frame = gdb.newest_frame()
                rsp = int(frame.read_register('rsp')) & 0xffffffffffffffff
                stack = gdb.selected_inferior().read_memory(rsp - 128, top + 64 - rsp + 128).tobytes().hex()
                print('STEP', *[value(frame, name) for name in ALL], stack)
                while frame is not None:
                    if frame.type() != gdb.INLINE_FRAME:
                        print('FRAME', *[value(frame, name) for name in names])
                    frame = frame.older()
                gdb.execute('stepi', to_string=True)
            gdb.execute('kill')
            """.replace("STEPS", Integer.toString(STEPS));

    @TempDir
    private Path folder;

    private record Step(FrameRegisters registers, MemoryView memory, List<List<String>> frames) { }

    private List<Step> run(SampleProgram program) throws IOException {
        HostTools.need("gdb");
        Path script = folder.resolve("steps.py");
        Files.writeString(script, SCRIPT);
        String output = HostTools.run("gdb", "-nx", "-batch", "-x", script.toString(), program.file().toString());
        assumeTrue(!output.contains("CANNOT RUN"), "gdb may not start programs here");
        MemoryView image = new ElfMemory(program.file(), program.bytes());
        List<Step> steps = new ArrayList<>();
        for (String line : output.lines().toList()) {
            List<String> words = List.of(line.split(" "));
            if (words.getFirst().equals("STEP")) {
                long[] all = words.subList(1, 18).stream().mapToLong(word -> Long.parseUnsignedLong(word, 16)).toArray();
                FrameRegisters registers = FrameRegisters.of(all[16], Arrays.copyOf(all, 16));
                byte[] stack = HexFormat.of().parseHex(words.getLast());
                steps.add(new Step(registers, (address, length) -> {
                    long at = address - (registers.rsp() - RED_ZONE);
                    return at >= 0 && at < stack.length ? Arrays.copyOfRange(stack, (int) at, (int) Math.min(stack.length, at + length))
                            : image.read(address, length);
                }, new ArrayList<>()));
            } else if (words.getFirst().equals("FRAME")) {
                steps.getLast().frames.add(words.subList(1, words.size()));
            }
        }
        assertThat(steps.size()).isEqualTo(STEPS);
        return steps;
    }

    static Stream<SampleProgram> programs() {
        return Stream.concat(SampleProgram.all(), Stream.of(new SampleProgram("gcc", List.of("-O2", "-gdwarf-5", "-fno-asynchronous-unwind-tables"))));
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyFrameHasTheRegistersThatGdbFinds(SampleProgram program) throws IOException {
        KernelSymbols symbols = program.symbols();
        int deepest = 0;
        for (Step step : run(program)) {
            List<Frame> frames = symbols.unwinder(step.memory).backtrace(step.registers, 50).frames();
            List<List<String>> found = frames.stream().limit(step.frames.size()).map(UnwinderTest::describe).toList();

            assertThat(found).as(step.registers.toString()).isEqualTo(step.frames);
            assertThat(frames.stream().limit(step.frames.size()).skip(1)).allMatch(frame -> frame.found() == Frame.Found.CALL_FRAME_INFORMATION);
            deepest = Math.max(deepest, found.size());
        }
        assertThat(deepest).isGreaterThanOrEqualTo(4);
    }

    private static List<String> describe(Frame frame) {
        return Arrays.stream(REGISTERS).map(name -> frame.registers().get(name)).map(value -> value.isPresent()
                ? Long.toHexString(value.getAsLong()) : "lost").toList();
    }

    /** Kernels begin a task's stack with it. */
    @Test
    void aReturnAddressOfNoughtIsTheEndOfAStack() throws IOException {
        KernelSymbols symbols = new SampleProgram("gcc", List.of("-O1", "-gdwarf-5")).symbols();
        FrameRegisters entered = FrameRegisters.of(symbols.address("_start").orElseThrow(), 0x7000_0000);

        Backtrace backtrace = symbols.unwinder((_, length) -> new byte[length]).backtrace(entered, 50);

        assertThat(backtrace.frames()).hasSize(1);
        assertThat(backtrace.end()).isEqualTo(Backtrace.End.OUTERMOST);
    }

    @Test
    void withoutCallFrameInformationFrameRecordsAreFollowed() throws IOException {
        HostTools.need("objcopy");
        assertSameFunctions(new SampleProgram("gcc", List.of("-O1", "-fno-asynchronous-unwind-tables", "-g0", "-fno-omit-frame-pointer",
                "-mno-omit-leaf-frame-pointer", "-fno-optimize-sibling-calls")), new SampleProgram("gcc", List.of("-O1", "-gdwarf-5",
                        "-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer", "-fno-optimize-sibling-calls")), 0.99);
    }

    @Test
    void withoutFrameRecordsReturnAddressesAreFoundOnTheStack() throws IOException {
        assertSameFunctions(new SampleProgram("gcc", List.of("-O1", "-fno-asynchronous-unwind-tables", "-g0", "-fomit-frame-pointer")),
                new SampleProgram("gcc", List.of("-O1", "-gdwarf-5", "-fomit-frame-pointer")), 0.95);
    }

    /** A System.map has no more than names; the code is the same. */
    @Test
    void withASystemMapReturnAddressesAreFoundOnTheStack() throws IOException {
        HostTools.need("nm");
        SampleProgram program = new SampleProgram("gcc", List.of("-O1", "-gdwarf-5", "-fomit-frame-pointer"));
        Path map = folder.resolve("System.map");
        Files.writeString(map, HostTools.run("nm", "-n", program.file().toString()));

        assertSameFunctions(KernelSymbols.open(map), program, 0.95);
    }

    private void assertSameFunctions(SampleProgram blind, SampleProgram informed, double share) throws IOException {
        assertSameFunctions(blind.symbols(), informed, share);
    }

    /** What is found without information is a guess; at nearly every instruction it has to be right. */
    private void assertSameFunctions(KernelSymbols blind, SampleProgram informed, double share) throws IOException {
        int right = 0;
        for (Step step : run(informed)) {
            List<String> expected = step.frames.stream().map(List::getFirst).toList();
            List<String> found = blind.unwinder(step.memory).backtrace(step.registers, expected.size()).frames().stream()
                    .map(frame -> Long.toHexString(frame.registers().rip())).toList();
            right += found.equals(expected) ? 1 : 0;
        }
        assertThat(right).isGreaterThanOrEqualTo((int) (share * STEPS));
    }
}
