package trapframe.timeline;

import trapframe.cpu.Cpu;
import trapframe.cpu.Paging;
import trapframe.unicorn.CpuState;

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
    },
    FS_BASE {
        @Override
        void set(Cpu cpu, long value) {
            setBase(cpu, CpuState.FS, value);
        }
    },
    GS_BASE {
        @Override
        void set(Cpu cpu, long value) {
            setBase(cpu, CpuState.GS, value);
        }
    },
    CR2 {
        @Override
        void set(Cpu cpu, long value) {
            cpu.setPageFaultAddress(value);
        }
    },
    /** The TLB is empty then. */
    CR3 {
        @Override
        void set(Cpu cpu, long value) {
            cpu.setPageTable(value);
        }

        /** SDM vol. 2B, "MOV—Move to/from Control Registers": no reserved bit may be set. */
        @Override
        boolean takes(long value) {
            return value >>> Paging.PHYSICAL_ADDRESS_BITS == 0;
        }
    };

    private static void setBase(Cpu cpu, int segment, long value) {
        CpuState state = cpu.state();
        state.setSegment(segment, state.selector(segment), value, state.segmentLimit(segment), state.segmentFlags(segment));
    }

    void set(Cpu cpu, long value) {
        cpu.state().setRegister(ordinal(), value);
    }

    /** Whether the processor has no objection to a value. */
    boolean takes(long value) {
        return true;
    }
}
