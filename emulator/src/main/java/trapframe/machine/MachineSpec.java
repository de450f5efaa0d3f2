package trapframe.machine;

import trapframe.memory.GuestMemory;

/**
 * The description of a machine: with the image and the inputs, it determines everything that happens.
 *
 * @param memoryBytes         RAM, 1 MiB to {@link GuestMemory#MAX_SIZE}, in whole pages
 * @param codeBytesPerMicrosecond how many executed code bytes make a microsecond of virtual time; 1,000 makes one byte
 *                            one nanosecond
 * @param rtcEpochSeconds     the date in the real-time clock at power-on, in seconds since 1970 (UTC)
 * @param successCode         the value at the debug-exit port that means success
 * @param timerPhase          by how many positions the periodic interrupts of timers come earlier than if each timer started with a
 *                            whole period, 0 to {@link #MAX_TIMER_PHASE}; whole periods make no difference
 */
public record MachineSpec(long memoryBytes, long codeBytesPerMicrosecond, long rtcEpochSeconds, int successCode, long timerPhase) {
    public static final long DEFAULT_MEMORY_BYTES = 256L << 20;
    public static final long DEFAULT_CODE_BYTES_PER_MICROSECOND = 1_000;
    /** 2026-01-01 00:00:00 UTC. */
    public static final long DEFAULT_RTC_EPOCH_SECONDS = 1_767_225_600L;
    public static final int DEFAULT_SUCCESS_CODE = 0x10;
    public static final long DEFAULT_TIMER_PHASE = 0;
    public static final long MAX_TIMER_PHASE = 1_000_000_000_000L;

    /** A machine with default values throughout. */
    public static MachineSpec standard() {
        return new MachineSpec(DEFAULT_MEMORY_BYTES, DEFAULT_CODE_BYTES_PER_MICROSECOND, DEFAULT_RTC_EPOCH_SECONDS,
                DEFAULT_SUCCESS_CODE, DEFAULT_TIMER_PHASE);
    }

    public MachineSpec withMemory(long bytes) {
        return new MachineSpec(bytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, timerPhase);
    }

    public MachineSpec withTimerPhase(long positions) {
        return new MachineSpec(memoryBytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, positions);
    }
}
