package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import trapframe.benchmarks.BareGuest;
import trapframe.unicorn.CpuState;

/** Code that is written and executed in turn (SDM vol. 3A, 12.6), through every pair of mappings of its page. */
class SelfModifyingCodeTest {
    private static final int ROUNDS = 1000;

    static Stream<Arguments> mappings() {
        long[] mappings = {0, BareGuest.HIGH};
        long[] pages = {BareGuest.WRITABLE_EXECUTABLE_PAGE, BareGuest.CODE + 0xc00};
        return Stream.of(pages[0], pages[1]).flatMap(page -> Stream.of(0, 1, 2, 3).map(pair ->
                Arguments.of(page + mappings[pair & 1], page + mappings[pair >> 1])));
    }

    @ParameterizedTest(name = "written at {0}, executed at {1}")
    @MethodSource("mappings")
    void eachCallReturnsWhatWasWrittenLast(long written, long executed) {
        // mov byte [rdi], 0xb8; mov byte [rdi + 5], 0xc3; then rounds of mov [rdi + 1], ecx; call rsi; add rdx, rax
        String code = "48bf" + hex(written) + "48be" + hex(executed) + "b9" + hex(ROUNDS).substring(0, 8)
                + "31d2 c607b8 c64705c3 894f01 ffd6 4801c2 ffc9 75f4 f4";
        try (BareGuest guest = new BareGuest(code, 0)) {
            guest.runToHalt();
            assertThat(guest.cpu().state().register(CpuState.RDX)).isEqualTo(ROUNDS * (ROUNDS + 1) / 2);
        }
    }

    /** The second function is translated after a store to its page was let through, and then changed. */
    @ParameterizedTest(name = "written at {0}, executed at {1}")
    @MethodSource("mappings")
    void codeNextToWrittenBytesIsWatched(long written, long executed) {
        // rounds of: mov [rdi + 0x40], ecx; call rsi; add rdx, rax; mov [rdi + 1], ecx; call rsi; add rdx, rax
        String code = "48bf" + hex(written) + "48be" + hex(executed) + "b9" + hex(ROUNDS).substring(0, 8)
                + "31d2 66c707b800 c747010000 0000 c64705c3 894f40 ffd6 4801c2 894f01 ffd6 4801c2 ffc9 75ec f4";
        try (BareGuest guest = new BareGuest(code, 0)) {
            guest.runToHalt();
            // The first call of a round returns what the round before it wrote: n + 1, and 0 in the first.
            long sum = ROUNDS * (ROUNDS + 1) / 2;
            assertThat(guest.cpu().state().register(CpuState.RDX)).isEqualTo(2 * sum - 1);
        }
    }

    private static String hex(long value) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
        return HexFormat.of().formatHex(bytes);
    }
}
