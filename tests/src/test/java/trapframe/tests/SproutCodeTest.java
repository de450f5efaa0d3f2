package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import trapframe.capstone.Disassembler;
import trapframe.capstone.Instruction;
import trapframe.cpu.CodeInstruction;
import trapframe.x86.CodeSize;
import trapframe.x86.Encoding;

/** The borders of instructions are where a disassembler sees them. */
class SproutCodeTest {
    private static final long ADDRESS = 0xffff_ffff_8010_0000L;

    @Test
    void allOfSproutsCodeIsDecodedAsByCapstone() throws IOException {
        byte[] file = Files.readAllBytes(SproutBoot.IMAGE);
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) elf.getLong(32);
        int compared = 0;
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
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
        Optional<Encoding> decoded = Encoding.decode(code, at, CodeSize.BITS_64, ADDRESS);
        if (expected.isPresent() && decoded.isPresent()) {
            assertThat(decoded.get().length()).as("%s", expected.get().text()).isEqualTo(expected.get().length());
            assertThat(decoded.get().prefixes().lock()).isEqualTo(expected.get().text().contains("lock "));
            assertThat(new CodeInstruction(decoded.get()).kind() == CodeInstruction.Kind.INVALIDATION).as("%s", expected.get().text())
                    .isEqualTo(expected.get().text().matches("invlpg .*|mov cr[034], .*"));
        }
        return decoded.map(Encoding::length).orElse(0);
    }
}
