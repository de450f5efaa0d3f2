package trapframe.diagnose.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Disassembler;
import trapframe.unicorn.CpuState;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;
import trapframe.x86.GeneralRegister;
import trapframe.x86.MemoryOperand;

/** What a proof takes an instruction for is what another decoder takes it for. */
class DecoderTest {
    private static final long ADDRESS = 0x40_0000;
    private static final int LONGEST = 15;
    private static final List<String> HIGH = List.of("ah", "ch", "dh", "bh");
    private static final List<String> SEGMENTS = List.of("fs", "gs");
    /** Their operands are not followed, or are none. */
    private static final List<Decoded.Kind> WITHOUT = List.of(Decoded.Kind.NOTHING, Decoded.Kind.TIME);

    private static final byte NOP = (byte) 0x90;
    private static final byte ADDRESS_SIZE = 0x67;
    /** With more of them than code has, decoders differ. */
    private static final Set<Integer> PREFIXES = Stream.concat(Stream.of(0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3),
            IntStream.range(0x40, 0x50).boxed()).collect(Collectors.toSet());
    /** Whose registers' width the library takes from one prefix alone. */
    private static final List<String> WIDTHS_DIFFER = List.of("movsxd", "in ", "out ", "push ");

    private static final Disassembler CAPSTONE = new Disassembler(CodeSize.BITS_64);

    @AfterContainer
    static void close() {
        CAPSTONE.close();
    }

    /** Prefixes as compilers and assemblers write them, one or two bytes of opcode, and whatever follows. */
    @Provide
    Arbitrary<byte[]> code() {
        Arbitrary<List<Integer>> prefixes = Arbitraries.of(List.of(), List.of(0x66), List.of(0x67), List.of(0xf2), List.of(0xf3), List.of(0xf0),
                List.of(0x64), List.of(0x65), List.of(0x3e), List.of(0x67, 0x65), List.of(0xf0, 0x65));
        Arbitrary<Integer> rex = Arbitraries.frequencyOf(Tuple.of(1, Arbitraries.just(-1)), Tuple.of(1, Arbitraries.integers().between(0x40, 0x4f)));
        Arbitrary<Boolean> escape = Arbitraries.of(true, false);
        Arbitrary<byte[]> rest = Arbitraries.bytes().array(byte[].class).ofSize(LONGEST);
        return Combinators.combine(prefixes, rex, escape, rest).as((first, second, third, bytes) -> {
            List<Integer> start = new ArrayList<>(first);
            if (second >= 0 && !(first.contains(0x66) && second >= 0x48)) {
                start.add(second);
            }
            if (third) {
                start.add(0x0f);
            }
            if (!third && PREFIXES.contains(bytes[0] & 0xff)) {
                bytes[0] = NOP;
            }
            byte[] code = new byte[start.size() + bytes.length];
            for (int i = 0; i < start.size(); i++) {
                code[i] = start.get(i).byteValue();
            }
            System.arraycopy(bytes, 0, code, start.size(), bytes.length);
            return code;
        });
    }

    @Property(tries = 30_000)
    void lengthAndOperandsAreThoseOfTheDisassembler(@ForAll("code") byte[] code) {
        Optional<Decoded> decoded = Encoding.decode(code, 0, CodeSize.BITS_64, ADDRESS).flatMap(Decoder::decode);
        if (decoded.isEmpty()) {
            return;
        }
        Optional<DecodedInstruction> other = CAPSTONE.decodeOperands(Arrays.copyOf(code, LONGEST), 0, ADDRESS);
        if (other.isEmpty() || decoded.get().kind() == Decoded.Kind.CALL && code[0] == ADDRESS_SIZE) {
            // The library has shorter calls than processors with that prefix.
            return;
        }
        assertThat(decoded.get().length()).as(other.get().instruction().text()).isEqualTo(other.get().length());
        if (!WITHOUT.contains(decoded.get().kind())) {
            other.get().operands().forEach(operand -> check(decoded.get(), operand, other.get()));
        }
    }

    private static void check(Decoded decoded, trapframe.capstone.Operand operand, DecodedInstruction instruction) {
        List<Operand> known = new ArrayList<>(decoded.reads());
        known.addAll(decoded.writes());
        switch (operand) {
            case trapframe.capstone.Operand.Register register when register.name().startsWith("cr") -> { }
            case trapframe.capstone.Operand.Register register ->
                    assertThat(known).as("%s of %s", register.name(), instruction.instruction().text())
                            .anyMatch(each -> isRegister(each, register, instruction.instruction().text()));
            case trapframe.capstone.Operand.Memory memory ->
                    assertThat(known).as("%s", instruction.instruction().text()).anyMatch(each -> isMemory(each, memory, decoded, instruction));
            default -> { }
        }
    }

    private static boolean isRegister(Operand known, trapframe.capstone.Operand.Register register, String text) {
        int high = HIGH.indexOf(register.name());
        return known instanceof Operand.Register(int number, int bytes, boolean isHigh)
                && (high >= 0 ? isHigh && number == high : !isHigh && number == number(register.name())
                && (bytes == register.size() || WIDTHS_DIFFER.stream().anyMatch(text::startsWith)));
    }

    private static boolean isMemory(Operand known, trapframe.capstone.Operand.Memory memory, Decoded decoded, DecodedInstruction instruction) {
        if (!(known instanceof Operand.Memory(MemoryOperand place, int bytes))) {
            return false;
        }
        boolean isAddress = decoded.kind() == Decoded.Kind.ADDRESS;
        boolean relative = memory.base().equals(Optional.of("rip")) || memory.base().equals(Optional.of("eip"));
        long value = memory.displacement() + (relative ? ADDRESS + instruction.length() : 0);
        int segment = memory.segment().map(SEGMENTS::indexOf).filter(at -> at >= 0).map(at -> at == 0 ? CpuState.FS : CpuState.GS)
                .orElse(MemoryOperand.NONE);
        return ((place.displacement() ^ value) << (place.addressSize() == 4 ? Integer.SIZE : 0)) == 0
                && (isAddress || place.segment() == segment)
                && (isAddress || bytes == memory.size() || WIDTHS_DIFFER.stream().anyMatch(instruction.instruction().text()::startsWith))
                && place.base() == (relative ? MemoryOperand.NONE : memory.base().map(DecoderTest::number).orElse(MemoryOperand.NONE))
                && place.index() == memory.index().map(DecoderTest::number).orElse(MemoryOperand.NONE)
                && (place.index() == MemoryOperand.NONE || place.scale() == memory.scale());
    }

    private static int number(String name) {
        return GeneralRegister.number(name).orElse(MemoryOperand.NONE);
    }
}
