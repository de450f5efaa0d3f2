package trapframe.tests.diagnose;

import static org.assertj.core.api.Assertions.assertThat;
import static trapframe.tests.diagnose.TickingGuest.TICK;
import static trapframe.tests.diagnose.TickingGuest.WITH_TICKS;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trapframe.device.drive.DriveSpec;
import trapframe.diagnose.Ending;
import trapframe.diagnose.HangWatch;
import trapframe.diagnose.Verdict;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.StopReason;
import trapframe.tests.timeline.GuestCode;

/** Waits that something from outside of the CPU ends, however late: a disk, another CPU, somebody who types. */
class WaitsThatEndTest {
    private static final MachineSpec SLOW = MachineSpec.standard().withCodeBytesPerMicrosecond(10);
    private static final long LIMIT = 1_000_000_000;
    private static final StopReason SUCCESS = new StopReason.GuestExit(0x10, true);

    @TempDir
    private Path folder;

    private static Ending watch(String program, MachineSpec spec) {
        try (Machine machine = GuestCode.open(program, spec)) {
            return new HangWatch(machine).run(new RunLimits(LIMIT));
        }
    }

    /** Runs a program that ends well, and says what was suspected on the way. */
    private static String suspicion(String program, MachineSpec spec) {
        try (Machine machine = GuestCode.open(program, spec)) {
            HangWatch watch = new HangWatch(machine);
            assertThat(watch.run(new RunLimits(LIMIT))).isEqualTo(new Ending.Ended(SUCCESS));
            return watch.doubt().orElseThrow().known();
        }
    }

    /** A processor so fast that many marks pass while the disk reads. */
    private MachineSpec withDisk() throws IOException {
        Path disk = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(READ_BYTES);
        }
        return MachineSpec.standard().withCodeBytesPerMicrosecond(10_000).withDrives(new DriveSpec(disk, DriveSpec.Access.READ_ONLY, DriveSpec.Bus.PCI));
    }

    private static final int READ_BYTES = 8 << 20;

    /** The disk by its legacy interface in ports (Virtio 1.2, 4.1.4.10): a read of 8 MiB, which takes 8 ms, is on its way behind it. */
    private static final String READ = """
              mov eax, 0x80000860                # the pins' wires to IRQ 5 (82371SB, PIRQRC)
              mov edx, 0xcf8
              out dx, eax
              mov edx, 0xcfc
              mov eax, 0x05050505
              out dx, eax
              mov esi, 0x80001800
            find:
              mov edx, 0xcf8
              mov eax, esi
              out dx, eax
              mov edx, 0xcfc
              in eax, dx
              cmp eax, 0x10011af4
              je found
              add esi, 0x800
              jmp find
            found:
              lea eax, [esi + 4]
              mov edx, 0xcf8
              out dx, eax
              mov edx, 0xcfc
              mov eax, 7
              out dx, eax
              lea eax, [esi + 0x10]
              mov edx, 0xcf8
              out dx, eax
              mov edx, 0xcfc
              in eax, dx
              and eax, -4
              mov ebp, eax
              lea edx, [ebp + 18]
              mov al, 3
              out dx, al
              lea edx, [ebp + 8]
              mov eax, 0x400000 >> 12
              out dx, eax
              lea edx, [ebp + 18]
              mov al, 7
              out dx, al
              mov dword ptr [0x400000], offset request
              mov dword ptr [0x400008], 16
              mov dword ptr [0x40000c], 1 | 1 << 16
              mov edi, 1
            part:                                # four times 2 MiB to the same place
              mov ebx, edi
              shl ebx, 4
              mov dword ptr [0x400000 + ebx], 0x500000
              mov dword ptr [0x400008 + ebx], 2 << 20
              lea eax, [edi + 1]
              shl eax, 16
              or eax, 3
              mov dword ptr [0x40000c + ebx], eax
              inc edi
              cmp edi, 5
              jne part
              mov dword ptr [0x400050], offset status
              mov dword ptr [0x400058], 1
              mov dword ptr [0x40005c], 2
              mov word ptr [0x401002], 1         # one request is available: descriptor 0
              lea edx, [ebp + 16]
              xor eax, eax
              out dx, ax
            """;
    private static final String REQUEST = "request: .long 0, 0, 0, 0\nstatus: .byte 0xff\n";

    @Test
    void aCpuThatPollsForWhatTheDiskIsToWriteIsNoHang() throws IOException {
        assertThat(suspicion("cli\n" + READ + """
                wait:
                  pause
                  cmp word ptr [0x402002], 1
                  jne wait
                  mov al, 0x10
                  out 0xf4, al
                """ + REQUEST, withDisk())).contains("virtio").endsWith("is to happen");
    }

    private static final String POLLS_THE_INTERRUPT_STATUS = """
            lea edx, [ebp + 19]
            wait:
              mov ecx, 80
            rest:
              loop rest
              in al, dx
              test al, 1
              jz wait
              mov al, 0x10
              out 0xf4, al
            """ + REQUEST;

    @Test
    void aCpuThatPollsTheDiskForItsInterruptIsNoHang() throws IOException {
        assertThat(suspicion("cli\n" + READ + POLLS_THE_INTERRUPT_STATUS, withDisk())).contains("virtio").endsWith("is to happen");
    }

    @Test
    void aCpuThatPollsADiskWithoutARequestIsDead() throws IOException {
        String forgotten = READ.replace("mov word ptr [0x401002], 1", "");
        assertThat(watch("cli\n" + forgotten + POLLS_THE_INTERRUPT_STATUS, withDisk())).isInstanceOfSatisfying(Ending.Hung.class, hung ->
                assertThat(((Verdict.DeadSpin) hung.verdict()).loops().getFirst().polls()).singleElement()
                        .satisfies(poll -> assertThat(poll.register().words()).startsWith("the ISR status of virtio-blk drive0 at PCI 00:03.0, port 0x")));
    }

    @Test
    void aKernelThatIsIdleUntilTheDiskInterruptsIsNoHang() throws IOException {
        String ticks = WITH_TICKS.replace("mov al, 0xfe\n", "mov al, 0xde\n") + """
                on_tick:                             # or the disk, at IRQ 5
                  push eax
                  push edx
                  inc dword ptr [ticks]
                  lea edx, [ebp + 19]
                  in al, dx
                  mov al, 0x20
                  out 0x20, al
                  pop edx
                  pop eax
                  iretd
                """;
        assertThat(suspicion(ticks + "begin:\n" + READ + """
                  mov al, 0x34                       # a tick each millisecond
                  out 0x43, al
                  mov al, 0xa9
                  out 0x40, al
                  mov al, 4
                  out 0x40, al
                  sti
                idle:
                  hlt
                  cmp word ptr [0x402002], 1
                  jne idle
                  jmp succeed
                """ + REQUEST, withDisk())).contains("virtio").endsWith("is to happen");
    }

    @Test
    void aKernelThatSleepsUntilTheDiskInterruptsIsNoHang() throws IOException {
        String noTicks = WITH_TICKS.replace("mov al, 0xfe\n", "mov al, 0xdf\n") + TICK;
        assertThat(suspicion(noTicks + "begin:\n" + READ + "sti\nhlt\ncmp word ptr [0x402002], 1\nje succeed\nmov al, 0x11\nout 0xf4, al\n" + REQUEST,
                withDisk())).contains("virtio").endsWith("is to happen");
    }

    /** Two CPUs that run 32-bit code: the second one comes to {@code second}, when the first one is at {@code first} or before it. */
    private static final String TWO = """
              cli
              lgdt [gdtr]
            """ + SecondCpu.STARTED + """
              jmp first
            gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
            .set code_selector, 8
            gdtr: .word 0x17
                  .long gdt
            lock_a: .long 0
                    .fill 60, 1, 0
            lock_b: .long 0
                    .fill 60, 1, 0
            """ + SecondCpu.TRAMPOLINE + """
              mov es, ax
              mov ss, ax
              jmp second
            take:                                    # the lock that EBX names
              mov eax, 1
              xchg dword ptr [ebx], eax
              test eax, eax
              jz taken
            wait:
              pause
              cmp dword ptr [ebx], 0
              jne wait
              jmp take
            taken:
              jmp edx
            first:
              mov ebx, offset lock_a
              mov edx, offset first_has_a
              jmp take
            first_has_a:
              cmp dword ptr [lock_b], 0
              je first_has_a
              mov ebx, offset lock_b
              mov edx, offset first_has_both
              jmp take
            first_has_both:
              mov al, 0x10
              out 0xf4, al
            second:
              mov ebx, offset lock_b
              mov edx, offset second_has_b
              jmp take
            second_has_b:
              cmp dword ptr [lock_a], 0
              je second_has_b
            """;

    @Test
    void cpusThatSpinForEachOthersLocksAreDeadAndBothLoopsAreShown() {
        Ending ending = watch(TWO + "mov ebx, offset lock_a\nmov edx, offset second_has_b\njmp take\n", SLOW.withCpus(2));

        assertThat(ending).isInstanceOfSatisfying(Ending.Hung.class, hung -> assertThat(hung.verdict()).isInstanceOfSatisfying(Verdict.DeadSpin.class,
                spin -> {
                    assertThat(spin.loops()).hasSize(2).allSatisfy(loop -> assertThat(loop.instructions()).hasSize(3));
                    assertThat(spin.loops()).extracting(loop -> loop.cpu()).containsExactly(0, 1);
                    assertThat(spin.loops()).allSatisfy(loop -> assertThat(loop.reads()).hasSize(1));
                    long lockOfSecond = spin.loops().get(0).reads().getFirst().physical();
                    long lockOfFirst = spin.loops().get(1).reads().getFirst().physical();
                    assertThat(lockOfSecond - lockOfFirst).as("each waits for what the other one has").isEqualTo(64);
                }));
    }

    @Test
    void aSpinForALockThatAnotherCpuFreesAfterTenSecondsIsNoHang() {
        assertThat(watch(TWO + """
                  mov ecx, 12500000
                busy:
                  dec ecx
                  jnz busy
                  mov dword ptr [lock_b], 0
                done:
                  jmp done
                """, SLOW.withCpus(2).withTurn(100_000))).isEqualTo(new Ending.Ended(SUCCESS));
    }

    /** Somebody may type: COM1 interrupts when a character comes. */
    private static final String WAITS_FOR_THE_CONSOLE = WITH_TICKS.replace("mov al, 0xfe\n", "mov al, 0xee\n") + TICK + """
            begin:
              mov edx, 0x3f9
              mov al, 1
              out dx, al
              mov edx, 0x3fc
              mov al, 8
              out dx, al
              sti
            idle:
              hlt
              jmp idle
            """;

    private static Ending attended(String program, boolean liveInput) {
        try (Machine machine = GuestCode.open(program, SLOW)) {
            return new HangWatch(machine).run(new RunLimits(100_000_000, liveInput));
        }
    }

    @Test
    void aKernelThatWaitsForSomebodyToTypeIsNotProvedToHang() {
        assertThat(attended(WAITS_FOR_THE_CONSOLE, true)).isEqualTo(new Ending.Ended(new StopReason.PositionLimit()));
        assertThat(attended(WAITS_FOR_THE_CONSOLE, false)).isInstanceOfSatisfying(Ending.Hung.class,
                hung -> assertThat(hung.verdict()).isInstanceOf(Verdict.NoProgress.class));
    }

    @Test
    void whoeverTypesDoesNotEndASpinWithInterruptsOff() {
        assertThat(attended("cli\nwait: pause\njmp wait\n", true)).isInstanceOf(Ending.Hung.class);
    }

    @Test
    void whatIsKnownOfAHangThatIsNotProvedIsKept() {
        try (Machine machine = GuestCode.open(WAITS_FOR_THE_CONSOLE, SLOW)) {
            HangWatch watch = new HangWatch(machine);
            watch.run(new RunLimits(100_000_000, true));

            assertThat(watch.doubt()).hasValueSatisfying(doubt -> assertThat(doubt.sentence()).contains("input may still come"));
        }
    }
}
