package trapframe.cpu;

/** What a CPU does at its boundaries, as the manual names it for virtual machines (SDM vol. 3C, section 25.4.2). */
public enum Activity {
    /** It executes instructions. */
    ACTIVE,
    /** It executed HLT, and waits for an interrupt, an NMI or INIT. */
    HLT,
    /** A fault came up during the delivery of a double fault. */
    SHUTDOWN,
    /** An INIT was taken; only a start-up message ends it. */
    WAIT_FOR_SIPI
}
