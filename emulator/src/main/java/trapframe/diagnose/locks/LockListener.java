package trapframe.diagnose.locks;

import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;

/** Hears what happens to locks, interrupts and stacks in a run, while it happens. */
public interface LockListener {
    /** A lock was taken; it is not among what the context holds yet. The CPU stands before the instruction. */
    default void taken(Cpu cpu, Context context, Hold hold) {
    }

    /** A CPU begins to wait for a lock that another one holds; or it tried, and goes on without. */
    default void refused(Cpu cpu, Context context, Lock lock, long position) {
    }

    /** A lock was released; it is not among what is held any more. */
    default void released(Cpu cpu, Context context, Hold hold, long position) {
    }

    /** What was taken for a lock that is held is none, or its release was missed; it is not among what is held any more. */
    default void forgotten(Hold hold) {
    }

    /** Interrupts are on or off from a position on; only changes are told. */
    default void interruptsEnabled(Cpu cpu, Context context, boolean enabled, long position) {
    }

    /** Another stack goes on, another task as a rule. */
    default void switched(Cpu cpu, Context from, Context to, long position) {
    }

    /** The kernel goes on in an interrupt or exception. */
    default void entered(Cpu cpu, Context context, int vector, boolean external, long position) {
    }

    /** The kernel goes on in a system call. */
    default void called(Cpu cpu, Context context, long position) {
    }

    /** An interrupt, exception or system call is over. */
    default void left(Cpu cpu, Context context, long position, boolean toProgram) {
    }

    /** A device was read or written. */
    default void accessed(Cpu cpu, long position, DeviceAccess access) {
    }

    default void halted(Cpu cpu, Context context, long position) {
    }
}
