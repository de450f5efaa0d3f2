package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.why.Explanation;
import trapframe.diagnose.why.ExplanationPage;
import trapframe.diagnose.why.ExplanationText;
import trapframe.diagnose.why.Polling;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.tests.timeline.GuestCode;
import trapframe.timeline.Moment;
import trapframe.timeline.Timeline;

/** What an explanation says of loops that poll a device. */
class ExplainedPollsTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(30);
    private static final long SPINNING = 100_000;
    private static final long LIMIT = 20_000_000;
    /** As a compiler that does not inline has it. */
    private static final String POLL_COM1 = """
              mov edx, 0x3fd
            wait:
              call read_port
              movzx ebx, al
              and ebx, 0x21
              cmp ebx, 1
              jne wait
            read_port:
              in al, dx
              ret
            """;

    private static Explanation explain(String program) {
        try (Machine machine = GuestCode.open("cli\nmov esp, 0x200000\n" + program, SLOW)) {
            Timeline timeline = new Timeline(machine, false, List.of(), Timeline.DEFAULT_BUDGET);
            timeline.run(SPINNING);
            Verdict verdict = new HangWatch(machine).run(new RunLimits(LIMIT)) instanceof Ending.Hung(Verdict proof) ? proof
                    : new Verdict.NotProved(SPINNING, List.of(), "it runs on");
            timeline.goTo(Moment.at(SPINNING));
            return Explanation.of(timeline, verdict, Optional.empty(), Optional.empty());
        }
    }

    private static Polling polling(String program) {
        Explanation explanation = explain(program);
        assertThat(explanation.polls()).as("%s", ExplanationText.of(explanation)).hasSize(1);
        assertThat(explanation.chain()).isEmpty();
        return explanation.polls().getFirst();
    }

    @Test
    void theRegisterTheBitsAndWhyTheyStayAreTold() {
        Explanation explanation = explain(POLL_COM1);
        assertThat(ExplanationText.of(explanation))
                .contains("CPU 0 polls the line status register of COM1, port 0x3fd, which gives 0x60, of which the loop looks at 0x21; that never changes: "
                        + "nothing is being sent, and nobody sends")
                .contains("    in al, dx gives 0x60, of which the loop looks at 0x21")
                .contains("    it is proved that the bits 0xff stay as they are: nothing is being sent, and nobody sends")
                .noneMatch(line -> line.contains("waits for"));
        assertThat(ExplanationPage.of(explanation, _ -> Optional.empty(), "trapframe replay run.recording"))
                .contains("<p class=\"cause\">CPU 0 polls the line status register of COM1").contains(">polls the line status register of COM1, port 0x3fd</text>");
        assertThat(explanation.polls().getFirst().since()).hasValueSatisfying(since -> assertThat(since).isLessThan(100));
    }

    @Test
    void aPollBetweenTicksIsToldToo() {
        Polling polling = polling(WITH_TICKS + TICK + "begin: sti\nmov edx, 0x3fd\nwait: in al, dx\ntest al, 1\njz wait\n");
        assertThat(polling.read().register().words()).isEqualTo("the line status register of COM1, port 0x3fd");
        assertThat(polling.steady()).hasValue(new Polling.Steady(0xff, "nothing is being sent, and nobody sends"));
    }

    @Test
    void aDriveThatIsNotThereIsNamedByItsPort() {
        Polling polling = polling("mov edx, 0x1f7\nwait: in al, dx\ntest al, 0x80\njnz wait\n");
        assertThat(polling.read().register().words()).isEqualTo("port 0x1f7, where no device is");
        assertThat(polling.read().tested()).hasValue(0x80);
        assertThat(polling.steady()).hasValue(new Polling.Steady(0xff, "no device answers, so that all bits are 1"));
    }

    @Test
    void aRegisterWithABitThatChangesIsProvedForTheOthers() {
        Polling polling = polling("wait: mov al, 0x0a\nout 0x70, al\nin al, 0x71\ntest al, 0x40\njz wait\n");
        assertThat(polling.read().register().words()).isEqualTo("the status register A of RTC and CMOS, port 0x71");
        assertThat(polling.read().tested()).hasValue(0x40);
        assertThat(polling.steady()).hasValue(new Polling.Steady(0x7f, "only writes change that"));
    }

    @Test
    void aRegisterInMemoryIsNamedByItsAddress() {
        Polling polling = polling("wait: mov eax, dword ptr [0xfee00300]\nbt eax, 12\njnc wait\n");
        assertThat(polling.read().register().words()).isEqualTo("the interrupt command register of local APIC, 4 bytes of device memory at 0xfee00300");
        assertThat(polling.read().tested()).hasValue(0x1000);
        assertThat(polling.read().value()).isZero();
        assertThat(polling.steady()).hasValue(new Polling.Steady(0xffff_ffffL, "messages are delivered at once"));
    }

    @Test
    void ofAPollThatMayEndNothingIsSaidToStay() {
        Polling polling = polling("mov dword ptr [0xfed00010], 1\nwait: test dword ptr [0xfed000f0], 0x40000000\njz wait\n");
        assertThat(polling.read().register().device()).hasValue("HPET");
        assertThat(polling.read().tested()).isEqualTo(OptionalLong.of(0x4000_0000));
        assertThat(polling.steady()).isEmpty();
    }

    @Test
    void whatALoopDoesWithARegisterThatItDoesNotDecideByIsNoPoll() {
        Explanation explanation = explain("wait: in al, 0x80\nmov ebx, dword ptr [flag]\ntest ebx, ebx\njz wait\n.balign 4\nflag: .long 0\n");
        assertThat(explanation.polls()).isEmpty();
        assertThat(explanation.chain()).hasSize(1);
    }
}
