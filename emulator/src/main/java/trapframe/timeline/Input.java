package trapframe.timeline;

import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;

/** What comes to a machine from outside, at a position. Everything that a run is besides follows from its description. */
public sealed interface Input {
    /** Does to a machine what came, at its position; it does not run. */
    void applyTo(Machine machine);

    /** Whether a machine with this description could take it. */
    default boolean fits(MachineSpec spec) {
        return true;
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
    }
}
