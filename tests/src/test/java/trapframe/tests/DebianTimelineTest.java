package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import trapframe.boot.BootImage;
import trapframe.boot.BootModule;
import trapframe.boot.BootParameters;
import trapframe.cpu.Cpu;
import trapframe.cpu.Observation;
import trapframe.cpu.Watch;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.timeline.Moment;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;

/** Linux clears accessed flags and leaves stale entries in its TLB: whoever walks in its run must leave that alone, too. */
class DebianTimelineTest {
    private static final long FROM = 2_400_000_000L;
    private static final long END = 2_700_000_000L;
    private static final int STEPS = 50;

    @Test
    void aWalkInABootLeavesNoTrace() throws IOException {
        DebianKernel debian = DebianKernel.orSkip();
        String undisturbed;
        try (Machine machine = open(debian)) {
            machine.run(new RunLimits(END));
            undisturbed = machine.stateHash();
        }

        try (Machine machine = open(debian)) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.goTo(Moment.at(FROM));
            for (int i = 0; i < STEPS; i++) {
                assertThat(timeline.stepBack()).isInstanceOf(Stop.Step.class);
            }
            Cpu cpu = machine.cpus().getFirst();
            long address = cpu.state().linearRip();
            long stack = cpu.physical(cpu.state().register(4)).orElseThrow();
            timeline.observe(new Observation(new long[] {address}, List.of(new Watch(stack, 8, Watch.Kind.WRITE)), false));
            assertThat(timeline.runBack()).isInstanceOfAny(Stop.Breakpoint.class, Stop.Watchpoint.class);
            for (int i = 0; i < STEPS; i++) {
                timeline.run(END);
            }
            timeline.goTo(Moment.at(FROM / 2));
            timeline.stepBack();
            timeline.observe(Observation.NONE);
            timeline.run(END);

            assertThat(timeline.now().position()).isBetween(END, END + 15);
            assertThat(machine.stateHash()).isEqualTo(undisturbed);
        }
    }

    private static Machine open(DebianKernel debian) throws IOException {
        return new Machine(MachineSpec.standard(), BootImage.open(debian.kernel()), BootParameters.of(DebianKernel.COMMAND_LINE,
                BootModule.open(debian.initramfs().toString()).toArray(new BootModule[0])), new SerialInputQueue(), value -> { });
    }
}
