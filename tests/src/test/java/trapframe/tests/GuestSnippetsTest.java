package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;

/** The guest snippets on Trapframe's CPU: each prints what the manual says, or the deviation that the image's expectations list with its reason. */
class GuestSnippetsTest {
    private static final String MACHINE = "trapframe";
    private static final int SUCCESS = 0x10;
    /** In code bytes: several times what an image takes. */
    private static final RunLimits LIMIT = new RunLimits(5_000_000_000L);
    private static final long MEMORY_BYTES = 16L << 20;

    private record Run(StopReason reason, String console, String hash, long position) {
        List<String> lines() {
            return console.lines().toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> longModeAgreesWithTheManual() throws IOException {
        return compare("long");
    }

    @TestFactory
    Stream<DynamicTest> protectedAndLowModesAgreeWithTheManual() throws IOException {
        return compare("protected");
    }

    @Test
    void everyRunEndsInTheSameState() throws IOException {
        GuestSnippets snippets = GuestSnippets.read("protected");

        assertThat(run(snippets)).isEqualTo(run(snippets));
    }

    private static Stream<DynamicTest> compare(String name) throws IOException {
        GuestSnippets snippets = GuestSnippets.read(name);
        Run run = run(snippets);
        Map<String, String> printed = GuestSnippets.parse(run.lines());
        Stream<DynamicTest> each = snippets.expected().entrySet().stream()
                .filter(entry -> !snippets.skips(MACHINE, entry.getKey()))
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    String actual = printed.get(entry.getKey());
                    String deviation = snippets.deviation(MACHINE, entry.getKey()).orElse(null);
                    assertThat(actual)
                            .as(deviation == null ? "by the manual" : "the known deviation; if it is mended, its line must go")
                            .isEqualTo(deviation == null ? entry.getValue() : deviation);
                }));
        DynamicTest whole = DynamicTest.dynamicTest("runs to its end and prints nothing unexpected", () -> {
            assertThat(run.reason()).isEqualTo(new StopReason.GuestExit(SUCCESS, true));
            assertThat(run.lines()).endsWith(GuestSnippets.DONE);
            assertThat(snippets.expected().keySet()).containsAll(printed.keySet());
        });
        return Stream.concat(Stream.of(whole), each);
    }

    private static Run run(GuestSnippets snippets) {
        StringBuilder console = new StringBuilder();
        try (Machine machine = new Machine(MachineSpec.standard().withMemory(MEMORY_BYTES), BootImage.open(snippets.image()),
                BootParameters.of(snippets.commandLine(MACHINE)), new SerialInputQueue(), value -> console.append((char) value))) {
            StopReason reason = machine.run(LIMIT);
            return new Run(reason, console.toString(), machine.stateHash(), machine.clock().position());
        }
    }
}
