package trapframe.unicorn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import trapframe.capstone.Disassembler;
import trapframe.capstone.Instruction;
import trapframe.x86.CodeSize;

/** The calls at the start of a translated block, in every form that the engine's code generator gives them. */
class BlockSiteTest {
    private static final long FAR = 0x1122_3344_5566_7788L;
    private static final long CHECK_OFFSET = 0x4321;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RSI = 6;
    private static final int RDI = 7;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(4096, 4096);
    private int returnOffset;
    private int length;

    @AfterEach
    void freeTheBuffer() {
        arena.close();
    }

    static Stream<Arguments> forms() {
        long[] starts = {0x7c00, 0xfee0_0000L, 0xffff_ffff_8010_0000L, 0x7fff_f7a0_1000L};
        return Stream.of(false, true).flatMap(near -> Stream.of(false, true).flatMap(indirect ->
                java.util.Arrays.stream(starts).boxed().flatMap(start -> Stream.of(1, 127, 128, 4110)
                        .map(size -> arguments(near, indirect, start, size)))));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void eachFormOfThePlaceIsRecognisedAndHasRoomForTheCounter(boolean near, boolean indirect, long start, int size) {
        BlockSite.Call call = call(near, start, size);
        write(call, indirect);

        BlockSite site = BlockSite.at(buffer.address() + returnOffset, call);

        assertThat(site).isNotNull();
        assertThat(site.end()).isEqualTo(buffer.address() + length);
        assertThat(site.checkExit()).isEqualTo(buffer.address() + CHECK_OFFSET);
        assertThat(site.rewrite(call)).isTrue();
        assertThat(lines()).last().isEqualTo("call qword ptr [rcx + 0x10]");
        assertThat(buffer.get(ValueLayout.JAVA_BYTE, length)).as("the byte behind it").isEqualTo((byte) 0xcc);
    }

    @Test
    void theCounterTakesThePlaceOfBothCalls() {
        BlockSite.Call call = call(false, 0xffff_ffff_8010_0000L, 20);
        write(call, false);

        assertThat(BlockSite.at(buffer.address() + returnOffset, call).rewrite(call)).isTrue();

        assertThat(lines()).filteredOn(line -> !line.equals("nop")).containsExactly(
                "movabs rcx, 0x1122334455667788",
                "movabs rdx, 0xffff801000000014",
                "mov qword ptr [rcx + 8], rdx",
                "add qword ptr [rcx], 0x14",
                "jns 0x33",
                "test byte ptr [rbp + 0x8a], 1",
                "je 0x36",
                "call qword ptr [rcx + 0x10]");
    }

    @Test
    void aPlaceThatDiffersInAnyByteIsLeftAlone() {
        BlockSite.Call call = call(false, 0xffff_ffff_8010_0000L, 20);
        write(call, false);
        // The target of the second call is not known beforehand.
        for (int i = 0; i < length - 4; i++) {
            byte value = buffer.get(ValueLayout.JAVA_BYTE, i);
            buffer.set(ValueLayout.JAVA_BYTE, i, (byte) (value ^ 0x40));
            assertThat(BlockSite.at(buffer.address() + returnOffset, call)).as("byte %d changed", i).isNull();
            buffer.set(ValueLayout.JAVA_BYTE, i, value);
        }
    }

    /** The hook's and the engine's own data may be in reach of the code or not. */
    private BlockSite.Call call(boolean near, long start, int size) {
        long cells = near ? buffer.address() + 0x100_0000 : FAR;
        long engine = near ? buffer.address() - 0x100_0000 : FAR - 0x1000_0000_0000L;
        return new BlockSite.Call(engine, start, size, cells, buffer.address() + 0x1234);
    }

    private void write(BlockSite.Call call, boolean indirect) {
        buffer.fill((byte) 0xcc);
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        load(code, RDI, call.engine());
        load(code, RSI, call.start());
        load(code, RDX, call.size());
        load(code, RCX, call.cells());
        call(code, call.hook(), indirect, 0x800);
        returnOffset = code.size();
        load(code, RDI, call.engine());
        bytes(code, 0x33, 0xf6);
        call(code, buffer.address() + CHECK_OFFSET, indirect, 0x808);
        length = code.size();
        MemorySegment.copy(code.toByteArray(), 0, buffer, ValueLayout.JAVA_BYTE, 0, length);
    }

    private void load(ByteArrayOutputStream code, int register, long value) {
        long fromRip = value - (buffer.address() + code.size() + 7);
        if (value >>> 32 == 0) {
            bytes(code, 0xb8 + register);
            word(code, value);
        } else if (value == (int) value) {
            bytes(code, 0x48, 0xc7, 0xc0 + register);
            word(code, value);
        } else if (fromRip == (int) fromRip) {
            bytes(code, 0x48, 0x8d, 5 + 8 * register);
            word(code, fromRip);
        } else {
            bytes(code, 0x48, 0xb8 + register);
            word(code, value);
            word(code, value >> 32);
        }
    }

    private void call(ByteArrayOutputStream code, long target, boolean indirect, int pool) {
        if (indirect) {
            buffer.set(ValueLayout.JAVA_LONG, pool, target);
            bytes(code, 0xff, 0x15);
            word(code, pool - code.size() - 4);
        } else {
            bytes(code, 0xe8);
            word(code, target - buffer.address() - code.size() - 4);
        }
    }

    private List<String> lines() {
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            return disassembler.decodeAll(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), 0).stream()
                    .map(Instruction::text).toList();
        }
    }

    private static void bytes(ByteArrayOutputStream code, int... values) {
        for (int value : values) {
            code.write(value);
        }
    }

    private static void word(ByteArrayOutputStream code, long value) {
        code.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
    }
}
