package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import trapframe.cpu.Observation;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.InService;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.tests.timeline.GuestCode;
import trapframe.tests.timeline.LongModeGuest;
import trapframe.timeline.Stop;
import trapframe.timeline.Timeline;

/** What an explanation says of interrupts that are in service. */
class ExplainedTicksTest {
    private static final String IDLE = LongModeGuest.START + "on_double_fault: jmp on_double_fault\nbegin: sti\nidle: hlt\njmp idle\n";
    private static final int VECTOR = 0x20;

    private static final int TICKS = 3;
    private static final long GATE = 0x204000 + VECTOR * 16;
    private static final long LOADED_AT = 0x10_0000;
    private static final long LIMIT = 1_000_000_000;
    /** In positions: longer than a handler is, and shorter than the time between ticks. */
    private static final long HANDLER = 100_000;

    /** @param further where to explain: positions behind the beginning of the last tick's handler */
    private static Explanation explain(String program, long further) {
        try (Machine machine = GuestCode.open(program, MachineSpec.standard())) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.run(HANDLER);
            byte[] gate = machine.cpus().getFirst().look(GATE, Short.BYTES);
            long handler = ByteBuffer.wrap(gate).order(ByteOrder.LITTLE_ENDIAN).getShort() & 0xffff | LOADED_AT;
            timeline.observe(new Observation(new long[] {handler}, List.of(), false));
            for (int i = 0; i < TICKS; i++) {
                assertThat(timeline.run(LIMIT)).isInstanceOf(Stop.Breakpoint.class);
            }
            timeline.observe(Observation.NONE);
            timeline.run(machine.clock().position() + further);
            long position = machine.clock().position();
            return Explanation.of(timeline, new Verdict.NotProved(position, List.of(), "it runs on"), Optional.empty(), Optional.empty());
        }
    }

    @Test
    void anInterruptThatWasTakenJustNowIsNotCalledOneThatNobodyAcknowledged() {
        Explanation explanation = explain(IDLE + LongModeGuest.TICK, 0);

        assertThat(explanation.cpus().getFirst().interrupts().chips()).first().satisfies(chip -> assertThat(chip.isr()).isEqualTo(1));
        assertThat(explanation.inService()).isEmpty();
    }

    @Test
    void anInterruptWhoseHandlerWentBackAndLeftItInServiceIs() {
        String forgetsTheThird = "on_tick: push rax\ninc dword ptr [ticks]\ncmp dword ptr [ticks], 3\nje forget\nmov al, 0x20\nout 0x20, al\n"
                + "forget: pop rax\niretq\n";

        assertThat(explain(IDLE + forgetsTheThird, HANDLER).inService()).extracting(InService::vector).containsExactly(VECTOR);
    }
}
