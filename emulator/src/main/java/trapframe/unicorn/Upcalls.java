package trapframe.unicorn;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The functions that the engine calls, each of which asks {@link EngineCallbacks}. An exception that left one would end the JVM: the run ends instead, and
 * {@link #takeFailure} has it.
 */
final class Upcalls {
    private static final int MEM_READ = 16;
    private static final int MEM_WRITE = 17;

    private final Engine engine;
    private final Arena arena;
    private final TlbAnswer tlbAnswer = new TlbAnswer();
    private EngineCallbacks callbacks;
    private Throwable failure;

    /** @param arena for what the engine is given */
    Upcalls(Engine engine, Arena arena, EngineCallbacks callbacks) {
        this.engine = engine;
        this.arena = arena;
        this.callbacks = callbacks;
    }

    /** Others answer from now on. Returns who did before. */
    EngineCallbacks answeredBy(EngineCallbacks others) {
        EngineCallbacks before = callbacks;
        callbacks = others;
        return before;
    }

    /** The first exception since the last call; null if there was none. */
    Throwable takeFailure() {
        Throwable first = failure;
        failure = null;
        return first;
    }

    /** As {@link #of}, for a method that is told nothing besides. */
    MemorySegment simple(String method, Class<?> result) {
        return of(method, result, long.class, long.class);
    }

    /** A method of this class, by its name, as the engine can call it; pointers arrive as numbers. */
    MemorySegment of(String method, Class<?> result, Class<?>... parameters) {
        try {
            MethodHandle handle = MethodHandles.lookup().bind(this, method, MethodType.methodType(result, parameters));
            MemoryLayout[] layouts = new MemoryLayout[parameters.length];
            for (int i = 0; i < layouts.length; i++) {
                layouts[i] = layout(parameters[i]);
            }
            FunctionDescriptor descriptor = result == void.class ? FunctionDescriptor.ofVoid(layouts)
                    : FunctionDescriptor.of(layout(result), layouts);
            return UnicornLibrary.LINKER.upcallStub(handle, descriptor, arena);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static MemoryLayout layout(Class<?> type) {
        if (type == int.class) {
            return JAVA_INT;
        }
        return type == boolean.class ? JAVA_BOOLEAN : JAVA_LONG;
    }

    private void onBlock() {
        guard(callbacks::blockPastLimit);
    }

    /** A block is executed first. Returns where to go on in it, or 0 to return to where the hook was called. */
    private long onNewBlock(long returnAddress) {
        BlockCounter counter = engine.counter();
        long handle = engine.handle().address();
        try {
            if (!callbacks.admits(counter.blockStart(), counter.blockSize())) {
                return 0;
            }
            BlockSite.Call call = new BlockSite.Call(handle, counter.blockStart(), counter.blockSize(),
                    counter.cells().address(), counter.code().address());
            BlockSite site = BlockSite.at(returnAddress, call);
            if (site != null && counter.takesOverCheck(handle, site.checkExit()) && site.rewrite(call)) {
                return site.end();
            }
            counter.stopRewriting();
        } catch (Throwable e) {
            fail(e);
        }
        return 0;
    }

    private boolean onTlbFill(long handle, long page, int type, long entry, long user) {
        try {
            EngineCallbacks.Access access = type == MEM_READ ? EngineCallbacks.Access.READ
                    : type == MEM_WRITE ? EngineCallbacks.Access.WRITE : EngineCallbacks.Access.FETCH;
            return callbacks.fillTlb(page, access, tlbAnswer.at(entry));
        } catch (Throwable e) {
            fail(e);
            return false;
        }
    }

    private void onTranslated(long handle, long block, long previous, long user) {
        guard(() -> callbacks.blockTranslated(HostMemory.ALL.get(JAVA_LONG, block),
                HostMemory.ALL.get(JAVA_SHORT, block + 8) & 0xffff, HostMemory.ALL.get(JAVA_SHORT, block + 10) & 0xffff));
    }

    private void onInstruction(long handle, long linear, int size, long user) {
        guard(() -> callbacks.instruction(linear));
    }

    private void onStore(long handle, int type, long physical, int size, long value, long user) {
        guard(() -> callbacks.stored(physical, size, value));
    }

    private void onAccess(long handle, int type, long physical, int size, long value, long user) {
        guard(() -> callbacks.accessed(physical, size, type == MEM_WRITE));
    }

    private void onInterrupt(long handle, int vector, long user) {
        guard(() -> callbacks.interrupt(vector));
    }

    private boolean onFetchUnmapped(long handle, int type, long address, int size, long value, long user) {
        return false;
    }

    private boolean onInvalid(long handle, long user) {
        guard(() -> {
            callbacks.invalidInstruction();
            engine.stop();
        });
        return true;
    }

    private int onIn(long handle, int port, int width, long user) {
        try {
            return callbacks.portIn(port, width);
        } catch (Throwable e) {
            fail(e);
            return 0;
        }
    }

    private void onOut(long handle, int port, int width, int value, long user) {
        guard(() -> callbacks.portOut(port, width, value));
    }

    private void onSyscall(long handle, long user) {
        guard(callbacks::syscall);
    }

    private void onSysenter(long handle, long user) {
        guard(callbacks::sysenter);
    }

    private boolean onCpuid(long handle, long user) {
        try {
            return callbacks.cpuid();
        } catch (Throwable e) {
            fail(e);
            return true;
        }
    }

    private boolean onRdtsc(long handle, long user) {
        guard(() -> callbacks.rdtsc(false));
        return true;
    }

    private boolean onRdtscp(long handle, long user) {
        guard(() -> callbacks.rdtsc(true));
        return true;
    }

    private long onDeviceRead(long handle, long offset, int width, long base) {
        try {
            return callbacks.deviceRead(base + offset, width);
        } catch (Throwable e) {
            fail(e);
            return 0;
        }
    }

    private void onDeviceWrite(long handle, long offset, int width, long value, long base) {
        guard(() -> callbacks.deviceWrite(base + offset, width, value));
    }

    private void guard(Runnable callback) {
        try {
            callback.run();
        } catch (Throwable e) {
            fail(e);
        }
    }

    private void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        }
        engine.stop();
    }
}
