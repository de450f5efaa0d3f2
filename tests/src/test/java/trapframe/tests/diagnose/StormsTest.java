package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.PendingEvent;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Interrupts that come again and again because nobody acknowledges them to the device, and such that somebody does at last. */
class StormsTest {
    private static final long LIMIT = 300_000_000;
    private static final long MILLISECOND = 1_000_000;
    private static final Ending SUCCESS = new Ending.Ended(new StopReason.GuestExit(0x10, true));
    /** COM1 asks for something to send, by its level, through the I/O APIC with vector 0x41. */
    private static final String ASKS = """
            mov dword ptr [0xfec00000], 0x18
            mov dword ptr [0xfec00010], 0x8041
            mov edx, 0x3fc
            mov al, 8
            out dx, al
            mov edx, 0x3f9
            mov al, 2
            out dx, al
            """;
    private static final String END = "mov dword ptr [0xfee000b0], 0\niretd\n";
    private static final String WAIT = "sti\nwait: cmp dword ptr [flag], 0\nje wait\njmp succeed\n";
    /** The local APIC's timer, by its vector and its count of nanoseconds or so. */
    private static final String LOCAL_TIMER = """
            mov dword ptr [0xfee003e0], 0x0b
            mov dword ptr [0xfee00320], 0x20000 + %1$s
            mov dword ptr [0xfee00380], %2$s
            """;

    /** With gates up to 0x4f, that of the device's own, and others for ticks. */
    private static String guest(String masked, String handler, String begin) {
        return WITH_TICKS.replace("mov al, 0xfe\n", "mov al, " + masked + "\n").replace("cmp ecx, 0x30\n", "cmp ecx, 0x50\n").replace("0x17f", "0x27f")
                .replace("mov eax, offset on_tick\n", "mov eax, offset on_tick\ncmp ecx, 0x41\njne gate\nmov eax, offset on_line\n")
                + TICK + "on_line:\n" + handler + END + "begin:\n" + begin + ASKS + WAIT;
    }

    private static final String NO_TICKS = "0xff";
    private static final String TICKS = "0xfe";

    private static Ending watch(String guest) {
        try (Machine machine = GuestCode.open(guest, MachineSpec.standard())) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    private static Verdict.Storm storm(String guest) {
        Ending ending = watch(guest);
        assertThat(ending).isInstanceOf(Ending.Hung.class);
        assertThat(((Ending.Hung) ending).verdict()).isInstanceOfSatisfying(Verdict.Storm.class, storm -> assertThat(storm.vector()).isEqualTo(0x41));
        return (Verdict.Storm) ((Ending.Hung) ending).verdict();
    }

    @ParameterizedTest
    @ValueSource(strings = {NO_TICKS, TICKS})
    void aStormIsProvedWithinFiveMillisecondsWhileTicksWait(String masked) {
        Verdict.Storm storm = storm(guest(masked, "", ""));

        assertThat(MachineSpec.standard().codeBytesPerMicrosecond()).isEqualTo(1000);
        assertThat(storm.position()).isLessThan(5 * MILLISECOND);
        assertThat(storm.pending()).singleElement().extracting(PendingEvent::why).asString()
                .contains(masked.equals(TICKS) ? "the interrupt that recurs comes first" : "masked");
    }

    @Test
    void aTimerWithALowerVectorNeverComesThrough() {
        assertThat(storm(guest(NO_TICKS, "", LOCAL_TIMER.formatted("0x40", "100000000"))).pending()).hasSize(2);
    }

    @Test
    void aTimerWithAHigherVectorThatEndsItLateIsNoHang() {
        String guest = guest(NO_TICKS, "", LOCAL_TIMER.formatted("0x42", "1000000")).replace(TICK, """
                on_tick:
                  inc dword ptr [ticks]
                  cmp dword ptr [ticks], 10
                  jb not_yet
                  mov dword ptr [0xfec00010], 0x18041
                  mov dword ptr [flag], 1
                not_yet:
                """ + END);

        assertThat(watch(guest)).isEqualTo(SUCCESS);
    }

    @Test
    void aHandlerThatAcknowledgesAfterManyInterruptsIsNoHang() {
        assertThat(watch(guest(TICKS, """
                inc dword ptr [ticks]
                cmp dword ptr [ticks], 400000
                jb not_yet
                mov edx, 0x3fa
                in al, dx
                mov dword ptr [flag], 1
                not_yet:
                """, ""))).isEqualTo(SUCCESS);
    }

    @Test
    void aTickBetweenTheInterruptsOfA8259IsNotProvedToBeKeptBack() {
        // By its level, but behind IRQ 0.
        String eachMillisecond = "mov al, 0x34\nout 0x43, al\nmov al, 0xa9\nout 0x40, al\nmov al, 4\nout 0x40, al\n";
        String guest = guest("0xee", "", eachMillisecond)
                .replace(ASKS, "mov edx, 0x4d0\nmov al, 0x10\nout dx, al\n" + ASKS.replace("0x8041", "0x18041"))
                .replace("cmp ecx, 0x41\n", "cmp ecx, 0x24\n").replace(END, "push eax\nmov al, 0x20\nout 0x20, al\npop eax\niretd\n")
                .replace("inc dword ptr [ticks]\n", "inc dword ptr [ticks]\ncmp dword ptr [ticks], 12\njb not_yet\nmov dword ptr [flag], 1\n"
                        + "mov al, 0xfe\nout 0x21, al\nnot_yet:\n");

        assertThat(watch(guest)).isEqualTo(SUCCESS);
    }
}
