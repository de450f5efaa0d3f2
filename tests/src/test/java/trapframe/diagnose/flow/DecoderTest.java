package trapframe.diagnose.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.tests.timeline.SproutMachine;
import trapframe.timeline.Runner;
import trapframe.unicorn.CpuState;

/** What the decoder says that an instruction writes is all that the processor changes. */
class DecoderTest {
    private static final int PLACES = 30;
    private static final int STEPS = 1_000;
    private static final long SPACING = 7_000_001;

    private final TreeSet<Decoded.Kind> seen = new TreeSet<>();

    @Test
    void nothingButWhatAnInstructionWritesChangesInABootOfSprout() {
        int followed = 0;
        try (Machine machine = SproutMachine.open(SproutMachine.SMALL, "test=kthread")) {
            for (int place = 1; place <= PLACES; place++) {
                machine.run(new RunLimits(place * SPACING));
                Tracer tracer = new Tracer(machine, Runner.of(machine), false);
                for (int i = 0; i < STEPS; i++) {
                    Optional<Step> step = tracer.step();
                    if (step.isPresent() && !step.get().isDelivery()) {
                        check(step.get(), machine.cpus().getFirst().state(), machine.cpus().getFirst().rflags());
                        followed++;
                    }
                }
                tracer.close();
            }
        }

        assertThat(followed).isGreaterThan(5 * STEPS);
        assertThat(seen).hasSizeGreaterThan(15);
    }

    private void check(Step step, CpuState after, int flagsAfter) {
        Decoded decoded = step.decoded();
        seen.add(decoded.kind());
        for (int i = 0; i < 16; i++) {
            long changed = after.register(i) ^ step.registers()[i];
            assertThat(changed & ~mayChange(decoded, i)).as("%s at 0x%x: register %d", decoded, step.rip(), i).isZero();
        }
        int flags = switch (decoded.kind()) {
            case INTERRUPT_FLAG -> CpuState.IF;
            case POP_FLAGS, INTERRUPT_RETURN -> -1;
            default -> decoded.flagsWritten();
        };
        assertThat((flagsAfter ^ step.flags()) & ~flags & ~CpuState.RF).as("%s at 0x%x: flags", decoded, step.rip()).isZero();
        if (!jumps(decoded)) {
            assertThat(after.linearRip()).as("%s at 0x%x", decoded, step.rip()).isEqualTo(step.rip() + decoded.length());
        }
    }

    private static boolean jumps(Decoded decoded) {
        return switch (decoded.kind()) {
            case BRANCH, CALL, RETURN, INTERRUPT_RETURN, NOTHING, STRING -> true;
            default -> false;
        };
    }

    private static long mayChange(Decoded decoded, int register) {
        long mask = switch (decoded.kind()) {
            case PUSH, POP, PUSH_FLAGS, POP_FLAGS, CALL, RETURN, INTERRUPT_RETURN -> register == CpuState.RSP ? -1 : 0;
            case LEAVE -> register == CpuState.RSP || register == 5 ? -1 : 0;
            default -> 0;
        };
        for (Operand operand : decoded.writes()) {
            if (operand instanceof Operand.Register(int number, int bytes, boolean high) && number == register) {
                mask |= bytes >= 4 ? -1 : Value.mask(bytes) << (high ? 8 : 0);
            }
        }
        return mask;
    }
}
