package trapframe.cpu;

import java.util.TreeMap;
import java.util.Map;
import java.util.Optional;
import trapframe.unicorn.BlockCounter;
import trapframe.unicorn.CpuState;
import trapframe.unicorn.Engine;
import trapframe.x86.Encoding;

/**
 * Tells a {@link Witness} what its CPU executes. Notable instructions are found when their block is translated; such a block is translated
 * again, with calls before them, and only those blocks are slower.
 */
final class Tracing {
    private final Cpu cpu;
    private final Engine engine;
    private final CpuState state;
    private final Map<Long, CodeInstruction> instructions = new TreeMap<>();
    private Witness witness;
    /** A block to be translated again; -1 if there is none. */
    private long again = -1;
    private long first;
    private long last;
    private long lastPosition = -1;
    private long lastLinear;

    Tracing(Cpu cpu) {
        this.cpu = cpu;
        engine = cpu.engine();
        state = cpu.state();
    }

    boolean isOn() {
        return witness != null;
    }

    Witness witness() {
        return witness;
    }

    /** @param newWitness null for nobody */
    void begin(Witness newWitness) {
        witness = newWitness;
        instructions.clear();
        lastPosition = -1;
        cpu.translation().tell(newWitness == null ? null : this);
        engine.flushCode();
    }

    /** The CPU went to another moment: what executes next was not told yet. */
    void restored() {
        lastPosition = -1;
    }

    /**
     * Whether the engine does not tell of new blocks, or forgets whom they have to call, so that Java has to be called at the start of every one:
     * those with notable instructions run in single steps then.
     */
    boolean needsEveryBlock() {
        return witness != null && (!engine.counter().tellsNewBlocks() || engine.comparesRange());
    }

    /** At the start of a block, in Java: whether it may run; otherwise the run has to be stopped. */
    boolean admitsBlock() {
        if (needsEveryBlock()) {
            BlockCounter counter = engine.counter();
            return !findNotable(counter.blockStart(), (int) (counter.blockEnd() - counter.blockStart()));
        }
        return again == -1;
    }

    /** A block starts, as it was translated last. Returns false if it has to be translated again, and asks for a call at its start. */
    boolean admits(long address, int size) {
        if (!findNotable(address, size)) {
            return true;
        }
        if (engine.reportedTranslated(first, last)) {
            engine.reportTranslated(0, -1);
            return true;
        }
        engine.reportTranslated(first, last);
        again = address;
        engine.counter().callAtNextBlock();
        return false;
    }

    /** Decodes a block, and returns whether it has notable instructions: from {@link #first} to {@link #last}. */
    private boolean findNotable(long address, int size) {
        if (witness == null || state.cpl() != 0 || !state.is64Bit()) {
            return false;
        }
        byte[] code = cpu.memory().look(address, size);
        boolean found = false;
        for (int offset = 0; offset < code.length; ) {
            Optional<CodeInstruction> decoded = CodeInstruction.decode(code, offset, address + offset);
            if (decoded.isEmpty()) {
                break;
            }
            CodeInstruction instruction = decoded.get();
            if (instruction.kind() != CodeInstruction.Kind.OTHER) {
                instructions.put(instruction.linear(), instruction);
                first = found ? first : instruction.linear();
                last = instruction.linear();
                found = true;
            }
            offset += instruction.length();
        }
        return found;
    }

    /** The engine has stopped: a block that was refused is forgotten. Its page is in the TLB, so nothing is asked for. */
    void stopped() {
        if (again != -1) {
            engine.forgetCode(again, 1);
            again = -1;
        } else if (needsEveryBlock() && state.linearRip() == engine.counter().blockStart() && !admitsBlock()) {
            cpu.stepUntil(engine.counter().count());
        }
    }

    /** The instruction at an address is about to execute. */
    void reached(long linear) {
        if (witness != null) {
            CodeInstruction instruction = instructions.get(linear);
            if (instruction != null && state.cpl() == 0) {
                tell(positionOf(linear), instruction);
            }
        }
    }

    /** The next instruction is about to execute as a single step. */
    void steps(long position) {
        if (witness != null && state.cpl() == 0 && state.is64Bit()) {
            long linear = state.linearRip();
            CodeInstruction.decode(cpu.memory().look(linear, Encoding.MAX_LENGTH), 0, linear)
                    .filter(instruction -> instruction.kind() != CodeInstruction.Kind.OTHER)
                    .ifPresent(instruction -> tell(position, instruction));
        }
    }

    /** A page got an entry in the TLB. */
    void translated(long linear, long physical) {
        witness.translated(cpu, engine.counter().countBeforeBlock(), linear, physical);
    }

    void emptied() {
        witness.emptied(cpu, engine.counter().countBeforeBlock());
    }

    /** A device was read or written; the clock is at the instruction. */
    void accessed(DeviceAccess access) {
        witness.accessed(cpu, cpu.clock().position(), access);
    }

    private void tell(long position, CodeInstruction instruction) {
        if (position != lastPosition || instruction.linear() != lastLinear) {
            lastPosition = position;
            lastLinear = instruction.linear();
            witness.executes(cpu, position, instruction);
        }
    }

    void touched(long physical, int width, boolean write) {
        if (witness != null) {
            witness.touches(cpu, physical, width, write);
        }
    }

    /** @param stepping whether the instruction is a single step */
    void stored(boolean stepping, long physical, int width, long value) {
        if (witness != null) {
            long linear = state.linearRip();
            witness.stores(cpu, stepping ? cpu.clock().position() : positionOf(linear), linear, physical, width, value);
        }
    }

    private long positionOf(long linear) {
        BlockCounter counter = engine.counter();
        return counter.countBeforeBlock() + linear - counter.blockStart();
    }
}
