package trapframe.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import trapframe.device.drive.Drive;
import trapframe.tests.StagesKernel;

/** What a drive holds whose guest writes one text, across the end of a sector, into the second mebibyte. */
@BootImage(value = StagesKernel.DISK_NOTE, memory = "2M", drives = DiskTest.FILE + ",snapshot=on", budget = "100ms")
@Stages(@Stage(name = "written", shows = "written\n"))
class DiskTest {
    static final String FILE = "target/junit/disk-note.img";
    private static final String BEFORE = "from the host";
    private static final String NOTE = "written by the guest";
    private static final int SIZE = 2050 * Drive.SECTOR;
    /** Where the text's second half begins. */
    private static final int MIDDLE = 2048 * Drive.SECTOR;
    private static final int FIRST_HALF = "written by".length();

    @BeforeAll
    static void build() throws Exception {
        StagesKernel.build();
        Files.write(Path.of(FILE), content());
    }

    private static byte[] content() {
        return Arrays.copyOf(BEFORE.getBytes(StandardCharsets.UTF_8), SIZE);
    }

    @Test
    void isTheHostsFileUntilTheGuestWrites(Guest guest) {
        assertThat(guest).hasOnDisk(0, BEFORE);
        assertThat(guest.disk(0).find(NOTE)).isEqualTo(-1);
        assertThat(guest.disk(0).bytes(0, SIZE)).isEqualTo(content());
        assertThat(guest.disk(0).size()).isEqualTo(SIZE);
    }

    @Test
    @FromStage("written")
    void holdsWhatTheGuestWroteAndTheHostsFileDoesNot(Guest guest) {
        assertThat(guest).hasOnDisk(0, BEFORE).hasOnDisk(0, NOTE);
        guest.expectSuccess();
        assertThat(guest).hasOnDisk(0, NOTE);
        assertThat(guest.disk(0).find(NOTE)).isEqualTo(MIDDLE - FIRST_HALF);
        assertThat(guest.disk(0).bytes(MIDDLE - 2, 8)).asString(StandardCharsets.UTF_8).isEqualTo("by the g");
        assertThat(Path.of(FILE)).hasBinaryContent(content());
    }

    @Test
    void isEachGuestsOwn(Guest writer, Guest other) {
        writer.boot();
        assertThat(writer).hasOnDisk(0, NOTE);
        assertThatThrownBy(() -> assertThat(other).hasOnDisk(0, NOTE)).isInstanceOf(AssertionError.class)
                .hasMessage("disk 0 does not hold \"written by the guest\"");
    }

    @Test
    @FromStage("written")
    void whatItDoesNotHoldIsSaid(Guest guest) {
        assertThatThrownBy(() -> assertThat(guest).hasOnDisk(0, NOTE + "s")).isInstanceOf(AssertionError.class)
                .hasMessage("disk 0 does not hold \"written by the guests\"");
        assertThatThrownBy(() -> assertThat(guest).hasOnDisk(1, NOTE)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no drive 1: the machine has 1");
    }
}
