package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The guest snippets on QEMU: what they expect must hold on a second machine too, or the deviation must be a known one. */
class GuestSnippetsUnderQemuTest {
    private static final String MACHINE = "qemu";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int SUCCESS = 0x10;
    private static final int RF = 1 << 16;

    /** Saved RFLAGS, before the arrow of an event. */
    private static final Pattern SAVED_FLAGS = Pattern.compile("fl=([0-9a-f]+)(?=[^;>]*->)");
    /** The handler's SS on an IST stack. */
    private static final Pattern SS_ON_IST = Pattern.compile("-> cs=8 ss=(?:0|10) (fl=[0-9a-f]+ on i\\d)");

    @TestFactory
    Stream<DynamicTest> longModeAgreesWithTheManual() throws IOException {
        return compare("long");
    }

    @TestFactory
    Stream<DynamicTest> protectedAndLowModesAgreeWithTheManual() throws IOException {
        return compare("protected");
    }

    private static Stream<DynamicTest> compare(String name) throws IOException {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        GuestSnippets snippets = GuestSnippets.read(name);
        Qemu.Result result = Qemu.runByHostClock(snippets.image(), snippets.commandLine(MACHINE), LIMIT, "-cpu", "max,vendor=GenuineIntel");
        Map<String, String> printed = GuestSnippets.parse(result.lines());
        Stream<DynamicTest> each = snippets.expected().entrySet().stream()
                .filter(entry -> !snippets.skips(MACHINE, entry.getKey()))
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    String actual = printed.get(entry.getKey());
                    String deviation = snippets.deviation(MACHINE, entry.getKey()).orElse(null);
                    // Another version of QEMU may have mended a deviation of this one: both are right.
                    if (deviation == null || !deviation.equals(actual)) {
                        assertThat(comparable(actual)).isEqualTo(comparable(entry.getValue()));
                    }
                }));
        DynamicTest whole = DynamicTest.dynamicTest("runs to its end and prints nothing unexpected", () -> {
            assertThat(result.exitStatus()).isEqualTo(Qemu.exitStatus(SUCCESS));
            assertThat(result.lines()).endsWith(GuestSnippets.DONE);
            assertThat(snippets.expected().keySet()).containsAll(printed.keySet());
        });
        return Stream.concat(Stream.of(whole), each);
    }

    /**
     * Without what QEMU's TCG does differently everywhere: faults push RF = 0 (the manual's 1: SDM vol. 3B, 18.3.1.1), and an IST without a change
     * of privilege nulls SS (only a change of privilege does: vol. 3A, 6.14.4).
     */
    private static String comparable(String line) {
        if (line == null) {
            return null;
        }
        String flags = SAVED_FLAGS.matcher(line).replaceAll(
                match -> "fl=" + Integer.toHexString(Integer.parseInt(match.group(1), 16) & ~RF));
        return SS_ON_IST.matcher(flags).replaceAll("-> cs=8 ss=* $1");
    }
}
