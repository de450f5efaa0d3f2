package trapframe.tools.console;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Where the guest's console goes: byte for byte, a line at a time. A line that stays unfinished (a prompt) follows a
 * moment later, so that nobody waits for it and a kernel that prints much is not slowed down by it.
 */
public final class ConsoleOutput implements AutoCloseable {
    private static final int CAPACITY = 8192;
    private static final long UNFINISHED_LINE_MILLIS = 20;

    private final OutputStream destination;
    private final byte[] buffer = new byte[CAPACITY];
    private int used;
    private boolean atLineStart = true;
    private boolean closed;
    private IOException failure;

    public ConsoleOutput(OutputStream destination) {
        this.destination = destination;
        Thread.ofPlatform().daemon().name("console-flush").start(this::flushUnfinishedLines);
    }

    /** Takes a byte. After a failed write everything is dropped; {@link #failure} tells. */
    public synchronized void write(byte value) {
        buffer[used++] = value;
        atLineStart = value == '\n';
        if (value == '\n' || used == CAPACITY) {
            flush();
        } else if (used == 1) {
            notifyAll();
        }
    }

    public synchronized void flush() {
        int count = used;
        used = 0;
        if (count == 0 || failure != null) {
            return;
        }
        try {
            destination.write(buffer, 0, count);
            destination.flush();
        } catch (IOException e) {
            failure = e;
        }
    }

    /** Whether the last line is finished, or nothing was written. */
    public synchronized boolean atLineStart() {
        return atLineStart;
    }

    /** What ended the output, or null while all is well. */
    public synchronized IOException failure() {
        return failure;
    }

    /** Writes what is left. The destination is closed too. */
    @Override
    public synchronized void close() throws IOException {
        flush();
        closed = true;
        notifyAll();
        destination.close();
    }

    private synchronized void flushUnfinishedLines() {
        try {
            while (!closed) {
                if (used == 0) {
                    wait();
                } else {
                    wait(UNFINISHED_LINE_MILLIS);
                    flush();
                }
            }
        } catch (InterruptedException e) {
            // The process is ending, and whoever ends it flushes.
        }
    }
}
