package trapframe.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.Resources.SYSTEM_ERR;
import static org.junit.jupiter.api.parallel.Resources.SYSTEM_OUT;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import trapframe.timeline.RecordingFile;

/** What a search does with the run to which nothing comes. */
@ResourceLock(SYSTEM_OUT)
@ResourceLock(SYSTEM_ERR)
class ExploreCommandTest {
    /** Shows A, B and A, and ends well. */
    private static final String SHOW = "66baf803 b041 ee b042 ee b041 ee b010 e6f4";

    /** {@code sti; nop; nop; nop; nop; cli}, and ends well. */
    private static final String OPEN = "fb 90 90 90 90 fa b010 e6f4";

    @TempDir
    Path folder;

    private CapturedRun explore(String code, String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("explore", TinyKernel.write(folder, code)));
        arguments.addAll(List.of(options));
        return CapturedRun.of(arguments.toArray(new String[0]));
    }

    /** Without a limit, and although it never comes to the window. */
    @Test
    void aHangOfTheRunWithoutInterruptsIsProvedAndRecorded() throws Exception {
        CapturedRun run = explore(TinyKernel.SPIN, "--from", "never", "--out", folder.resolve("findings").toString());

        assertThat(run.exitCode()).isEqualTo(ExitCode.GUEST_FAILED);
        assertThat(run.errors().lines()).satisfiesExactly(
                line -> assertThat(line).startsWith("trapframe: 1 runs of strategy none").endsWith(": 1 hung"),
                line -> assertThat(line).startsWith("trapframe: found dead spin").contains("with none the guest hangs: it spins"),
                line -> assertThat(line).startsWith("trapframe: recorded in "));
        assertThat(RecordingFile.read(folder.resolve("findings").resolve("finding-1.recording")).ended().orElseThrow().detail()).startsWith("hangs: it spins");
        assertThat(Files.readString(folder.resolve("findings").resolve("InterruptsAnywhereTest.java"))).doesNotContain("@Explore").contains("guest.expectSuccess()");
    }

    @Test
    void whatIsExplainedOfARecordingIsNotBehindItsEnd() throws Exception {
        String recording = folder.resolve("findings").resolve("finding-1.recording").toString();
        explore(TinyKernel.SPIN, "--out", folder.resolve("findings").toString());

        CapturedRun behind = CapturedRun.of("explain", recording, "--at", "99999999999");
        assertThat(behind.exitCode()).isEqualTo(ExitCode.WRONG_USE);
        assertThat(behind.errors()).startsWith("trapframe: --at 99999999999: the recording ends at position ");
        assertThat(CapturedRun.of("explain", recording, "--at", "3").exitCode()).isEqualTo(ExitCode.SUCCESS);
    }

    @Test
    void aFailureOfItsFirstInstructionIsFound() throws Exception {
        CapturedRun run = explore(TinyKernel.UD2);

        assertThat(run.errors()).contains("found triple fault");
        assertThat(run.exitCode()).isEqualTo(ExitCode.GUEST_FAILED);
    }

    @Test
    void bothPlacesOfTheWindowAreFoundInIt() throws Exception {
        assertThat(explore(SHOW, "--from", "A", "--to", "BA", "--until", "BA", "--budget", "1").errors()).contains(" window 7 to 13: ");
        assertThat(explore(SHOW, "--from", "AB", "--to", "BA", "--budget", "1").errors()).contains(" window 10 to 13: ");
    }

    @Test
    void aComparisonOfSearchesIsADocumentToo() throws Exception {
        CapturedRun run = explore(OPEN, "--check", "--json");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(JSON.std.mapFrom(run.output())).containsEntry("places", 4).containsEntry("differences", List.of())
                .containsOnlyKeys("places", "tried", "found", "hostSeconds", "exhaustiveHostSeconds", "differences");
    }

    @Test
    void aPlaceThatItDoesNotComeToIsSaidWithItsEnd() throws Exception {
        CapturedRun run = explore(SHOW, "--from", "BA", "--to", "AB");

        assertThat(run.errors()).isEqualTo("trapframe: --from: the run without interrupts does not come to BA before it ends, at position 10\n");
        assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_USE);
    }
}
