package trapframe.timeline;

import trapframe.cpu.Cpu;

/** The registers that can be written from outside. */
public enum RegisterName {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
    RIP {
        @Override
        void set(Cpu cpu, long value) {
            cpu.state().setRip(value);
        }
    },
    /** The bits above 31 are ignored. */
    RFLAGS {
        @Override
        void set(Cpu cpu, long value) {
            cpu.setRflags((int) value);
        }
    };

    void set(Cpu cpu, long value) {
        cpu.state().setRegister(ordinal(), value);
    }
}
