package trapframe.diagnose.why;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.capstone.DecodedInstruction;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.Watch;
import trapframe.symbols.FrameRegisters;
import trapframe.timeline.Moment;
import trapframe.unicorn.CpuState;

/** Finds the interrupt that left a frame on a stack. */
final class Deliveries {
    private static final int WORD = Long.BYTES;
    private static final int PUSHED_WORDS = 5;
    private static final int IDT_BASE = 34;
    private static final int GATE = 16;
    private static final int VECTORS = 256;

    private final Scene scene;

    Deliveries(Scene scene) {
        this.scene = scene;
    }

    /**
     * What interrupted code that is on a stack with these registers at a moment. The timeline stands at the delivery, if it was found.
     *
     * @param cpu whose page tables map the stack
     */
    Optional<Delivery> of(FrameRegisters interrupted, int cpu, Moment now) {
        scene.timeline().goTo(now);
        Cpu looking = scene.cpu(cpu);
        Optional<Long> slot = slot(interrupted, looking);
        if (slot.isEmpty() || looking.physical(slot.get()).isEmpty()) {
            return Optional.empty();
        }
        return new History(scene).last(looking.physical(slot.get()).getAsLong(), WORD, Watch.Kind.WRITE, now, _ -> true).map(this::delivery);
    }

    /** What an interrupt without an error code interrupted, of a CPU that is to execute the first instruction of its handler. */
    static FrameRegisters interrupted(Cpu cpu) {
        long frame = cpu.state().register(CpuState.RSP);
        return FrameRegisters.saved(Map.of("rip", Scene.number(cpu, frame, WORD).orElse(0), "rsp", Scene.number(cpu, frame + 3 * WORD, WORD).orElse(0)))
                .orElseThrow();
    }

    /** Where the processor pushed RIP when it interrupted code with these registers; empty if that is not on the same stack. */
    static Optional<Long> slot(FrameRegisters interrupted, Cpu looking) {
        // It aligned RSP to 16 bytes, and pushed SS, RSP, RFLAGS, CS, RIP (SDM vol. 3A, 6.14.2).
        long slot = (interrupted.rsp() & -16) - PUSHED_WORDS * WORD;
        boolean isThere = Scene.number(looking, slot, WORD).orElse(0) == interrupted.rip()
                && Scene.number(looking, slot + 3 * WORD, WORD).orElse(0) == interrupted.rsp();
        return isThere ? Optional.of(slot) : Optional.empty();
    }

    private Delivery delivery(History.Access access) {
        int cpu = access.cpu();
        Event event = scene.event(cpu);
        boolean software = scene.instruction(scene.cpu(cpu)).map(DecodedInstruction::operation).filter(operation -> operation.equals("int"))
                .isPresent();
        Moment before = scene.timeline().now();
        scene.timeline().step(OptionalInt.of(cpu));
        OptionalInt vector = vector(scene.cpu(cpu));
        scene.timeline().goTo(before);
        return new Delivery(event.position(), event.nanos(), event.by(), vector, software, event.stack());
    }

    /** The only vector whose handler begins where a CPU is. */
    static OptionalInt vector(Cpu cpu) {
        CpuSnapshot state = cpu.snapshot();
        OptionalInt found = OptionalInt.empty();
        for (int vector = 0; vector < VECTORS; vector++) {
            if (handler(cpu, state, vector) == cpu.state().linearRip()) {
                if (found.isPresent()) {
                    return OptionalInt.empty();
                }
                found = OptionalInt.of(vector);
            }
        }
        return found;
    }

    /** The first instruction of a vector's handler (SDM vol. 3A, figure 6-8); 0 if it has none. */
    static long handler(Cpu cpu, CpuSnapshot state, int vector) {
        long at = state.segments()[IDT_BASE] + (long) vector * GATE;
        if ((long) vector * GATE + GATE - 1 > (state.segments()[IDT_BASE + 1] & 0xffff)) {
            return 0;
        }
        long low = Scene.number(cpu, at, WORD).orElse(0);
        long high = Scene.number(cpu, at + WORD, WORD).orElse(0);
        return (low >>> 47 & 1) == 0 ? 0 : low & 0xffff | low >>> 32 & 0xffff_0000L | high << 32;
    }
}
