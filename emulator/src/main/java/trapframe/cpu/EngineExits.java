package trapframe.cpu;

import java.util.List;
import java.util.Optional;
import trapframe.bus.LocalInterrupts;
import trapframe.bus.MmioBus;
import trapframe.bus.PortBus;
import trapframe.time.Clock;
import trapframe.unicorn.BlockCounter;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.EngineCallbacks;
import trapframe.unicorn.TlbAnswer;

/** The engine's questions and reports: answers what can be answered at once, and remembers why the engine stopped. */
final class EngineExits implements EngineCallbacks {
    /** Why the engine stopped; the first reason of a run counts. */
    enum Reason {
        /** Nobody stopped it: HLT. */
        NONE,
        /** A block starts that would pass the limit, or at which an interrupt could be taken. */
        BLOCK,
        /** An access to a device's memory; the instruction had no effect yet. */
        DEVICE,
        /** An instruction that an observer waits for; it had no effect yet. */
        OBSERVED,
        /** A port access happened and its block was cut short behind it. */
        CUT,
        /** A string port access that has not happened yet; its block was cut short before it. */
        CUT_BEFORE,
        /** A port access that the I/O permission bitmap denies; its block was cut short before it. */
        CUT_DENIED,
        INTERRUPT,
        /** An instruction of {@link PrivilegedInstructions}; it had no effect yet. */
        INTERCEPT,
        INVALID,
        SYSCALL,
        SYSENTER
    }

    private static final Optional<String> LOCAL_APIC = Optional.of(DeviceAccess.LOCAL_APIC);

    private final Cpu cpu;
    private final PortBus ports;
    private final MmioBus mmio;
    private final List<Cpu> cpus;
    private final LocalInterrupts interrupts;
    private final WatchedMemory watched;

    private Reason reason = Reason.NONE;
    private int vector;
    private boolean stepping;
    private int blocks;
    private long instruction;
    private long instructionPosition;
    private long instructionDebugStatus;
    private Opcode portInstruction;
    private int portValue;
    private int savedRflags;

    EngineExits(Cpu cpu, SystemBus bus, LocalInterrupts interrupts) {
        this.cpu = cpu;
        this.ports = bus.ports();
        this.mmio = bus.mmio();
        this.cpus = bus.cpus();
        this.interrupts = interrupts;
        watched = new WatchedMemory(bus.ram(), bus.observer(), cpu);
    }

    void begin(boolean isStepping) {
        reason = Reason.NONE;
        stepping = isStepping;
        blocks = 0;
    }

    Reason reason() {
        return reason;
    }

    int vector() {
        return vector;
    }

    boolean isStepping() {
        return stepping;
    }

    /** RIP of the SYSCALL or SYSENTER that stopped the engine; the linear address of an instruction that was waited for. */
    long instruction() {
        return instruction;
    }

    long instructionPosition() {
        return instructionPosition;
    }

    /** DR6 at that instruction, before the engine's own single-step trap behind it. */
    long instructionDebugStatus() {
        return instructionDebugStatus;
    }

    boolean isCut() {
        return reason == Reason.CUT || reason == Reason.CUT_BEFORE || reason == Reason.CUT_DENIED;
    }

    /** The position of the instruction boundary at RIP, inside or at the end of the block that started last. */
    long positionHere() {
        BlockCounter counter = cpu.engine().counter();
        return counter.countBeforeBlock() + cpu.state().linearRip() - counter.blockStart();
    }

    private void stop(Reason newReason) {
        if (reason == Reason.NONE) {
            reason = newReason;
        }
        cpu.engine().stop();
    }

    @Override
    public boolean fillTlb(long page, Access access, TlbAnswer answer) {
        return cpu.translation().fill(page, access, answer);
    }

    @Override
    public void blockPastLimit() {
        if (!isCut() && !stepping && !cpu.tracing().admitsBlock()) {
            stop(Reason.BLOCK);
            return;
        }
        if (isCut() || (stepping ? ++blocks < 2 : cpu.goesOn())) {
            return;
        }
        stop(Reason.BLOCK);
    }

    /**
     * A store into its own block makes the engine drop the block at the store and go on with a translation of just
     * that instruction. The counter has counted the whole block, so what was not executed of it is taken back. The
     * engine keeps that translation and would not tell the next time, so stores to the page are stepped from now on.
     */
    @Override
    public void blockTranslated(long address, int instructions, int size) {
        BlockCounter counter = cpu.engine().counter();
        if (!stepping && instructions == 1 && address >= counter.blockStart() && address + size < counter.blockEnd()) {
            cpu.translation().refuseStores(counter.blockStart());
            cpu.translation().refuseStores(counter.blockEnd() - 1);
            counter.setCount(counter.countBeforeBlock() + address - counter.blockStart());
            cpu.turnEnd().goOnAt(address);
        }
    }

    @Override
    public boolean admits(long address, int size) {
        return stepping || cpu.tracing().admits(address, size);
    }

    @Override
    public void instruction(long linear) {
        if (stepping || reason != Reason.NONE) {
            return;
        }
        if (cpu.isObserved(linear)) {
            instruction = linear;
            stop(Reason.OBSERVED);
        } else {
            cpu.tracing().reached(linear);
        }
    }

    @Override
    public void stored(long physical, int width, long value) {
        cpu.tracing().stored(stepping, physical, width, value);
    }

    @Override
    public void accessed(long physical, int width, boolean write) {
        cpu.tracing().touched(physical, width, write);
    }

    @Override
    public void interrupt(int newVector) {
        if (reason == Reason.NONE) {
            vector = newVector;
        }
        stop(newVector >= CpuState.INTERCEPT ? Reason.INTERCEPT : Reason.INTERRUPT);
    }

    @Override
    public void invalidInstruction() {
        stop(Reason.INVALID);
    }

    @Override
    public int portIn(int port, int width) {
        if (isCut() || !beginPortAccess(port, width)) {
            return 0;
        }
        int value = ports.read(port, width);
        tellPort(port, width, false, value);
        endPortAccess(value);
        return value;
    }

    @Override
    public void portOut(int port, int width, int value) {
        if (isCut() || !beginPortAccess(port, width)) {
            return;
        }
        ports.write(port, width, value);
        tellPort(port, width, true, value);
        endPortAccess(0);
    }

    private void tellPort(int port, int width, boolean write, int value) {
        if (cpu.tracing().isOn()) {
            cpu.tracing().accessed(new DeviceAccess(ports.nameAt(port), true, port, width, write, value & 0xffff_ffffL));
        }
    }

    private void tellMemory(long address, int width, boolean write, long value) {
        if (cpu.tracing().isOn()) {
            boolean local = address >= Translation.LOCAL_APIC;
            cpu.tracing().accessed(new DeviceAccess(local ? LOCAL_APIC : mmio.nameAt(address), false,
                    local ? address - Translation.LOCAL_APIC + interrupts.registersPage() : address, width, write, value));
        }
    }

    /** INS and OUTS change memory and registers besides, so that they always run as single steps. */
    private boolean beginPortAccess(int port, int width) {
        if (!cpu.portPermission().allows(port, width)) {
            cut(Reason.CUT_DENIED);
            return false;
        }
        if (stepping) {
            return true;
        }
        cpu.clock().moveTo(positionHere());
        portInstruction = Opcode.at(cpu.state(), cpu.memory());
        if (portInstruction.isPortString()) {
            cut(Reason.CUT_BEFORE);
            return false;
        }
        return true;
    }

    private void endPortAccess(int value) {
        if (stepping) {
            return;
        }
        // With TF set the block ends behind the access anyway, in a #DB.
        if (cpu.needsAttentionNow() && (cpu.state().eflags() & CpuState.TF) == 0) {
            portValue = value;
            cut(Reason.CUT);
        } else {
            cpu.deviceWasCalled();
        }
    }

    /** The rest of the block still runs, but every access to memory ends it, and its registers are thrown away. */
    private void cut(Reason newReason) {
        cpu.state().saveTo(cpu.saved());
        savedRflags = cpu.rflags();
        cpu.translation().cutShort();
        stop(newReason);
    }

    /** RFLAGS where the block was cut short; the engine keeps some of them elsewhere while it runs. */
    int savedRflags() {
        return savedRflags;
    }

    /** Completes the port access that cut its block short: moves RIP behind it and stores what was read. */
    void finishPortAccess() {
        CpuState state = cpu.state();
        int length = portInstruction.length();
        if (portInstruction.isPortRead()) {
            long mask = portInstruction.portWidth() == 4 ? -1 : (1L << 8 * portInstruction.portWidth()) - 1;
            state.setRegister(CpuState.RAX, state.register(CpuState.RAX) & ~mask | portValue & mask & 0xffff_ffffL);
        }
        state.setRip(state.rip() + length);
        state.setEflags(state.eflags() & ~CpuState.RF);
        state.setHflags(state.hflags() & ~CpuState.HFLAGS_SHADOW);
        Clock clock = cpu.clock();
        clock.moveTo(clock.position() + length);
    }

    @Override
    public void syscall() {
        noteInstruction();
        stop(Reason.SYSCALL);
    }

    @Override
    public void sysenter() {
        noteInstruction();
        stop(Reason.SYSENTER);
    }

    private void noteInstruction() {
        if (reason == Reason.NONE) {
            instruction = cpu.state().rip();
            instructionDebugStatus = cpu.state().debug(6);
            instructionPosition = positionHere();
        }
    }

    @Override
    public boolean cpuid() {
        CpuState state = cpu.state();
        CpuidTable.Registers result = CpuidTable.read((int) state.register(CpuState.RAX),
                (int) state.register(CpuState.RCX), cpu.number(), cpus.size(), interrupts.enabled());
        state.setRegister(CpuState.RAX, result.eax() & 0xffff_ffffL);
        state.setRegister(CpuState.RBX, result.ebx() & 0xffff_ffffL);
        state.setRegister(CpuState.RCX, result.ecx() & 0xffff_ffffL);
        state.setRegister(CpuState.RDX, result.edx() & 0xffff_ffffL);
        return true;
    }

    @Override
    public void rdtsc(boolean withAux) {
        if (isCut()) {
            return;
        }
        CpuState state = cpu.state();
        cpu.clock().moveTo(positionHere());
        long time = cpu.timeStamp();
        state.setRegister(CpuState.RAX, time & 0xffff_ffffL);
        state.setRegister(CpuState.RDX, time >>> 32);
        if (withAux) {
            state.setRegister(CpuState.RCX, state.tscAux() & 0xffff_ffffL);
        }
    }

    @Override
    public long deviceRead(long address, int width) {
        if (!stepping) {
            stop(Reason.DEVICE);
            return 0;
        }
        if (address >= Translation.WATCHED) {
            return watched.read(address, width);
        }
        long value = address >= Translation.LOCAL_APIC ? interrupts.registers().read(address - Translation.LOCAL_APIC, width)
                : mmio.read(address, width);
        tellMemory(address, width, false, value);
        return value;
    }

    @Override
    public void deviceWrite(long address, int width, long value) {
        if (!stepping) {
            stop(Reason.DEVICE);
        } else if (address >= Translation.WATCHED) {
            watched.write(address, width, value);
        } else {
            if (address >= Translation.LOCAL_APIC) {
                interrupts.registers().write(address - Translation.LOCAL_APIC, width, value);
            } else {
                mmio.write(address, width, value);
            }
            tellMemory(address, width, true, value);
        }
    }
}
