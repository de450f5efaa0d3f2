package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.diagnose.flow.Poll;
import trapframe.machine.DeviceRegister;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Loops that poll a device which has nothing more to say, and such that it ends however late. */
class PolledDevicesTest {
    /** 30 MHz or so: some marks pass in a second, which takes a test little time. */
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(30);
    private static final long LIMIT = 250_000_000;
    private static final Ending SUCCESS = new Ending.Ended(new StopReason.GuestExit(0x10, true));
    private static final String SUCCEED = "mov al, 0x10\nout 0xf4, al\n";
    /** Between two looks of a wait that ends late, so that a test of many marks needs few accesses. */
    private static final String DELAY = "mov ecx, 80\nrest: loop rest\n";
    /** The slowest that COM1 can be: 11 ms for a character, with the board's crystal. */
    private static final String SLOWEST_COM1 = """
            mov edx, 0x3fb
            mov al, 0x83
            out dx, al
            mov edx, 0x3f8
            mov al, 0xff
            out dx, al
            inc edx
            out dx, al
            mov edx, 0x3fb
            mov al, 3
            out dx, al
            """;

    private static final String NO_DEVICE = "no device answers, so that all bits are 1";
    private static final DeviceRegister LINE_STATUS = port("COM1", "line status register", 0x3fd);

    private static Ending watch(String program, MachineSpec spec, Consumer<Machine> input, boolean live) {
        try (Machine machine = GuestCode.open("cli\nmov esp, 0x200000\n" + program, spec)) {
            input.accept(machine);
            return new HangWatch(machine).run(new RunLimits(LIMIT, live));
        }
    }

    private static Ending watch(String program) {
        return watch(program, SLOW, _ -> { }, false);
    }

    /** The only poll of the only loop of a guest that hangs. */
    private static Poll poll(String program) {
        Ending ending = watch(program);
        assertThat(ending).isInstanceOf(Ending.Hung.class);
        Verdict verdict = ((Ending.Hung) ending).verdict();
        assertThat(verdict).isInstanceOf(Verdict.DeadSpin.class);
        assertThat(((Verdict.DeadSpin) verdict).loops()).singleElement().satisfies(loop -> assertThat(loop.polls()).hasSize(1));
        return ((Verdict.DeadSpin) verdict).loops().getFirst().polls().getFirst();
    }

    private static DeviceRegister port(String device, String name, int port) {
        return new DeviceRegister(Optional.of(device), Optional.of(name), true, port, 1);
    }

    @Test
    void aDriveThatIsNotThereIsBusyForEver() {
        assertThat(poll("mov edx, 0x1f7\nwait: in al, dx\ntest al, 0x80\njnz wait\n" + SUCCEED))
                .isEqualTo(new Poll(new DeviceRegister(Optional.empty(), Optional.empty(), true, 0x1f7, 1), false, 0xff, NO_DEVICE, Optional.of(0xffL)));
    }

    @Test
    void deviceMemoryWhereNoDeviceIsIsAllOnesForEver() {
        assertThat(poll("wait: test dword ptr [0xfed80004], 0x80\njnz wait\n" + SUCCEED))
                .isEqualTo(new Poll(new DeviceRegister(Optional.empty(), Optional.empty(), false, 0xfed8_0004L, 4), false, 0xffff_ffffL, NO_DEVICE,
                        Optional.empty()));
    }

    private static final String WAIT_FOR_CHARACTER = "mov edx, 0x3fd\nwait:\n" + DELAY + "in al, dx\ntest al, 1\njz wait\n" + SUCCEED;

    @Test
    void nobodySendsToTheConsoleAndACharacterNeverComes() {
        assertThat(poll(WAIT_FOR_CHARACTER)).isEqualTo(new Poll(LINE_STATUS, false, 0xff, "nothing is being sent, and nobody sends", Optional.of(0x60L)));
    }

    @Test
    void aCharacterThatIsOnItsWayOrMayBeTypedIsNoHang() {
        assertThat(watch(SLOWEST_COM1 + WAIT_FOR_CHARACTER, SLOW.withCodeBytesPerMicrosecond(2_000), machine -> machine.type(new byte[] {'x'}), false))
                .isEqualTo(SUCCESS);
        try (Machine machine = GuestCode.open("cli\n" + WAIT_FOR_CHARACTER, SLOW)) {
            assertThat(new HangWatch(machine).run(new RunLimits(5 * Machine.MARK, true))).isEqualTo(new Ending.Ended(new StopReason.PositionLimit()));
        }
    }

    @Test
    void aTransmitterThatIsSlowIsNoHang() {
        assertThat(watch(SLOWEST_COM1 + """
                mov edx, 0x3fa
                mov al, 1
                out dx, al
                mov edx, 0x3f8
                mov ecx, 16
                fill: out dx, al
                loop fill
                mov edx, 0x3fd
                wait:
                """ + DELAY + "in al, dx\ntest al, 0x40\njz wait\n" + SUCCEED, SLOW.withCodeBytesPerMicrosecond(200), _ -> { }, false)).isEqualTo(SUCCESS);
    }

    @Test
    void noKeyIsEverPressed() {
        Poll poll = poll("wait: in al, 0x64\ntest al, 1\njz wait\nin al, 0x60\n" + SUCCEED);
        assertThat(poll.register().words()).isEqualTo("port 0x64 (8042 status and command)");
        assertThat(poll.why()).isEqualTo("no key is ever pressed");
    }

    private static final String WAIT_FOR_UPDATE = "wait:\n" + DELAY + "mov al, 0x0a\nout 0x70, al\nin al, 0x71\ntest al, 0x80\njz wait\n" + SUCCEED;

    @Test
    void aClockThatWasStoppedNeverUpdates() {
        assertThat(poll("mov al, 0x0a\nout 0x70, al\nmov al, 0x66\nout 0x71, al\n" + WAIT_FOR_UPDATE))
                .isEqualTo(new Poll(port("RTC and CMOS", "status register A", 0x71), false, 0xff, "the clock is stopped", Optional.of(0x66L)));
    }

    @Test
    void aClockThatRunsUpdatesWithinASecond() {
        assertThat(watch(WAIT_FOR_UPDATE)).isEqualTo(SUCCESS);
        assertThat(watch("xor al, al\nout 0x70, al\nin al, 0x71\nmov bl, al\nwait:\n" + DELAY + "in al, 0x71\ncmp al, bl\nje wait\n" + SUCCEED)).isEqualTo(SUCCESS);
    }

    @Test
    void anotherBitOfARegisterWithABitThatChangesIsSteady() {
        assertThat(poll("wait: mov al, 0x0a\nout 0x70, al\nin al, 0x71\ntest al, 0x40\njz wait\n" + SUCCEED))
                .isEqualTo(new Poll(port("RTC and CMOS", "status register A", 0x71), false, 0x7f, "only writes change that", Optional.of(0x26L)));
    }

    /** Counter 2, one-shot by software, with the longest count. */
    private static final String WAIT_FOR_COUNTER = """
            out 0x61, al
            mov al, 0xb0
            out 0x43, al
            xor al, al
            out 0x42, al
            out 0x42, al
            wait:
            """ + DELAY + "in al, 0x61\ntest al, 0x20\njz wait\n" + SUCCEED;

    @Test
    void aCounterWhoseGateIsClosedNeverEnds() {
        Poll poll = poll("mov al, 0\n" + WAIT_FOR_COUNTER);
        assertThat(poll.register().words()).isEqualTo("port 0x61 (system control port B)");
        assertThat(poll.why()).isEqualTo("OUT of the 8254's counter 2 does not change by itself");
    }

    @Test
    void aCounterThatCountsEnds() {
        assertThat(watch("mov al, 1\n" + WAIT_FOR_COUNTER, SLOW.withCodeBytesPerMicrosecond(1000), _ -> { }, false)).isEqualTo(SUCCESS);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        // The ACPI timer's status, which its highest bit sets after 2.3 s; its count; the main counter of the HPET.
        "mov edx, 0x600\nwait:\n" + DELAY + "in ax, dx\ntest al, 1\njz wait\n",
        "mov edx, 0x608\nwait:\n" + DELAY + "in eax, dx\ntest eax, 0x400000\nmov eax, 0\njz wait\n",
        "mov dword ptr [0xfed00010], 1\nwait:\n" + DELAY + "test dword ptr [0xfed000f0], 0x8000000\njz wait\n"})
    void whatCountsIsNoHang(String program) {
        assertThat(watch(program + SUCCEED)).isEqualTo(SUCCESS);
    }

    @Test
    void aMessageBetweenProcessorsIsDeliveredAtOnceAndItsStatusNeverSet() {
        assertThat(poll("wait: mov eax, dword ptr [0xfee00300]\ntest eax, 0x1000\njz wait\n" + SUCCEED))
                .isEqualTo(new Poll(new DeviceRegister(Optional.of("local APIC"), Optional.of("interrupt command register"), false, 0xfee0_0300L, 4), false,
                        0xffff_ffffL, "messages are delivered at once", Optional.of(0L)));
    }

    @Test
    void aLocalApicThatLiesOverMemoryIsNotTakenForIt() {
        String moved = "mov ecx, 0x1b\nrdmsr\nand eax, 0xfff\nor eax, 0x400000\nwrmsr\n";
        assertThat(poll(moved + "wait: cmp dword ptr [0x400300], 0\nje wait\n" + SUCCEED).register().device()).hasValue("local APIC");
    }

    @Test
    void aTimerOfTheLocalApicThatRequestsAnInterruptLateIsNoHang() {
        assertThat(watch("""
                mov dword ptr [0xfee003e0], 0x0b
                mov dword ptr [0xfee00320], 0x40
                mov dword ptr [0xfee00380], 1000000000
                wait:
                """ + DELAY + "test dword ptr [0xfee00220], 1\njz wait\n" + SUCCEED)).isEqualTo(SUCCESS);
    }

    @Test
    void aPollWithTicksThatDoNotEndItIsDead() {
        assertThat(poll(WITH_TICKS + TICK + "begin: sti\n" + WAIT_FOR_CHARACTER).register()).isEqualTo(LINE_STATUS);
    }

    @Test
    void aPollThatATickEndsAfterSecondsIsNoHang() {
        assertThat(watch(WITH_TICKS + """
                on_tick:
                  push eax
                  mov al, 0x20
                  out 0x20, al
                  inc dword ptr [ticks]
                  cmp dword ptr [ticks], 20
                  jne not_yet
                  add esp, 4
                  jmp succeed
                not_yet:
                  pop eax
                  iretd
                begin: sti
                """ + WAIT_FOR_CHARACTER)).isEqualTo(SUCCESS);
    }

    @Test
    void aLoopThatAsksForAnswersIsNoHang() {
        assertThat(watch("mov esi, 100000\nwait:\n" + DELAY + "mov al, 0xaa\nout 0x64, al\nin al, 0x60\ndec esi\njnz wait\n" + SUCCEED)).isEqualTo(SUCCESS);
    }
}
