package trapframe.capstone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import trapframe.x86.CodeSize;

class DisassemblerTest {
    @Test
    void decodesLongModeCode() {
        assertThat(decode(CodeSize.BITS_64, "55 4889e5 0f01d0 e800000000 c3", 0xffffffff80000000L)).containsExactly(
                new Instruction(0xffffffff80000000L, 1, "push", "rbp"),
                new Instruction(0xffffffff80000001L, 3, "mov", "rbp, rsp"),
                new Instruction(0xffffffff80000004L, 3, "xgetbv", ""),
                new Instruction(0xffffffff80000007L, 5, "call", "0xffffffff8000000c"),
                new Instruction(0xffffffff8000000cL, 1, "ret", ""));
    }

    @Test
    void decodesTheSameBytesByTheWidthOfTheSegment() {
        assertThat(decode(CodeSize.BITS_16, "b83412", 0)).extracting(Instruction::text).containsExactly("mov ax, 0x1234");
        assertThat(decode(CodeSize.BITS_32, "b834120000", 0)).extracting(Instruction::text)
                .containsExactly("mov eax, 0x1234");
        assertThat(decode(CodeSize.BITS_64, "40", 0)).isEmpty();
        assertThat(decode(CodeSize.BITS_32, "40", 0)).extracting(Instruction::text).containsExactly("inc eax");
    }

    @Test
    void showsPrefixesInTheMnemonic() {
        assertThat(decode(CodeSize.BITS_64, "f3a4 f00fb10f", 0x1000)).extracting(Instruction::mnemonic)
                .containsExactly("rep movsb", "lock cmpxchg");
    }

    @Test
    void stopsAtAnInstructionThatIsCutOff() {
        assertThat(decode(CodeSize.BITS_64, "90 48b8112233", 0)).extracting(Instruction::text).containsExactly("nop");
    }

    @Test
    void decodesTheLongestInstructionAndRefusesALongerOne() {
        String movAbsolute = "2e2e2e2e2e48b81122334455667788";

        assertThat(decode(CodeSize.BITS_64, movAbsolute, 0)).extracting(Instruction::length).containsExactly(15);
        assertThat(decode(CodeSize.BITS_64, "2e" + movAbsolute, 0)).isEmpty();
    }

    @Test
    void decodesFromNativeMemory() {
        try (Arena arena = Arena.ofConfined(); Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            MemorySegment ram = arena.allocate(16);
            ram.set(ValueLayout.JAVA_BYTE, 0, (byte) 0xf4);

            assertThat(disassembler.decode(ram, 0x7c00)).contains(new Instruction(0x7c00, 1, "hlt", ""));
        }
    }

    @Test
    void refusesToDecodeOutsideTheBytes() {
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            assertThatThrownBy(() -> disassembler.decode(new byte[4], 4, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void tellsOperands() {
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            DecodedInstruction xadd = operands(disassembler, "f00fc103");
            DecodedInstruction load = operands(disassembler, "8b448f04");
            DecodedInstruction current = operands(disassembler, "65488b0425 18000000");
            DecodedInstruction relative = operands(disassembler, "488b1510000000");
            DecodedInstruction add = operands(disassembler, "4883c008");

            assertThat(xadd.locked()).isTrue();
            assertThat(xadd.operation()).isEqualTo("xadd");
            assertThat(xadd.memory()).hasValueSatisfying(memory -> assertThat(memory.base()).contains("rbx"));
            assertThat(xadd.operands()).contains(new Operand.Register("eax", 4));
            assertThat(load.memory()).contains(new Operand.Memory(Optional.empty(), Optional.of("rdi"), Optional.of("rcx"), 4, 4, 4, true, false));
            assertThat(current.memory()).hasValueSatisfying(memory -> {
                assertThat(memory.segment()).contains("gs");
                assertThat(memory.displacement()).isEqualTo(0x18);
            });
            assertThat(relative.memory()).hasValueSatisfying(memory -> assertThat(memory.base()).contains("rip"));
            assertThat(add.operands()).containsExactly(new Operand.Register("rax", 8), new Operand.Immediate(8, 8));
        }
    }

    @Test
    void tellsWhatLocksAreTakenWith() {
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            assertThat(Stream.of("f00fb10f", "8707", "f0480fba2f08", "0fb10f", "8907", "87c8")
                    .map(hex -> operands(disassembler, hex).isAtomic())).containsExactly(true, true, true, true, false, false);
        }
    }

    @Property(tries = 200)
    void operandsOfAnyBytesAreRead(@ForAll @Size(min = 1, max = 15) byte[] bytes) {
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            assertThat(disassembler.decodeOperands(bytes, 0, 0).map(DecodedInstruction::instruction)).isEqualTo(disassembler.decode(bytes, 0, 0));
        }
    }

    private static DecodedInstruction operands(Disassembler disassembler, String hex) {
        return disassembler.decodeOperands(HexFormat.of().parseHex(hex.replace(" ", "")), 0, 0x1000).orElseThrow();
    }

    @Test
    void closesTwiceWithoutHarm() {
        Disassembler disassembler = new Disassembler(CodeSize.BITS_32);
        disassembler.close();
        disassembler.close();
    }

    @Property(tries = 500)
    void everyInstructionLiesWithinItsBytes(@ForAll @Size(max = 40) byte[] bytes) {
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            List<Instruction> instructions = disassembler.decodeAll(bytes, 0);

            long next = 0;
            for (Instruction instruction : instructions) {
                assertThat(instruction.address()).isEqualTo(next);
                assertThat(instruction.length()).isBetween(1, 15);
                assertThat(instruction.mnemonic()).matches("[a-z][a-z0-9_ ]*");
                next += instruction.length();
            }
            assertThat(next).isLessThanOrEqualTo(bytes.length);
        }
    }

    private static List<Instruction> decode(CodeSize size, String hex, long address) {
        try (Disassembler disassembler = new Disassembler(size)) {
            return disassembler.decodeAll(HexFormat.of().parseHex(hex.replace(" ", "")), address);
        }
    }
}
