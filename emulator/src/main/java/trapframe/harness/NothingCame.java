package trapframe.harness;

/** At a step of a schedule no interrupt can come: there is no such run. What drives the guest is to let it through. */
public final class NothingCame extends RuntimeException {
    NothingCame(long position) {
        super("no device interrupts within a second of position " + position, null, false, false);
    }
}
