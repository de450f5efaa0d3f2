package trapframe.timeline;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.unicorn.VectorRegisters;

/** What comes to a machine from outside, at a position. Everything that a run is besides follows from its description. */
public sealed interface Input {
    /** Does to a machine what came, at its position; it does not run. */
    void applyTo(Machine machine);

    /** Whether a machine with this description could take it. */
    default boolean fits(MachineSpec spec) {
        return true;
    }

    /** Why a machine, which it fits, does not take it at this moment; empty if it does. */
    default Optional<String> refusal(Machine machine) {
        return Optional.empty();
    }

    /** Characters for the console, COM1. */
    record Console(byte[] characters) implements Input {
        @Override
        public void applyTo(Machine machine) {
            machine.type(characters);
        }
    }

    /** Nobody is at the console any more. */
    record HangUp() implements Input {
        @Override
        public void applyTo(Machine machine) {
            machine.hangUp();
        }
    }

    /** Somebody pressed the power button. */
    record PowerButton() implements Input {
        @Override
        public void applyTo(Machine machine) {
            machine.pressPowerButton();
        }
    }

    /** The TLBs are emptied, so that the run is the same for machines that are restored to this position. */
    record TlbsEmptied() implements Input {
        @Override
        public void applyTo(Machine machine) {
            machine.emptyTlbs();
        }
    }

    /**
     * A drive changed its capacity.
     *
     * @param drive   its number in the description
     * @param sectors of 512 bytes
     */
    record DriveSize(int drive, long sectors) implements Input {
        private static final long MOST_SECTORS = 1L << 40;

        @Override
        public void applyTo(Machine machine) {
            machine.resizeDrive(drive, sectors);
        }

        @Override
        public boolean fits(MachineSpec spec) {
            return drive >= 0 && drive < spec.drives().size() && sectors >= 1 && sectors <= MOST_SECTORS;
        }
    }

    /**
     * Somebody requested an interrupt of a CPU, through its interrupt controller.
     *
     * @param vector 0 to 255; one that no controller can request has no effect
     */
    record Injection(int cpu, int vector) implements Input {
        private static final int MOST_VECTOR = 0xff;

        @Override
        public void applyTo(Machine machine) {
            machine.inject(cpu, vector);
        }

        @Override
        public boolean fits(MachineSpec spec) {
            return cpu >= 0 && cpu < spec.cpus() && vector >= 0 && vector <= MOST_VECTOR;
        }

        @Override
        public Optional<String> refusal(Machine machine) {
            return machine.whyNoInjection(cpu, vector);
        }
    }

    /**
     * Time passed in which no CPU executed anything.
     *
     * @param positions how much
     */
    record Stall(long positions) implements Input {
        private static final long MOST = 1L << 50;

        @Override
        public void applyTo(Machine machine) {
            machine.stall(positions);
        }

        @Override
        public boolean fits(MachineSpec spec) {
            return positions >= 1 && positions <= MOST;
        }
    }

    /**
     * The turn went to a CPU.
     *
     * @param atLeast how long it lasts at least, in positions, unless the CPU comes to wait; 0: as long as turns usually do
     */
    record Turn(int cpu, long atLeast) implements Input {
        private static final long MOST = 1L << 50;

        @Override
        public void applyTo(Machine machine) {
            machine.giveTurn(cpu, atLeast);
        }

        @Override
        public boolean fits(MachineSpec spec) {
            return cpu >= 0 && cpu < spec.cpus() && atLeast >= 0 && atLeast <= MOST;
        }
    }

    /** A debugger wrote to RAM, from a physical address on. */
    record Memory(long address, byte[] bytes) implements Input {
        @Override
        public void applyTo(Machine machine) {
            machine.ram().write(address, bytes);
        }

        @Override
        public boolean fits(MachineSpec spec) {
            return address >= 0 && address <= spec.memoryBytes() - bytes.length;
        }
    }

    /**
     * A debugger wrote to x87 or SSE registers of a CPU.
     *
     * @param offset in {@link trapframe.cpu.CpuSnapshot#vector}, of the first byte
     */
    record VectorState(int cpu, int offset, byte[] bytes) implements Input {
        private static final int MXCSR = 86;
        /** Those that a processor has (SDM vol. 1, 10.2.3). */
        private static final int MXCSR_BITS = 0xffff;

        @Override
        public void applyTo(Machine machine) {
            machine.cpus().get(cpu).setVectorState(offset, bytes);
        }

        @Override
        public boolean fits(MachineSpec spec) {
            return cpu >= 0 && cpu < spec.cpus() && offset >= 0 && offset <= VectorRegisters.BYTES - bytes.length;
        }

        @Override
        public Optional<String> refusal(Machine machine) {
            byte[] all = machine.cpus().get(cpu).snapshot().vector();
            System.arraycopy(bytes, 0, all, offset, bytes.length);
            int mxcsr = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getInt(MXCSR);
            return (mxcsr & ~MXCSR_BITS) != 0 ? Optional.of("reserved bits of MXCSR cannot be set") : Optional.empty();
        }
    }

    /** A debugger wrote to a register of a CPU. */
    record Register(int cpu, RegisterName register, long value) implements Input {
        @Override
        public void applyTo(Machine machine) {
            register.set(machine.cpus().get(cpu), value);
        }

        @Override
        public boolean fits(MachineSpec spec) {
            return cpu >= 0 && cpu < spec.cpus();
        }

        @Override
        public Optional<String> refusal(Machine machine) {
            return register.takes(value) ? Optional.empty() : Optional.of("the processor has no such bits in " + register);
        }
    }
}
