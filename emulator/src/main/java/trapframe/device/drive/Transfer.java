package trapframe.device.drive;

import java.util.function.BooleanSupplier;

/**
 * What a drive was asked to do. It may go on for as long as the host likes; {@link #await} is where the machine waits for it.
 */
public final class Transfer {
    private final BooleanSupplier completion;
    private final byte[] data;
    private final long upTo;

    /**
     * @param completion waits, and tells whether it was done
     * @param data       of a read, complete when it was done; else empty
     * @param upTo       of a flush, the last write that is durable when it was done; else 0
     */
    Transfer(BooleanSupplier completion, byte[] data, long upTo) {
        this.completion = completion;
        this.data = data;
        this.upTo = upTo;
    }

    /** Something that needs no time, or a transfer whose outcome is known. */
    public static Transfer ended(boolean done, byte[] data, long upTo) {
        return new Transfer(() -> done, data, upTo);
    }

    /** Waits for the host; false if it could not do what was asked. */
    public boolean await() {
        return completion.getAsBoolean();
    }

    public byte[] data() {
        return data;
    }

    public long upTo() {
        return upTo;
    }
}
