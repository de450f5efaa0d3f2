package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import trapframe.capstone.Disassembler;
import trapframe.capstone.Instruction;
import trapframe.cpu.CodeDecoder;
import trapframe.cpu.CodeInstruction;

/** The borders of instructions are where a disassembler sees them. */
class CodeDecoderTest {
    private static final long ADDRESS = 0xffff_ffff_8010_0000L;

    @Test
    void allOfSproutsCodeIsDecodedAsByCapstone() throws IOException {
        byte[] file = Files.readAllBytes(SproutBoot.IMAGE);
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) elf.getLong(32);
        int compared = 0;
        try (Disassembler disassembler = new Disassembler(Disassembler.Mode.BITS_64)) {
            for (int i = 0; i < elf.getShort(56); i++) {
                int header = headers + i * elf.getShort(54);
                boolean executable = elf.getInt(header) == 1 && (elf.getInt(header + 4) & 1) != 0;
                int end = executable ? (int) (elf.getLong(header + 8) + elf.getLong(header + 32)) : 0;
                for (int at = (int) elf.getLong(header + 8); at < end; ) {
                    int length = compare(disassembler, file, at);
                    compared += length > 0 ? 1 : 0;
                    at += Math.max(1, length);
                }
            }
        }
        assertThat(compared).isGreaterThan(15_000);
    }

    /** What both take for an instruction has the same length. Returns it, or 0. */
    private static int compare(Disassembler disassembler, byte[] code, int at) {
        Optional<Instruction> expected = disassembler.decode(code, at, ADDRESS);
        Optional<CodeInstruction> decoded = CodeDecoder.decode(code, at, ADDRESS);
        if (expected.isPresent() && decoded.isPresent()) {
            assertThat(decoded.get().length()).as("%s", expected.get().text()).isEqualTo(expected.get().length());
            assertThat(decoded.get().locked()).isEqualTo(expected.get().text().contains("lock "));
            assertThat(decoded.get().kind() == CodeInstruction.Kind.INVALIDATION).as("%s", expected.get().text())
                    .isEqualTo(expected.get().text().matches("invlpg .*|mov cr[034], .*"));
        }
        return decoded.map(CodeInstruction::length).orElse(0);
    }

    @Property(tries = 20_000)
    void anyBytesAreAnInstructionOrNone(@ForAll @Size(max = 20) byte[] bytes) {
        Optional<CodeInstruction> decoded = bytes.length == 0 ? Optional.empty() : CodeDecoder.decode(bytes, 0, ADDRESS);

        decoded.ifPresent(instruction -> {
            assertThat(instruction.length()).isBetween(1, Math.min(15, bytes.length));
            assertThat(instruction.kind()).isNotNull();
        });
    }
}
