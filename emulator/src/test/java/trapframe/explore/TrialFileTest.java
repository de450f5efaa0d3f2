package trapframe.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.cpu.Activity;
import trapframe.cpu.DoubleFault;
import trapframe.diagnose.Cell;
import trapframe.diagnose.CpuPlace;
import trapframe.diagnose.Loop;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.flow.Poll;
import trapframe.explore.Exploration.Settings;
import trapframe.machine.DeviceRegister;
import trapframe.machine.MachineSpec;
import trapframe.timeline.FileIdentity;
import trapframe.timeline.RunDescription;
import trapframe.timeline.TimelineException;

class TrialFileTest {
    private static final int DAMAGES = 2_000;
    private static final List<CpuPlace> PLACES = List.of(new CpuPlace(0, 0xffff_ffff_8010_1234L, 0xffff_8000_0000_1000L, 0, true, Activity.HLT,
            Optional.of(new DoubleFault(6999, 1, 2, false, 14, 14, 3, 4))));
    private static final List<List<Trial>> TRIALS = List.of(
            List.of(new Trial(Schedule.parse("@1000 stall 50"), new Outcome.GoalReached("said so"), false)),
            List.of(new Trial(Schedule.parse("@1001 stall 49"), new Outcome.Equivalent(), true),
                    new Trial(Schedule.parse("@1002 stall 48; @2000 turn 1"), new Outcome.Failed(5000, "é", "panic: \n"), false)),
            List.of(new Trial(Schedule.NONE, new Outcome.Hung(new Verdict.DeadSpin(7000, PLACES,
                    List.of(new Loop(0, List.of(1L, 2L), 4, List.of(new Cell(8, 8, 4)),
                            List.of(new Poll(new DeviceRegister(Optional.of("COM1"), Optional.of("line status register"), true, 0x3fd, 1), false, 0xff, "nothing is being sent",
                                    Optional.of(0x60L))))), List.of(), List.of()), List.of("TASK_READY")), false)));

    @TempDir
    Path folder;

    private Path file;
    private byte[] whole;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("state");
        try (Trials out = new TrialFile(file, subject("a"), settings(1))) {
            long first = 0;
            for (List<Trial> trials : TRIALS) {
                out.keep(first, trials);
                first += trials.size();
            }
        }
        whole = Files.readAllBytes(file);
    }

    private static Subject subject(String commandLine) {
        RunDescription run = new RunDescription(MachineSpec.standard(), Optional.empty(), new FileIdentity(1, "00"), commandLine, List.of(), List.of(),
                new byte[] {1}, false);
        return new Subject(run, null, Optional.of("done"), Optional.empty(), OptionalLong.of(1_000_000), Optional.empty());
    }

    private Settings settings(long seed) {
        return new Settings(Optional.of(new Point.Position(1)), Optional.empty(), "random", seed, 100, 2, false, false, Optional.of(file));
    }

    /** How many of the runs that were kept, from the first one on, are known; none is known as another one than it was. */
    private int known() {
        try (Trials read = new TrialFile(file, subject("a"), settings(1))) {
            long first = 0;
            int known = 0;
            for (List<Trial> trials : TRIALS) {
                Optional<List<Trial>> some = read.known(first, trials.size());
                if (some.isPresent()) {
                    assertThat(some).contains(trials);
                    assertThat(known).as("nothing is missing before").isEqualTo((int) first);
                    known += trials.size();
                }
                first += trials.size();
            }
            assertThat(read.used()).isEqualTo(known);
            return known;
        }
    }

    @Test
    void runsThatWereKeptAreKnownAndNoOthers() {
        assertThat(known()).isEqualTo(4);
        try (Trials read = new TrialFile(file, subject("a"), settings(1))) {
            assertThat(read.known(1, 3)).isEmpty();
            assertThat(read.known(2, 1)).as("in a row that begins before").isEmpty();
            assertThat(read.known(4, 1)).isEmpty();
        }
    }

    @Test
    void moreRunsInTheSameRowReplaceThoseThatWereKept() {
        List<Trial> more = List.of(TRIALS.get(0).getFirst(), TRIALS.get(1).getFirst());
        try (Trials out = new TrialFile(file, subject("a"), settings(1))) {
            assertThat(out.known(0, 2)).isEmpty();
            out.keep(0, more);
        }
        try (Trials read = new TrialFile(file, subject("a"), settings(1))) {
            assertThat(read.known(0, 2)).contains(more);
            assertThat(read.known(0, 1)).contains(TRIALS.getFirst());
        }
    }

    @Test
    void whereverItIsCutTheRunsBeforeAreKnownAndItGoesOnFromThere() throws IOException {
        int before = 0;
        for (int length = 0; length <= whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            int known = known();
            assertThat(known).isGreaterThanOrEqualTo(before);
            before = known;
            try (Trials out = new TrialFile(file, subject("a"), settings(1))) {
                long first = 0;
                for (List<Trial> trials : TRIALS) {
                    if (out.known(first, trials.size()).isEmpty()) {
                        out.keep(first, trials);
                    }
                    first += trials.size();
                }
            }
            assertThat(Files.readAllBytes(file)).as("cut at " + length).isEqualTo(whole);
        }
        assertThat(before).isEqualTo(4);
    }

    @Test
    void damageIsRefusedInALineOrCutsItShort() throws IOException {
        Random random = new Random(7);
        for (int i = 0; i < DAMAGES; i++) {
            byte[] damaged = Arrays.copyOf(whole, i % 2 == 0 ? whole.length : random.nextInt(whole.length));
            for (int k = random.nextInt(3); k >= 0 && damaged.length > 0; k--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, damaged);
            try {
                known();
            } catch (TimelineException e) {
                assertThat(e).hasMessageStartingWith(file + ": ").message().hasLineCount(1);
                assertThat(Files.readAllBytes(file)).as("nothing is lost").isEqualTo(damaged);
            }
        }
    }

    @Test
    void theFileOfAnotherSearchIsRefusedAndLeftAsItIs() throws IOException {
        assertThatThrownBy(() -> new TrialFile(file, subject("b"), settings(1))).isInstanceOf(TimelineException.class)
                .hasMessage(file + ": is of another search: another machine, or it was given something else");
        assertThatThrownBy(() -> new TrialFile(file, subject("a").showing("ready"), settings(1))).isInstanceOf(TimelineException.class)
                .hasMessage(file + ": is of another search: other ends of runs (--until, --to, --fail, --limit, --follow)");
        assertThatThrownBy(() -> new TrialFile(file, subject("a"), settings(2))).isInstanceOf(TimelineException.class)
                .hasMessage(file + ": is of another search: another --strategy, --seed or --whole");
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }

    @Test
    void aFileOfSomethingElseIsRefusedAndLeftAsItIs() throws IOException {
        byte[] text = "Not a search.\n".getBytes();
        Files.write(file, text);

        assertThatThrownBy(() -> new TrialFile(file, subject("a"), settings(1))).isInstanceOf(TimelineException.class)
                .hasMessage(file + ": is no exploration of Trapframe");
        assertThat(Files.readAllBytes(file)).isEqualTo(text);
    }
}
