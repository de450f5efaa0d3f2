package trapframe.gdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** The host I/O packets as far as a client needs them to read the booted file's symbols: that one file, for reading. */
final class FileTransfer {
    private static final int DESCRIPTOR = 3;
    private static final String NO_ENTRY = "F-1,2";
    private static final String BAD_DESCRIPTOR = "F-1,9";
    private static final String IO_ERROR = "F-1,5";

    private final Optional<RemoteFile> file;

    FileTransfer(Optional<RemoteFile> file) {
        this.file = file;
    }

    /** @param request without {@code vFile:} */
    String answer(String request) {
        String[] parts = request.split("[:,]", -1);
        return switch (parts[0]) {
            case "setfs" -> "F0";
            case "open" -> parts.length > 1 && file.isPresent() && Packet.hexText(file.get().path()).equals(parts[1])
                    ? "F" + DESCRIPTOR : NO_ENTRY;
            case "close" -> "F0";
            case "pread" -> parts.length == 4 && Packet.number(parts[1]) == DESCRIPTOR && file.isPresent()
                    ? read(file.get(), Packet.length(parts[2]), Packet.number(parts[3])) : BAD_DESCRIPTOR;
            default -> "";
        };
    }

    private static String read(RemoteFile file, int length, long offset) {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(Math.min(length, Packet.MAX_BYTES / 2));
            int count = offset < 0 ? 0 : Math.max(0, file.read(bytes, offset));
            return "F" + Integer.toHexString(count) + ";" + Packet.text(Arrays.copyOf(bytes.array(), count));
        } catch (IOException e) {
            return IO_ERROR;
        }
    }
}
