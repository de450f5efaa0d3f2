package trapframe.tools.console;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/** Bytes on their way from a thread that reads them to the guest. One thread takes them out. */
public final class InputQueue {
    private final ConcurrentLinkedQueue<Byte> bytes = new ConcurrentLinkedQueue<>();
    private volatile Thread waiting;
    private volatile boolean ended;

    void add(byte value) {
        bytes.add(value);
        wake();
    }

    /** No byte will be added any more. */
    void end() {
        ended = true;
        wake();
    }

    /** Ends a wait, whether or not there is a byte. */
    void wake() {
        LockSupport.unpark(waiting);
    }

    /** The next byte, or -1 when there is none now. */
    public int poll() {
        Byte next = bytes.poll();
        return next == null ? -1 : next & 0xff;
    }

    public boolean isEmpty() {
        return bytes.isEmpty();
    }

    /** Whether there is no byte and never will be. */
    public boolean atEnd() {
        return ended && bytes.isEmpty();
    }

    /** Waits for the next byte, or for the time to pass, whichever comes first; it may also return for neither. */
    public void await(long nanos) {
        waiting = Thread.currentThread();
        try {
            if (bytes.isEmpty()) {
                LockSupport.parkNanos(this, nanos);
            }
        } finally {
            waiting = null;
        }
    }
}
