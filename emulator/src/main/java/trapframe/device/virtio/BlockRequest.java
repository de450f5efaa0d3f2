package trapframe.device.virtio;

import java.util.Arrays;
import trapframe.device.drive.Transfer;

/**
 * A request of the block device that is under way.
 *
 * @param due      the position at which it completes
 * @param status   what the driver is told if the transfer is done
 * @param transfer what the host does for it
 */
record BlockRequest(DescriptorChain chain, long due, int status, Transfer transfer) {
    /** VIRTIO_BLK_S_* (5.2.6). */
    static final int OK = 0;
    static final int IO_ERROR = 1;
    static final int UNSUPPORTED = 2;

    /** With the transfer's outcome, which has to be waited for. */
    record State(DescriptorChain chain, long due, int status, boolean done, byte[] data, long upTo) {
        BlockRequest request() {
            return new BlockRequest(chain, due, status, Transfer.ended(done, data, upTo));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof State that && chain.equals(that.chain) && due == that.due && status == that.status && done == that.done
                    && Arrays.equals(data, that.data) && upTo == that.upTo;
        }

        @Override
        public int hashCode() {
            return chain.hashCode() + Long.hashCode(due) + Arrays.hashCode(data);
        }
    }

    State state() {
        boolean done = transfer.await();
        return new State(chain, due, status, done, done ? transfer.data() : new byte[0], transfer.upTo());
    }
}
