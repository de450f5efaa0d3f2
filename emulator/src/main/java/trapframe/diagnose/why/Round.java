package trapframe.diagnose.why;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import trapframe.capstone.DecodedInstruction;
import trapframe.cpu.Activity;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuSnapshot;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Witness;
import trapframe.timeline.Stop;
import trapframe.unicorn.CpuState;

/**
 * One round of the loop that a CPU is in.
 *
 * @param steps its instructions, in the order in which they are executed
 * @param dead  whether the registers are the same again behind it
 */
record Round(List<Step> steps, boolean dead) {
    /** Instructions in which a loop has to come round. */
    private static final int MOST_STEPS = 20_000;
    /** The longest loop of which the registers change that is recognised. */
    private static final int LONGEST_CHANGING = 512;

    /**
     * An instruction.
     *
     * @param before the CPU before it
     * @param read   what it read of a device
     */
    record Step(DecodedInstruction instruction, CpuSnapshot before, Optional<DeviceAccess> read) {
        long rsp() {
            return before.registers()[CpuState.RSP];
        }
    }

    /** Steps a CPU round its loop; the timeline stands further on then. Empty if it waits, or is in no loop that comes round soon. */
    static Optional<Round> of(Scene scene, int number) {
        Cpu cpu = scene.cpu(number);
        List<Scene.Registers> seen = new ArrayList<>();
        Scene.Registers mark = null;
        for (int i = 0; i < MOST_STEPS; i++) {
            if (cpu.activity() != Activity.ACTIVE) {
                return Optional.empty();
            }
            Scene.Registers now = Scene.Registers.of(cpu);
            if (now.equals(mark)) {
                return Optional.of(new Round(steps(scene, number, seen.size() - seen.lastIndexOf(mark)), true));
            }
            // A loop that begins later, or is longer, is found with a later mark.
            if (Integer.bitCount(i) == 1) {
                mark = now;
            }
            seen.add(now);
            if (!step(scene, number)) {
                return Optional.empty();
            }
        }
        int period = period(seen);
        return period == 0 ? Optional.empty() : Optional.of(new Round(steps(scene, number, period), false));
    }

    private static boolean step(Scene scene, int cpu) {
        return scene.timeline().step(OptionalInt.of(cpu)) instanceof Stop.Step;
    }

    /** After how many instructions the same ones come again, three times at least; 0 if they do not. */
    private static int period(List<Scene.Registers> seen) {
        int end = seen.size();
        for (int period = 1; period <= LONGEST_CHANGING; period++) {
            boolean repeats = true;
            for (int i = 1; i <= 3 * period && repeats; i++) {
                repeats = seen.get(end - i).rip() == seen.get(end - i - period).rip();
            }
            if (repeats) {
                return period;
            }
        }
        return 0;
    }

    private static List<Step> steps(Scene scene, int number, int count) {
        List<Step> steps = new ArrayList<>();
        List<DeviceAccess> reads = new ArrayList<>();
        scene.machine().witness(new Witness() {
            @Override
            public void accessed(Cpu cpu, long position, DeviceAccess access) {
                if (cpu.number() == number && !access.write()) {
                    reads.add(access);
                }
            }
        });
        for (int i = 0; i < count; i++) {
            Cpu cpu = scene.cpu(number);
            CpuSnapshot before = cpu.snapshot();
            Optional<DecodedInstruction> instruction = scene.instruction(cpu);
            reads.clear();
            step(scene, number);
            instruction.ifPresent(decoded -> steps.add(new Step(decoded, before, reads.stream().findFirst())));
        }
        scene.machine().witness(null);
        return List.copyOf(steps);
    }

    boolean has(long address) {
        return steps.stream().anyMatch(step -> step.instruction().address() == address);
    }

    /** Whether one of its instructions writes a lock as locks are taken. */
    boolean retries() {
        return steps.stream().anyMatch(step -> step.instruction().isAtomic());
    }

    /** The stack pointer of the function whose loop it is: what it calls is below. */
    long outermost() {
        return steps.stream().mapToLong(Step::rsp).reduce((a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b).orElse(0);
    }
}
