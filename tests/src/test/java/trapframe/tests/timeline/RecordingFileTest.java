package trapframe.tests.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.boot.BootException;
import trapframe.machine.MachineSpec;
import trapframe.timeline.Input;
import trapframe.timeline.Moment;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.RegisterName;
import trapframe.timeline.Replay;
import trapframe.timeline.RunDescription;
import trapframe.timeline.TimelineException;

class RecordingFileTest {
    private static final int DAMAGES = 2_000;

    @TempDir
    Path folder;

    private Path file;
    private byte[] whole;

    @BeforeEach
    void record() throws IOException {
        file = folder.resolve("recording");
        RecordedSprout.record(file, SproutMachine.KTHREAD);
        whole = Files.readAllBytes(file);
    }

    @Test
    void isSmall() {
        assertThat(whole.length).isLessThan(10_000);
    }

    @Test
    void whereverItIsCutItIsTheRecordingUpToThere() throws IOException {
        Recording recording = RecordingFile.read(file);
        int events = 0;
        int cuts = 0;
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            try {
                Recording cut = RecordingFile.read(file);
                assertThat(cut.ended()).isEmpty();
                assertThat(cut.events()).hasSizeGreaterThanOrEqualTo(events).isEqualTo(recording.events().subList(0, cut.events().size()));
                events = cut.events().size();
                cuts++;
            } catch (TimelineException e) {
                assertThat(cuts).as("a longer file is no worse").isZero();
                assertThat(e).hasMessageStartingWith(file + ": ");
            }
        }
        assertThat(events).isEqualTo(recording.events().size());
    }

    @Test
    void whatIsLeftOfACutOneCanBeReplayed() throws IOException {
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));

        assertThat(RecordedSprout.verify(file)).isInstanceOf(Replay.BrokenOff.class);
    }

    @Test
    void damageIsRefusedInALineOrCutsItShort() throws IOException {
        Recording recording = RecordingFile.read(file);
        Random random = new Random(5);
        for (int i = 0; i < DAMAGES; i++) {
            byte[] damaged = whole.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, damaged);
            try {
                Recording read = RecordingFile.read(file);
                assertThat(read.events()).isEqualTo(recording.events().subList(0, read.events().size()));
            } catch (TimelineException e) {
                assertThat(e).hasMessageStartingWith(file + ": ").message().hasLineCount(1);
            }
        }
    }

    @Test
    void noiseIsRefused() throws IOException {
        Random random = new Random(6);
        for (int i = 0; i < DAMAGES; i++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            int start = Math.min(noise.length, i % 3 == 0 ? 0 : indexOfLineEnd() + 1);
            System.arraycopy(whole, 0, noise, 0, start);
            Files.write(file, noise);
            assertThatThrownBy(() -> RecordingFile.read(file)).isInstanceOf(TimelineException.class);
        }
    }

    private int indexOfLineEnd() {
        int at = 0;
        while (whole[at] != '\n') {
            at++;
        }
        return at;
    }

    /** A checksum can be right where what it covers is not: whoever makes such a file gets a line, too. */
    @Test
    void whatDoesNotFitTheMachineIsRefused() {
        RunDescription run = RecordedSprout.describe("", MachineSpec.standard().withMemory(8 << 20), true);
        for (Input input : new Input[] {new Input.Memory(8 << 20, new byte[1]), new Input.Memory(-1, new byte[1]),
            new Input.Memory(Long.MAX_VALUE, new byte[9]), new Input.DriveSize(0, 8), new Input.Register(1, RegisterName.RAX, 0), new Input.Injection(1, 32),
            new Input.Injection(0, 256), new Input.Stall(0), new Input.Stall(Long.MAX_VALUE), new Input.Turn(-1, 0), new Input.Turn(1, 0),
            new Input.Turn(0, -1), new Input.Turn(0, Long.MAX_VALUE)}) {
            try (RecordingFile out = new RecordingFile(file, run)) {
                out.append(new Recording.Applied(Moment.at(5), input));
            }
            assertThatThrownBy(() -> RecordingFile.read(file)).isInstanceOf(TimelineException.class)
                    .hasMessage(file + ": is damaged: what comes at position 5 does not fit the machine");
        }
    }

    @Test
    void positionsThatGoBackAreRefused() {
        RunDescription run = RecordedSprout.describe("", MachineSpec.standard().withMemory(8 << 20), true);
        try (RecordingFile out = new RecordingFile(file, run)) {
            out.append(new Recording.Applied(Moment.at(5), new Input.HangUp()));
            out.append(new Recording.Applied(Moment.at(4), new Input.HangUp()));
        }

        assertThatThrownBy(() -> RecordingFile.read(file)).isInstanceOf(TimelineException.class).hasMessage(file + ": is damaged: it goes back");
    }

    @Test
    void aFolderThatIsNotThereIsNamed() {
        Path missing = folder.resolve("missing").resolve("recording");
        RunDescription run = RecordedSprout.describe("", MachineSpec.standard(), false);

        assertThatThrownBy(() -> new RecordingFile(missing, run)).isInstanceOf(TimelineException.class)
                .hasMessage(missing + ": no such file or folder");
    }

    @Test
    void anImageThatIsGoneIsNamed() {
        Recording recording = RecordingFile.read(file);
        Path missing = folder.resolve("missing");

        assertThatThrownBy(() -> recording.run().opener(missing)).isInstanceOf(BootException.class).hasMessageContaining(missing.toString());
    }
}
