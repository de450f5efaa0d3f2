package trapframe.device.virtio;

/** The driver did what the specification forbids, in a way that the device cannot answer. The message says what. */
final class ProtocolViolation extends Exception {
    ProtocolViolation(String what) {
        super(what, null, false, false);
    }
}
