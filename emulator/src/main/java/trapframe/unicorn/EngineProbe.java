package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import trapframe.natives.Library;
import trapframe.natives.NativeLibraries;

/**
 * The start-up self-test: runs a few instructions in a fresh engine to find where it keeps the CPU's state, and
 * compares every offset of {@link CpuState} with what the engine's interface says.
 */
final class EngineProbe extends IdleCallbacks {
    /** A page far outside everything that a guest can have. */
    static final long PHYSICAL = 1L << 43;
    /** The VMCB's msrpm_base_pa (AMD APM, vol. 2, table B-1), and the map it points to, which intercepts every MSR. */
    private static final int MSR_MAP_POINTER = 0x48;
    private static final long MSR_MAP = 0x1000;
    private static final int MSR_MAP_BYTES = 0x2000;
    static final long LINEAR = 0x1000;
    private static final long HOUR_NANOS = 3_600_000_000_000L;
    private static final int HANDLE_BYTES = 0x1000;
    /** What a CPU has before its state, at most. */
    private static final int CPU_BYTES = 0x10000;
    /** CPUState.env_ptr. */
    private static final int CPU_STATE_POINTER = 0x128;
    private static final long[] REFUSED = {0x0000_7ace_c0de_7123L, 0x0000_5eed_face_4ab5L};

    private static final int REG_RAX = 35;
    private static final int REG_CR0 = 50;
    private static final int REG_DR0 = 66;

    private final Engine engine;
    private final MemorySegment page;
    private int vector = -1;
    private int fills;

    EngineProbe(Engine engine, Arena arena) {
        this.engine = engine;
        page = arena.allocate(MSR_MAP + MSR_MAP_BYTES, 4096);
        page.asSlice(MSR_MAP).fill((byte) -1);
        engine.mapRam(PHYSICAL, page);
    }

    /**
     * Finds and checks the layout, and leaves the engine as it was.
     *
     * @param view reads the state where the engine keeps it
     * @throws EngineException naming what does not fit
     */
    EngineLayout layout(Function<MemorySegment, CpuState> view) {
        CpuState state = view.apply(findState());
        MemorySegment saved = Arena.ofAuto().allocate(CpuState.SAVED_BYTES);
        state.saveTo(saved);
        checkRegisters(state);
        checkModelRegisters(state);
        checkExceptions(state);
        checkFeatures(state);
        checkIntercepts(state);
        checkTlbWindows(state);
        MemorySegment handle = engine.handle().reinterpret(HANDLE_BYTES);
        long cpu = findCpu(state, handle);
        EngineLayout layout = new EngineLayout(state, handle, findRefused(handle), cpu, flushesPages(cpu));
        state.restore(saved);
        state.forgetException();
        page.asSlice(0, MSR_MAP).fill((byte) 0);
        page.set(JAVA_LONG, MSR_MAP_POINTER, PHYSICAL + MSR_MAP);
        state.setVmcb(PHYSICAL);
        new TlbWindows(state, 0).shrink(engine::flushTlb);
        engine.flushCode();
        return layout;
    }

    private MemorySegment findState() {
        engine.counter().callAtNextBlock();
        execute(0xf4);                                                       // hlt
        engine.counter().callPast(Long.MAX_VALUE);
        long address = engine.counter().statePointer();
        if (address % 16 != 0 || !isMapped(address, CpuState.BYTES)) {
            throw mismatch("the CPU's state is not where translated code keeps its pointer");
        }
        return MemorySegment.ofAddress(address).reinterpret(CpuState.BYTES);
    }

    /** The page at {@link #PHYSICAL}; free from 0x800 up to the map of MSRs. */
    MemorySegment page() {
        return page;
    }

    private void checkRegisters(CpuState state) {
        setRegister(REG_RAX, 0x1122_3344_5566_7788L);
        expect("RAX", 0x1122_3344_5566_7788L, state.register(CpuState.RAX));
        execute(0x48, 0xb9, 1, 2, 3, 4, 5, 6, 7, 8,                          // mov rcx, 0x0807060504030201
                0x49, 0x89, 0xcb,                                            // mov r11, rcx
                0x48, 0x8d, 0x79, 0x01,                                      // lea rdi, [rcx + 1]
                0xf4);
        expect("RCX", 0x0807_0605_0403_0201L, state.register(CpuState.RCX));
        expect("R11", 0x0807_0605_0403_0201L, state.register(CpuState.R11));
        expect("RDI", 0x0807_0605_0403_0202L, state.register(CpuState.RDI));
        expect("RIP", LINEAR + 18, state.rip());
        execute(0xfb, 0x90, 0xf4);                                           // sti; nop; hlt
        expect("IF", CpuState.IF, state.eflags() & CpuState.IF);
        execute(0xfa, 0xf4);                                                 // cli; hlt
        expect("IF", 0, state.eflags() & CpuState.IF);
        expect("CS64 and LMA", CpuState.HFLAGS_CS64 | CpuState.HFLAGS_LMA,
                state.hflags() & (CpuState.HFLAGS_CS64 | CpuState.HFLAGS_LMA));
        expect("CPL", 0, state.cpl());
        expect("CR0", register(REG_CR0), state.control(0));
        setRegister(REG_DR0, 0x1234_5678_9abcL);
        expect("DR0", 0x1234_5678_9abcL, state.debug(0));
        page.set(JAVA_LONG, 0x100, 0x0000_9876_5432_0fffL);
        page.set(JAVA_LONG, 0x108, 0x1_0000_0000L >>> 16 | 0x55L << 32);
        execute(0x0f, 0x01, 0x14, 0x25, 0x00, 0x11, 0, 0,                    // lgdt [0x1100]
                0x0f, 0x01, 0x1c, 0x25, 0x00, 0x11, 0, 0,                    // lidt [0x1100]
                0xf4);
        expect("GDT limit", 0x0fff, state.gdtLimit());
        expect("GDT base", 0x0000_0000_9876_5432L | page.get(JAVA_LONG, 0x108) << 48, state.gdtBase());
        expect("IDT base", state.gdtBase(), state.idtBase());
        expect("IDT limit", 0x0fff, state.idtLimit());
    }

    private void checkModelRegisters(CpuState state) {
        expectMsr("EFER", 0xc000_0080, state.efer());
        engine.setMsr(0xc000_0081, 0x0023_0010_1234_5678L);
        expectMsr("STAR", 0xc000_0081, state.star());
        engine.setMsr(0xc000_0082, 0x0000_1111_2222_3333L);
        expectMsr("LSTAR", 0xc000_0082, state.lstar());
        engine.setMsr(0xc000_0083, 0x0000_1111_2222_4444L);
        expectMsr("CSTAR", 0xc000_0083, state.cstar());
        engine.setMsr(0xc000_0084, 0x0004_7700);
        expectMsr("FMASK", 0xc000_0084, state.syscallMask());
        engine.setMsr(0xc000_0102, 0x0000_1111_2222_5555L);
        expectMsr("KernelGSBase", 0xc000_0102, state.kernelGsBase());
        engine.setMsr(0xc000_0103, 0x77);
        expectMsr("TSC_AUX", 0xc000_0103, state.tscAux());
        engine.setMsr(0xc000_0100, 0x0000_1111_2222_6666L);
        expectMsr("FS base", 0xc000_0100, state.segmentBase(CpuState.FS));
        engine.setMsr(0x174, 0x33);
        expectMsr("SYSENTER_CS", 0x174, state.sysenterCs());
        engine.setMsr(0x175, 0x0000_1111_2222_7777L);
        expectMsr("SYSENTER_ESP", 0x175, state.sysenterEsp());
        engine.setMsr(0x176, 0x0000_1111_2222_8888L);
        expectMsr("SYSENTER_EIP", 0x176, state.sysenterEip());
    }

    private void checkExceptions(CpuState state) {
        state.forgetException();
        state.setGdt(0, 0);
        execute(0x66, 0xb8, 0x34, 0x12, 0x8e, 0xd8, 0xf4);                   // mov ax, 0x1234; mov ds, ax
        expect("vector", 13, vector);
        expect("error code", 0x1234, state.errorCode());
        expect("software interrupt", 0, state.isSoftwareInterrupt() ? 1 : 0);
        expect("the last exception", 13, state.env().get(JAVA_INT, CpuState.OLD_EXCEPTION));
        state.forgetException();
        execute(0xcd, 0x42, 0xf4);                                           // int 0x42
        expect("vector", 0x42, vector);
        expect("software interrupt", 1, state.isSoftwareInterrupt() ? 1 : 0);
        state.forgetException();
    }

    private static void checkTlbWindows(CpuState state) {
        long now = System.currentTimeMillis() * 1_000_000;
        if (!new TlbWindows(state, 0).areTimes(now - HOUR_NANOS, now + HOUR_NANOS)) {
            throw mismatch("the times in its TLB are not where they should be");
        }
    }

    private void checkIntercepts(CpuState state) {
        state.setVmcb(PHYSICAL);
        state.setIntercepts(1 << 8, 1 << 4, 1 << 7, 1 << 6);
        int hflags = state.hflags();
        state.setHflags(hflags | CpuState.HFLAGS_GUEST);
        expectIntercept(state, CpuState.INTERCEPT_READ_CR + 8, 0x44, 0x0f, 0x20, 0xc0);   // mov rax, cr8
        expectIntercept(state, CpuState.INTERCEPT_WRITE_CR + 4, 0x0f, 0x22, 0xe0);        // mov cr4, rax
        expectIntercept(state, CpuState.INTERCEPT_READ_DR + 7, 0x0f, 0x21, 0xf8);         // mov rax, dr7
        expectIntercept(state, CpuState.INTERCEPT_WRITE_DR + 6, 0x0f, 0x23, 0xf0);        // mov dr6, rax
        page.set(JAVA_LONG, MSR_MAP_POINTER, PHYSICAL + MSR_MAP);
        for (int msr : new int[] {0x10, 0xc000_0080, 0x4000_0000}) {
            state.setRegister(CpuState.RCX, msr & 0xffff_ffffL);
            expectIntercept(state, CpuState.INTERCEPT_MSR, 0x0f, 0x32);                   // rdmsr
        }
        state.setHflags(hflags);
    }

    private void expectIntercept(CpuState state, int code, int... instruction) {
        vector = -1;
        int[] withHalt = Arrays.copyOf(instruction, instruction.length + 1);
        withHalt[instruction.length] = 0xf4;
        execute(withHalt);
        expect("intercepted instruction", CpuState.INTERCEPT + code, vector);
        expect("RIP of an intercepted instruction", LINEAR, state.rip());
    }

    /** APIC, OSXSAVE and OSPKE in CPUID depend on other state than the feature words. */
    private void checkFeatures(CpuState state) {
        execute(0xb8, 1, 0, 0, 0, 0x0f, 0xa2, 0xf4);                         // mov eax, 1; cpuid
        expect("features 1.EDX", (int) state.register(CpuState.RDX) | 1 << 9, state.feature(0) | 1 << 9);
        expect("features 1.ECX", popcntToSse(state.register(CpuState.RCX)), popcntToSse(state.feature(1)));
        execute(0xb8, 7, 0, 0, 0, 0x31, 0xc9, 0x0f, 0xa2, 0xf4);             // mov eax, 7; xor ecx, ecx; cpuid
        expect("features 7.EBX", (int) state.register(CpuState.RBX), state.feature(2));
        execute(0xb8, 1, 0, 0, 0x80, 0x0f, 0xa2, 0xf4);                      // mov eax, 0x80000001; cpuid
        expect("features 80000001.EDX", (int) state.register(CpuState.RDX), state.feature(6));
        expect("features 80000001.ECX", (int) state.register(CpuState.RCX) & 0x21, state.feature(7) & 0x21);
    }

    private static long popcntToSse(long ecx) {
        return ecx & (1 << 23 | 1 << 20 | 1 << 19 | 1 << 13 | 1 << 9 | 1 << 1 | 1);
    }

    private long findRefused(MemorySegment handle) {
        long found = -1;
        for (long address : REFUSED) {
            page.set(JAVA_LONG, 0x200, address);
            execute(0x48, 0x8b, 0x04, 0x25, 0x00, 0x12, 0, 0,                // mov rax, [0x1200]
                    0x8a, 0x00, 0xf4);                                       // mov al, [rax]
            long at = -1;
            for (long offset = 0; offset < HANDLE_BYTES && at < 0; offset += 8) {
                if (handle.get(JAVA_LONG, offset) == address) {
                    at = offset;
                }
            }
            if (at < 0 || found >= 0 && at != found) {
                throw mismatch("the address of a refused access is not kept");
            }
            found = at;
        }
        return found;
    }

    /** The engine points to the CPU that the state is part of, and the CPU to the state. Returns 0 where that is not so. */
    private static long findCpu(CpuState state, MemorySegment handle) {
        long env = state.env().address();
        for (long offset = 0; offset < HANDLE_BYTES; offset += Long.BYTES) {
            long cpu = handle.get(JAVA_LONG, offset);
            if (cpu > env - CPU_BYTES && cpu <= env - CPU_STATE_POINTER - Long.BYTES && cpu % 16 == 0
                    && HostMemory.ALL.get(JAVA_LONG, cpu + CPU_STATE_POINTER) == env) {
                return cpu;
            }
        }
        return 0;
    }

    /** Whether a page is asked for again behind a flush of it, and only then. */
    private boolean flushesPages(long cpu) {
        if (UnicornLibrary.FLUSH_PAGE == null || cpu == 0) {
            return false;
        }
        execute(0xf4);
        int before = fills;
        execute(0xf4);
        boolean keeps = fills == before;
        try {
            UnicornLibrary.FLUSH_PAGE.invokeExact(cpu, LINEAR);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        execute(0xf4);
        return keeps && fills > before;
    }

    private void execute(int... code) {
        for (int i = 0; i < code.length; i++) {
            page.set(JAVA_BYTE, i, (byte) code[i]);
        }
        engine.flushCode();
        engine.run(LINEAR);
    }

    private long register(int number) {
        engine.scratch().set(JAVA_LONG, 0, 0);
        engine.readRegister(number);
        return engine.scratch().get(JAVA_LONG, 0);
    }

    private void setRegister(int number, long value) {
        engine.scratch().set(JAVA_LONG, 0, value);
        engine.writeRegister(number);
    }

    private void expectMsr(String name, int number, long found) {
        expect(name, engine.msr(number), found);
    }

    private static void expect(String what, long expected, long found) {
        if (expected != found) {
            throw mismatch(String.format("%s is 0x%x where 0x%x was expected", what, found, expected));
        }
    }

    private static EngineException mismatch(String what) {
        return new EngineException("libunicorn " + NativeLibraries.find(Library.UNICORN).version()
                + " is laid out differently from 2.1.4: " + what);
    }

    /** Reading a wrong pointer would end the JVM; Linux tells what is mapped. */
    private static boolean isMapped(long address, long length) {
        try {
            List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
            return maps.stream().anyMatch(line -> {
                String[] range = line.substring(0, line.indexOf(' ')).split("-");
                return Long.parseUnsignedLong(range[0], 16) <= address
                        && address + length <= Long.parseUnsignedLong(range[1], 16);
            });
        } catch (IOException e) {
            return address != 0;
        }
    }

    @Override
    public boolean fillTlb(long linear, Access access, TlbAnswer answer) {
        if (linear != LINEAR) {
            return false;
        }
        fills++;
        answer.set(PHYSICAL, true, true, true);
        return true;
    }

    @Override
    public void interrupt(int newVector) {
        vector = newVector;
        engine.stop();
    }
}
