package trapframe.symbols;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import trapframe.FieldChange;

/** However a file is damaged, every question about it is answered, or ends in one line. */
class SymbolsFuzzTest {
    private static final int PLACES = 1_000_000;
    private static final List<byte[]> VALID = valid();

    private static List<byte[]> valid() {
        List<byte[]> files = new ArrayList<>();
        for (SampleProgram program : List.of(SampleProgram.plain(), new SampleProgram("gcc", List.of("-O2", "-gdwarf-4")),
                new SampleProgram("clang", List.of("-O2", "-gdwarf-5")), new SampleProgram("clang", List.of("-O2", "-gdwarf-4")),
                new SampleProgram("gcc", List.of("-O2", "-gdwarf-4", "-fdebug-types-section")),
                new SampleProgram("gcc", List.of("-O2", "-gdwarf-5", "-gz=zlib")))) {
            if (HostTools.has(program.compiler())) {
                files.add(program.bytes());
            }
        }
        files.add("ffffffff81000000 T _text\nffffffff81000000 t startup\nffffffff82000000 D data\n".getBytes(StandardCharsets.US_ASCII));
        return files;
    }

    /** Anywhere. */
    private static void apply(FieldChange change, byte[] file) {
        if (file.length >= 8) {
            change.apply(file, (int) ((long) change.place() * (file.length - 8) / PLACES));
        }
    }

    /** Anything, with a liking for border values and for small ones. */
    @Provide
    Arbitrary<List<FieldChange>> mutations() {
        Arbitrary<Long> values = Arbitraries.oneOf(Arbitraries.longs(), Arbitraries.longs().between(0, 0x40),
                Arbitraries.of(0L, 1L, -1L, 0x7fL, 0x80L, 0xffL, 0x7fff_ffffL, 0x8000_0000L, Long.MIN_VALUE, Long.MAX_VALUE, 0x401000L));
        return Combinators.combine(Arbitraries.integers().between(0, PLACES - 1), Arbitraries.of(1, 1, 1, 2, 4, 8), values).as(FieldChange::new)
                .list().ofMinSize(1).ofMaxSize(20);
    }

    @Provide
    Arbitrary<Integer> files() {
        return Arbitraries.integers().between(0, VALID.size() - 1);
    }

    @Provide
    Arbitrary<Integer> places() {
        return Arbitraries.integers().between(0, PLACES - 1);
    }

    @Property(tries = 1500)
    void damagedFilesAnswerOrSayWhatIsWrong(@ForAll("files") int file, @ForAll("mutations") List<FieldChange> mutations) {
        byte[] bytes = VALID.get(file).clone();
        mutations.forEach(mutation -> apply(mutation, bytes));
        askEverything(bytes);
    }

    @Property(tries = 300)
    void truncatedFilesAnswerOrSayWhatIsWrong(@ForAll("files") int file, @ForAll("places") int place) {
        byte[] bytes = VALID.get(file);
        askEverything(Arrays.copyOf(bytes, (int) ((long) place * bytes.length / PLACES)));
    }

    /** Whole stretches are lost: the debug information of a file that was written by halves. */
    @Property(tries = 300)
    void filesWithHolesAnswerOrSayWhatIsWrong(@ForAll("files") int file, @ForAll("places") int place, @ForAll("places") int length,
            @ForAll byte value) {
        byte[] bytes = VALID.get(file).clone();
        int from = (int) ((long) place * bytes.length / PLACES);
        Arrays.fill(bytes, from, (int) Math.min(bytes.length, from + (long) length * bytes.length / PLACES / 8), value);
        askEverything(bytes);
    }

    @Property(tries = 300)
    void anythingBehindAnElfHeaderAnswersOrSaysWhatIsWrong(@ForAll long seed) {
        byte[] bytes = VALID.getFirst().clone();
        Random random = new Random(seed);
        for (int i = 64; i < bytes.length - 64 * 40; i++) {
            bytes[i] = (byte) (random.nextInt(4) == 0 ? random.nextInt() : bytes[i]);
        }
        askEverything(bytes);
    }

    @Property(tries = 1000)
    void anyExpressionIsEvaluatedOrRefused(@ForAll("expressions") String expression) {
        KernelSymbols symbols = KernelSymbols.of("kernel", VALID.getFirst());
        ask(() -> symbols.value(expression, (address, length) -> new byte[length]).toString());
    }

    @Provide
    Arbitrary<String> expressions() {
        return Arbitraries.oneOf(Arbitraries.strings().ofMaxLength(40), Arbitraries.of("shape", "words", "lists", "packed_pointer", "same_name",
                "colour", "next", "text", "name", ".", "->", "[", "]", "(", ")", "*", "::", "'main.c'", "'", "leaf", "calls", "0", "0x10", "-1", " ",
                "struct shape *", "99999999999").list().ofMinSize(1).ofMaxSize(12).map(parts -> String.join("", parts)));
    }

    private static void askEverything(byte[] bytes) {
        KernelSymbols symbols;
        try {
            symbols = KernelSymbols.of("kernel", bytes);
        } catch (SymbolsException refused) {
            assertThat(refused.getMessage()).startsWith("kernel: ").doesNotContain("\n");
            return;
        }
        MemoryView memory = (address, length) -> address < 0x400000 || address > 0x410000 ? new byte[0]
                : Arrays.copyOfRange(bytes, (int) Math.min(address - 0x400000, bytes.length), (int) Math.min(address - 0x400000 + length, bytes.length));
        for (long address = 0x401000; address < 0x401200; address += 13) {
            long at = address;
            ask(() -> symbols.symbolAt(at));
            ask(() -> symbols.lineAt(at).toString());
            ask(() -> symbols.unwinder(memory).backtrace(FrameRegisters.of(at, new long[16]), 20).toString());
            ask(() -> symbols.unwinder(memory).backtrace(FrameRegisters.of(at, 1, 2, 3, 4, 0x402000, 0x402100, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
                    20).toString());
        }
        ask(() -> symbols.addressesOfLine("main.c", 55).toString());
        ask(() -> symbols.addressesOfLine("shapes.h", 1).toString());
        for (String type : new String[] {"struct shape", "struct packed", "struct hidden", "enum level", "operation"}) {
            ask(() -> symbols.type(type).map(found -> found + " " + found.size() + " " + (found instanceof Type.Struct struct
                    ? struct.members().toString() : "")));
        }
        for (String expression : new String[] {"shape", "packed", "words", "lists[1].next->text", "*shape.secret", "leaf::calls",
            "'main.c'::same_name", "((struct shape *) 0x403000)->matrix"}) {
            ask(() -> symbols.value(expression, memory).toString());
        }
        ask(() -> symbols.variables(Optional.empty(), "same_name").toString());
    }

    private static void ask(Runnable question) {
        try {
            question.run();
        } catch (SymbolsException e) {
            assertThat(e.getMessage()).doesNotContain("\n").isNotBlank();
        }
    }
}
