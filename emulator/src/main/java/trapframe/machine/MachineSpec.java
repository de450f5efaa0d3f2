package trapframe.machine;

import java.util.List;
import trapframe.device.drive.DriveSpec;
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
 * @param cpus                CPUs, 1 to {@link #MAX_CPUS}
 * @param turnNanos           how long a CPU's turn lasts while others have something to do, in nanoseconds of virtual time, from 1
 *                            on; a turn of less than an instruction lasts one instruction
 * @param drives              the drives, in the order of their slots; at most {@link #MAX_PCI_DRIVES} and {@link #MAX_MMIO_DRIVES}
 * @param seed                what the entropy device's bytes are made of
 */
public record MachineSpec(long memoryBytes, long codeBytesPerMicrosecond, long rtcEpochSeconds, int successCode, long timerPhase,
                          int cpus, long turnNanos, List<DriveSpec> drives, long seed) {
    public static final long DEFAULT_MEMORY_BYTES = 256L << 20;
    public static final long DEFAULT_CODE_BYTES_PER_MICROSECOND = 1_000;
    /** 2026-01-01 00:00:00 UTC. */
    public static final long DEFAULT_RTC_EPOCH_SECONDS = 1_767_225_600L;
    public static final int DEFAULT_SUCCESS_CODE = 0x10;
    public static final long DEFAULT_TIMER_PHASE = 0;
    public static final long MAX_TIMER_PHASE = 1_000_000_000_000L;
    public static final int DEFAULT_CPUS = 1;
    public static final int MAX_CPUS = 16;
    public static final long DEFAULT_TURN_NANOS = 1_000;
    public static final int MAX_PCI_DRIVES = 29;
    public static final int MAX_MMIO_DRIVES = 4;
    public static final long DEFAULT_SEED = 0;

    public MachineSpec {
        if (memoryBytes < 1 << 20 || memoryBytes > GuestMemory.MAX_SIZE || memoryBytes % GuestMemory.PAGE_SIZE != 0) {
            throw new IllegalArgumentException("a machine has 1 MiB to 3 GiB of RAM in whole pages, not " + memoryBytes + " bytes");
        }
        if (codeBytesPerMicrosecond < 1) {
            throw new IllegalArgumentException("a microsecond has at least one code byte, not " + codeBytesPerMicrosecond);
        }
        if (timerPhase < 0 || timerPhase > MAX_TIMER_PHASE) {
            throw new IllegalArgumentException("a timer's phase is 0 to " + MAX_TIMER_PHASE + ", not " + timerPhase);
        }
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new IllegalArgumentException("a machine has 1 to " + MAX_CPUS + " CPUs, not " + cpus);
        }
        if (turnNanos < 1) {
            throw new IllegalArgumentException("a turn lasts at least a nanosecond, not " + turnNanos);
        }
        drives = List.copyOf(drives);
        long onPci = drives.stream().filter(drive -> drive.bus() == DriveSpec.Bus.PCI).count();
        if (onPci > MAX_PCI_DRIVES || drives.size() - onPci > MAX_MMIO_DRIVES) {
            throw new IllegalArgumentException("a machine has at most " + MAX_PCI_DRIVES + " drives on PCI and " + MAX_MMIO_DRIVES
                    + " on MMIO");
        }
    }

    /** A machine with default values throughout. */
    public static MachineSpec standard() {
        return new MachineSpec(DEFAULT_MEMORY_BYTES, DEFAULT_CODE_BYTES_PER_MICROSECOND, DEFAULT_RTC_EPOCH_SECONDS,
                DEFAULT_SUCCESS_CODE, DEFAULT_TIMER_PHASE, DEFAULT_CPUS, DEFAULT_TURN_NANOS, List.of(), DEFAULT_SEED);
    }

    public MachineSpec withMemory(long bytes) {
        return new MachineSpec(bytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, timerPhase, cpus, turnNanos,
                drives, seed);
    }

    /** @param number code bytes that pass in a microsecond of virtual time */
    public MachineSpec withCodeBytesPerMicrosecond(long number) {
        return new MachineSpec(memoryBytes, number, rtcEpochSeconds, successCode, timerPhase, cpus, turnNanos,
                drives, seed);
    }

    public MachineSpec withSuccessCode(int code) {
        return new MachineSpec(memoryBytes, codeBytesPerMicrosecond, rtcEpochSeconds, code, timerPhase, cpus, turnNanos,
                drives, seed);
    }

    public MachineSpec withTimerPhase(long positions) {
        return new MachineSpec(memoryBytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, positions, cpus, turnNanos,
                drives, seed);
    }

    public MachineSpec withCpus(int number) {
        return new MachineSpec(memoryBytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, timerPhase, number, turnNanos,
                drives, seed);
    }

    public MachineSpec withTurn(long nanos) {
        return new MachineSpec(memoryBytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, timerPhase, cpus, nanos,
                drives, seed);
    }

    public MachineSpec withDrives(DriveSpec... newDrives) {
        return new MachineSpec(memoryBytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, timerPhase, cpus, turnNanos,
                List.of(newDrives), seed);
    }

    public MachineSpec withSeed(long newSeed) {
        return new MachineSpec(memoryBytes, codeBytesPerMicrosecond, rtcEpochSeconds, successCode, timerPhase, cpus, turnNanos, drives,
                newSeed);
    }
}
