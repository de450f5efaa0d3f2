package trapframe.diagnose;

import java.util.Arrays;
import java.util.Optional;
import trapframe.cpu.Cpu;
import trapframe.diagnose.flow.Access;
import trapframe.diagnose.flow.OpenPlaces;
import trapframe.diagnose.flow.Round;
import trapframe.diagnose.flow.Step;
import trapframe.memory.GuestMemory;
import trapframe.unicorn.CpuState;

/** A loop that interrupts find a CPU in, and where they found it last: a task of the guest, or all that its CPU does. */
final class SpinningTask {
    private static final int RIP = 16;
    private static final int FLAGS = 17;

    private final Round loop;
    private final OpenPlaces places;
    private final int since;
    /** General registers, RIP and RFLAGS when it was interrupted last. */
    private Optional<long[]> found = Optional.empty();
    private Access frame;

    /**
     * @param number by which it is told from others on its CPU
     * @param since  how many changes had been followed on the CPU when the loop was proved
     */
    SpinningTask(int number, Round loop, int since) {
        this.loop = loop;
        this.since = since;
        places = loop.open().numbered(number);
    }

    Round loop() {
        return loop;
    }

    OpenPlaces places() {
        return places;
    }

    int since() {
        return since;
    }

    /** What was found when it was interrupted last, as of now. */
    Optional<Round.Found> found(GuestMemory ram) {
        return found.map(registers -> new Round.Found(registers, frame.physical(), ram.read(frame.physical(), frame.bytes())));
    }

    void interrupted(Step delivery, GuestMemory ram) {
        frame = delivery.stack();
        Frame left = Frame.of(delivery, ram);
        long[] now = Arrays.copyOf(delivery.registers(), FLAGS + 1);
        now[CpuState.RSP] = left.rsp(now[CpuState.RSP]);
        now[RIP] = left.rip();
        now[FLAGS] = left.flags();
        found = Optional.of(now);
    }

    /** Whether a CPU goes on where the task was interrupted last, with all that it had in registers. */
    boolean isResumed(Cpu cpu) {
        if (found.isEmpty()) {
            return false;
        }
        long[] was = found.get();
        CpuState state = cpu.state();
        boolean same = was[RIP] == state.rip() && ((was[FLAGS] ^ cpu.rflags()) & ~CpuState.RF) == 0;
        for (int i = 0; i < RIP; i++) {
            same &= was[i] == state.register(i);
        }
        return same && places.isAt(state.linearRip());
    }
}
