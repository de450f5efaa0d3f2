package trapframe.device.drive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockedFileTest {
    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        file = Files.write(folder.resolve("disk.img"), new byte[4096]);
    }

    @Test
    void oneWriterHasTheFileForItself() throws IOException {
        HostFile writer = LockedFile.open(file, true);
        Path link = Files.createLink(folder.resolve("link.img"), file);
        assertThatThrownBy(() -> LockedFile.open(file, true)).hasMessage(file + ": is in use by another machine");
        assertThatThrownBy(() -> LockedFile.open(link, false)).hasMessage(link + ": is in use by another machine");
        writer.close();
        LockedFile.open(link, true).close();
    }

    @Test
    void readersShareItUntilTheLastIsGone() throws IOException {
        HostFile one = LockedFile.open(file, false);
        HostFile other = LockedFile.open(file, false);
        one.close();
        assertThatThrownBy(() -> LockedFile.open(file, true)).isInstanceOf(DriveException.class);
        other.read(ByteBuffer.allocate(4096), 0);
        other.close();
        LockedFile.open(file, true).close();
    }

    @Test
    void readsWritesAndChangesItsLength() throws IOException {
        HostFile opened = LockedFile.open(file, true);
        opened.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 100);
        ByteBuffer read = ByteBuffer.allocate(4);
        opened.read(read, 99);
        assertThat(read.array()).containsExactly(0, 1, 2, 3);
        opened.setLength(8192);
        assertThat(opened.length()).isEqualTo(8192);
        opened.setLength(512);
        assertThat(opened.length()).isEqualTo(512);
        assertThatThrownBy(() -> opened.read(ByteBuffer.allocate(512), 1)).hasMessage("the file ends at 512");
        opened.force();
        opened.close();
        assertThat(Files.size(file)).isEqualTo(512);
    }

    @Test
    void whatIsNoFileIsRefusedInOneLine() {
        Path missing = folder.resolve("missing.img");
        assertThatThrownBy(() -> LockedFile.open(missing, true)).hasMessage(missing + ": no such file");
        assertThatThrownBy(() -> LockedFile.open(folder, true)).hasMessage(folder + ": is a directory");
        Path device = Path.of("/dev/null");
        if (Files.exists(device)) {
            assertThatThrownBy(() -> LockedFile.open(device, true)).hasMessage(device + ": is not a regular file");
        }
    }
}
