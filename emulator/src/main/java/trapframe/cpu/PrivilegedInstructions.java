package trapframe.cpu;

import trapframe.bus.LocalInterrupts;
import trapframe.time.Clock;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;

/**
 * The instructions that the engine executes without the checks of the manual, intercepted before they do anything:
 * writes of control and debug registers, RDMSR and WRMSR. What passes the checks here runs in the engine, except for
 * what the engine does not know: CR8, the time-stamp counter as an MSR, and model-specific registers of no effect.
 */
final class PrivilegedInstructions {
    private static final int ALL_DEBUG_REGISTERS = 0xff;
    private static final long CR0_PE = 1;
    private static final long CR0_NW = 1 << 29;
    private static final long CR0_CD = 1 << 30;
    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5;
    /** TSD, DE, PSE, PAE, MCE, PGE, PCE, OSFXSR, OSXMMEXCPT, FSGSBASE, SMEP, SMAP. */
    private static final long CR4_ALLOWED = 0x0031_07fc;
    private static final long CR8_ALLOWED = 0xf;
    private static final long DR6_BD = 1 << 13;
    private static final long DR7_GD = 1 << 13;
    private static final long EFER_SCE = 1;
    private static final long EFER_LME = 1 << 8;
    private static final long EFER_LMA = 1 << 10;
    private static final long EFER_NXE = 1 << 11;
    private static final long LOW_HALF = 0xffff_ffffL;

    private static final int MSR_TSC = 0x10;
    /** IA32_PLATFORM_ID, which is read only: slot 0. Processors of this family have it without a flag in CPUID. */
    private static final int MSR_PLATFORM_ID = 0x17;
    private static final int MSR_APIC_BASE = 0x1b;
    private static final int MSR_MICROCODE = 0x8b;
    /** IA32_MCG_CAP, which is read only, and IA32_MCG_STATUS: no banks of machine checks, and none in progress. */
    private static final int MSR_MACHINE_CHECKS = 0x179;
    private static final int MSR_MACHINE_CHECK_STATUS = 0x17a;
    private static final int MSR_SYSENTER_CS = 0x174;
    private static final int MSR_SYSENTER_ESP = 0x175;
    private static final int MSR_SYSENTER_EIP = 0x176;
    private static final int MSR_MISC_ENABLE = 0x1a0;
    private static final int MSR_DEBUGCTL = 0x1d9;
    private static final int MSR_PAT = 0x277;
    private static final int MSR_EFER = 0xc000_0080;
    private static final int MSR_STAR = 0xc000_0081;
    private static final int MSR_LSTAR = 0xc000_0082;
    private static final int MSR_CSTAR = 0xc000_0083;
    private static final int MSR_FMASK = 0xc000_0084;
    private static final int MSR_FS_BASE = 0xc000_0100;
    private static final int MSR_GS_BASE = 0xc000_0101;
    private static final int MSR_KERNEL_GS_BASE = 0xc000_0102;
    private static final int MSR_TSC_AUX = 0xc000_0103;
    /** IA32_APIC_BASE: the bootstrap processor's flag, the enable flag, the address; not x2APIC mode. */
    private static final long APIC_BASE_ALLOWED = (1L << Paging.PHYSICAL_ADDRESS_BITS) - 1 & ~0x6ff;

    private final Engine engine;
    private final CpuState state;
    private final LinearMemory memory;
    private final Clock clock;
    private final LocalInterrupts interrupts;
    private final MemoryTypeRanges memoryTypes = new MemoryTypeRanges();
    private long timeStampOffset;

    PrivilegedInstructions(Engine engine, LinearMemory memory, Clock clock, LocalInterrupts interrupts) {
        this.engine = engine;
        this.state = engine.state();
        this.memory = memory;
        this.clock = clock;
        this.interrupts = interrupts;
    }

    void reset() {
        timeStampOffset = 0;
        memoryTypes.reset();
        init();
    }

    MemoryTypeRanges memoryTypes() {
        return memoryTypes;
    }

    /** INIT leaves the time-stamp counter alone. */
    void init() {
        state.setHflags(state.hflags() | CpuState.HFLAGS_GUEST);
        chooseIntercepts();
    }

    /** Reads of debug registers matter only while general detect is on. */
    void chooseIntercepts() {
        boolean generalDetect = (state.debug(7) & DR7_GD) != 0;
        state.setIntercepts(1 << 8, 1 | 1 << 4 | 1 << 8, generalDetect ? ALL_DEBUG_REGISTERS : 0, ALL_DEBUG_REGISTERS);
    }

    /** What the time-stamp counter is ahead of virtual time, in nanoseconds. */
    long timeStampOffset() {
        return timeStampOffset;
    }

    void setTimeStampOffset(long nanos) {
        timeStampOffset = nanos;
    }

    /** The time-stamp counter: nanoseconds of virtual time, as the guest set them. */
    long timeStamp() {
        return clock.nanos() + timeStampOffset;
    }

    /**
     * Checks an intercepted instruction, and executes it if the engine cannot.
     *
     * @param code the exit code of the interception
     * @return whether it is done; if not, the engine has to execute it
     */
    boolean execute(int code) throws CpuFault {
        Opcode opcode = Opcode.at(state, memory);
        if (code == CpuState.INTERCEPT_MSR) {
            return opcode.isMsrRead() ? readMsr(opcode) : writeMsr(opcode);
        }
        int register = code & 0xf;
        switch (code & ~0xf) {
            case CpuState.INTERCEPT_READ_CR -> {
                state.setRegister(opcode.rm(), interrupts.taskPriority());
                state.setRip(state.rip() + opcode.length());
                return true;
            }
            case CpuState.INTERCEPT_WRITE_CR -> {
                return writeControl(register, opcode);
            }
            default -> {
                accessDebug(register, (code & ~0xf) == CpuState.INTERCEPT_WRITE_DR, opcode);
                return false;
            }
        }
    }

    private boolean writeControl(int register, Opcode opcode) throws CpuFault {
        if (!opcode.isMoveToControlRegister()) {
            // LMSW and CLTS come by here too; neither can set a bit that is checked.
            return false;
        }
        long value = source(opcode);
        switch (register) {
            case 0 -> checkControl0(value);
            case 4 -> protectIf((value & ~CR4_ALLOWED) != 0 || state.isLongMode() && (value & CR4_PAE) == 0);
            default -> {
                protectIf((value & ~CR8_ALLOWED) != 0);
                interrupts.setTaskPriority((int) value);
                state.setRip(state.rip() + opcode.length());
                return true;
            }
        }
        return false;
    }

    /** SDM vol. 2B, "MOV—Move to/from Control Registers", protected mode and 64-bit mode exceptions. */
    private void checkControl0(long value) throws CpuFault {
        boolean paging = (value & CR0_PG) != 0;
        boolean enables = paging && (state.control(0) & CR0_PG) == 0;
        boolean codeIsLong = (state.segmentFlags(CpuState.CS) & Descriptor.LONG) != 0;
        protectIf(value >>> 32 != 0
                || paging && (value & CR0_PE) == 0
                || (value & CR0_NW) != 0 && (value & CR0_CD) == 0
                || !paging && state.is64Bit()
                || enables && (state.efer() & EFER_LME) != 0
                        && ((state.control(4) & CR4_PAE) == 0 || codeIsLong));
    }

    private void accessDebug(int register, boolean write, Opcode opcode) throws CpuFault {
        long dr7 = state.debug(7);
        if ((dr7 & DR7_GD) != 0) {
            state.setDebug(6, state.debug(6) | DR6_BD);
            throw new CpuFault(Vector.DEBUG, 0);
        }
        protectIf(write && register >= 4 && source(opcode) >>> 32 != 0);
    }

    private long source(Opcode opcode) {
        long value = state.register(opcode.rm());
        return state.is64Bit() ? value : value & LOW_HALF;
    }

    private boolean readMsr(Opcode opcode) throws CpuFault {
        long value;
        int msr = (int) state.register(CpuState.RCX);
        switch (msr) {
            case MSR_TSC -> value = timeStamp();
            case MSR_APIC_BASE -> value = interrupts.base();
            case MSR_PLATFORM_ID, MSR_MICROCODE, MSR_MACHINE_CHECKS, MSR_MACHINE_CHECK_STATUS, MSR_DEBUGCTL -> value = 0;
            case MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_MISC_ENABLE, MSR_PAT, MSR_EFER, MSR_STAR,
                    MSR_LSTAR, MSR_CSTAR, MSR_FMASK, MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_TSC_AUX -> {
                return false;
            }
            default -> {
                protectIf(!MemoryTypeRanges.has(msr));
                value = memoryTypes.read(msr);
            }
        }
        state.setRegister(CpuState.RAX, value & LOW_HALF);
        state.setRegister(CpuState.RDX, value >>> 32);
        state.setRip(state.rip() + opcode.length());
        return true;
    }

    private boolean writeMsr(Opcode opcode) throws CpuFault {
        long value = state.register(CpuState.RAX) & LOW_HALF | state.register(CpuState.RDX) << 32;
        int msr = (int) state.register(CpuState.RCX);
        switch (msr) {
            case MSR_TSC -> timeStampOffset = value - clock.nanos();
            case MSR_APIC_BASE -> {
                protectIf((value & ~APIC_BASE_ALLOWED) != 0);
                interrupts.setBase(value);
                engine.flushTlb();
            }
            case MSR_MICROCODE, MSR_MACHINE_CHECK_STATUS, MSR_DEBUGCTL -> { }
            case MSR_EFER -> {
                checkEfer(value);
                return false;
            }
            case MSR_PAT -> {
                checkPat(value);
                return false;
            }
            case MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_LSTAR, MSR_CSTAR, MSR_FS_BASE, MSR_GS_BASE,
                    MSR_KERNEL_GS_BASE -> {
                protectIf(value << 16 >> 16 != value);
                return false;
            }
            case MSR_FMASK, MSR_TSC_AUX -> {
                protectIf(value >>> 32 != 0);
                return false;
            }
            case MSR_SYSENTER_CS, MSR_MISC_ENABLE, MSR_STAR -> {
                return false;
            }
            default -> protectIf(!MemoryTypeRanges.has(msr) || !memoryTypes.write(msr, value));
        }
        state.setRip(state.rip() + opcode.length());
        return true;
    }

    private void checkEfer(long value) throws CpuFault {
        boolean changesMode = ((value ^ state.efer()) & EFER_LME) != 0;
        protectIf((value & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)) != 0
                || changesMode && (state.control(0) & CR0_PG) != 0);
    }

    /** SDM vol. 3A, table 12-10: the memory types that an entry of the PAT can have. */
    private static void checkPat(long value) throws CpuFault {
        for (int i = 0; i < Long.SIZE; i += Byte.SIZE) {
            int type = (int) (value >>> i & 0xff);
            protectIf(type > 7 || type == 2 || type == 3);
        }
    }

    private static void protectIf(boolean condition) throws CpuFault {
        if (condition) {
            throw new CpuFault(Vector.GENERAL_PROTECTION, 0);
        }
    }
}
