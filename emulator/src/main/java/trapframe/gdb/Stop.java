package trapframe.gdb;

import trapframe.cpu.Watch;

/** Why the machine stands. */
public sealed interface Stop {
    /** The CPU that it is about, by its number. */
    int cpu();

    /** The next instruction of the CPU is one that was asked for. */
    record Breakpoint(int cpu) implements Stop { }

    /** The CPU has made an access that was watched for. */
    record Watchpoint(int cpu, Watch watch) implements Stop { }

    /** It did what it was told, or stands where it was when the client came. */
    record Done(int cpu) implements Stop { }

    /** The client asked for it. */
    record Interrupted(int cpu) implements Stop { }

    /** It went back to the first position that there is. */
    record AtBeginning(int cpu) implements Stop { }

    /**
     * The run has an end here.
     *
     * @param reason for people
     */
    record AtEnd(int cpu, String reason) implements Stop { }
}
