package trapframe.x86;

import static org.assertj.core.api.Assertions.assertThat;

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
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.capstone.DecodedInstruction;
import trapframe.capstone.Disassembler;
import trapframe.capstone.Instruction;
import trapframe.capstone.Operand;

/**
 * Instructions have the length and address that another decoder says, in code of all sizes. Of near branches with an operand-size prefix in 64-bit
 * code it has AMD's length, and not Intel's.
 */
class EncodingTest {
    private static final long ADDRESS = 0x40_0000;
    private static final List<Disassembler> CAPSTONES = Arrays.stream(CodeSize.values()).map(Disassembler::new).toList();

    private static final byte OPERAND_SIZE = 0x66;
    private static final byte NOP = (byte) 0x90;
    /** With more of them than code has, decoders differ. */
    private static final Set<Integer> PREFIXES = Stream.concat(Stream.of(0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3),
            IntStream.range(0x40, 0x50).boxed()).collect(Collectors.toSet());
    private static final List<String> REGISTERS = List.of("ax", "cx", "dx", "bx", "sp", "bp", "si", "di");
    /** UD0 and UD1 have a ModRM byte only on Intel's processors; the others are VIA's and AMD's. */
    private static final List<String> OTHER_PROCESSORS = List.of("ud0", "ud2b", "xcrypt", "xsha", "xstore", "montmul", "extrq", "insertq");

    @AfterContainer
    static void close() {
        CAPSTONES.forEach(Disassembler::close);
    }

    /** At most one prefix of each kind, an opcode of any map, and whatever follows. */
    @Provide
    Arbitrary<byte[]> code() {
        Arbitrary<List<Integer>> prefixes = Arbitraries.of(List.of(), List.of(0x66), List.of(0x67), List.of(0xf2), List.of(0xf3), List.of(0xf0),
                List.of(0x2e), List.of(0x65), List.of(0x66, 0x67), List.of(0x48), List.of(0x4f));
        Arbitrary<List<Integer>> maps = Arbitraries.of(List.of(), List.of(0x0f), List.of(0x0f, 0x38), List.of(0x0f, 0x3a));
        Arbitrary<byte[]> rest = Arbitraries.bytes().array(byte[].class).ofSize(Encoding.MAX_LENGTH);
        return Combinators.combine(prefixes, maps, rest).as((first, second, bytes) -> {
            byte[] code = new byte[first.size() + second.size() + bytes.length];
            int at = 0;
            for (List<Integer> part : List.of(first, second)) {
                for (int value : part) {
                    code[at++] = (byte) value;
                }
            }
            if (second.isEmpty() && PREFIXES.contains(bytes[0] & 0xff)) {
                bytes[0] = NOP;
            }
            System.arraycopy(bytes, 0, code, at, bytes.length);
            return code;
        });
    }

    @Property(tries = 40_000)
    void instructionsAreAsLongAsTheDisassemblerSays(@ForAll("code") byte[] code, @ForAll CodeSize size) {
        Optional<Instruction> other = CAPSTONES.get(size.ordinal()).decode(code, 0, ADDRESS).filter(instruction -> isIntel(instruction, code, size));

        other.ifPresent(expected -> assertThat(Encoding.decode(code, 0, size, ADDRESS).map(Encoding::length)).as("%s %s", size, expected.text())
                .contains(expected.length()));
    }

    private static boolean isIntel(Instruction instruction, byte[] code, CodeSize size) {
        boolean isNearBranch = instruction.mnemonic().startsWith("j") || instruction.mnemonic().equals("call");
        return OTHER_PROCESSORS.stream().noneMatch(instruction.mnemonic()::contains)
                && !(isNearBranch && size == CodeSize.BITS_64 && code[0] == OPERAND_SIZE);
    }

    @Property(tries = 20_000)
    void memoryOperandsAreThoseOfTheDisassembler(@ForAll("code") byte[] code, @ForAll @From("wideCode") CodeSize size) {
        Optional<DecodedInstruction> other = CAPSTONES.get(size.ordinal()).decodeOperands(code, 0, ADDRESS)
                .filter(instruction -> isIntel(instruction.instruction(), code, size));

        other.ifPresent(expected -> {
            List<Operand.Memory> operands = expected.operands().stream().filter(Operand.Memory.class::isInstance).map(Operand.Memory.class::cast).toList();
            if (operands.size() == 1) {
                Encoding.decode(code, 0, size, ADDRESS).flatMap(Encoding::memory).ifPresent(operand -> checkAddress(operand, operands.getFirst(), expected));
            }
        });
    }

    @Provide
    Arbitrary<CodeSize> wideCode() {
        return Arbitraries.of(CodeSize.BITS_32, CodeSize.BITS_64);
    }

    private static void checkAddress(MemoryOperand operand, Operand.Memory expected, DecodedInstruction instruction) {
        String what = instruction.instruction().text();
        boolean relative = expected.base().filter(name -> name.endsWith("ip")).isPresent();
        long displacement = expected.displacement() + (relative ? instruction.address() + instruction.length() : 0);
        assertThat(operand.base()).as(what).isEqualTo(relative ? MemoryOperand.NONE : number(expected.base()));
        assertThat(operand.index()).as(what).isEqualTo(number(expected.index()));
        assertThat(operand.index() == MemoryOperand.NONE ? 1 : operand.scale()).as(what)
                .isEqualTo(operand.index() == MemoryOperand.NONE ? 1 : expected.scale());
        assertThat(operand.displacement() - displacement << 64 - 8 * operand.addressSize()).as(what).isZero();
    }

    /** The number of a register that addresses are made of, by its name. */
    private static int number(Optional<String> name) {
        if (name.isEmpty() || name.get().endsWith("iz")) {
            return MemoryOperand.NONE;
        }
        String number = name.get().replaceAll("\\D", "");
        return number.isEmpty() ? REGISTERS.indexOf(name.get().substring(name.get().length() - 2)) : Integer.parseInt(number);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x80, 0x86, 0x87})
    void addressesOf16BitsAreThoseOfTheDisassembler(int modrm) {
        byte[] load = {(byte) 0x8b, (byte) modrm, 0x12, 0x34};
        MemoryOperand operand = Encoding.decode(load, 0, CodeSize.BITS_16, ADDRESS).orElseThrow().memory().orElseThrow();

        String parts = Stream.of(name(operand.base()), name(operand.index()), operand.displacement() == 0 ? "" : "0x" + Long.toHexString(operand.displacement()))
                .filter(part -> !part.isEmpty()).collect(Collectors.joining(" + "));
        assertThat(CAPSTONES.get(CodeSize.BITS_16.ordinal()).decode(load, 0, ADDRESS).orElseThrow().text()).isEqualTo("mov ax, word ptr [" + parts + "]");
        assertThat(operand.offset(number -> 0xffff)).isBetween(0L, 0xffffL);
    }

    private static String name(int register) {
        return register == MemoryOperand.NONE ? "" : REGISTERS.get(register);
    }

    @Property(tries = 20_000)
    void anyBytesAreAnInstructionOrNone(@ForAll @Size(max = 20) byte[] bytes, @ForAll CodeSize size) {
        Encoding.decode(bytes, 0, size, ADDRESS).ifPresent(encoding -> {
            assertThat(encoding.length()).isBetween(1, Math.min(Encoding.MAX_LENGTH, bytes.length));
            assertThat(Encoding.decode(Arrays.copyOf(bytes, encoding.length()), 0, size, ADDRESS)).contains(encoding);
            assertThat(Encoding.decode(Arrays.copyOf(bytes, encoding.length() - 1), 0, size, ADDRESS)).isEmpty();
        });
    }
}
