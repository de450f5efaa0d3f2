package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.cpu.Cpu;
import trapframe.cpu.DeviceAccess;
import trapframe.cpu.Observation;
import trapframe.cpu.Witness;
import trapframe.device.drive.DriveSpec;
import trapframe.machine.Machine;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;
import trapframe.machine.StopReason;
import trapframe.symbols.KernelSymbols;
import trapframe.tests.SproutBoot.Run;
import trapframe.tests.timeline.SproutMachine;

/** Sprout with the APICs in place of the 8259s, on one processor. */
class SproutApicTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String COMMANDS = "run=\"ls; ls; ls /disk; cat /disk/hello.txt\"";

    private static final KernelSymbols SYMBOLS = KernelSymbols.open(SproutBoot.IMAGE);
    private static final long LVT_TIMER = 0xfee0_0320L;
    private static final long LVT_PERIODIC = 1 << 17;
    private static final long TIMER_INITIAL_COUNT = 0xfee0_0380L;
    private static final long SECOND = 1_000_000_000;
    /** In positions, which are nanoseconds: longer than each of the measurements is. */
    private static final long STOP = 6_000_000;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"test=boot-stages", "test=kthread", "test=sleep", "test=ktest section=Time"})
    void printsTheSameAsWithThe8259s(String commandLine) {
        Run run = SproutBoot.of(commandLine + " apic").run();

        assertThat(run.lines()).isEqualTo(SproutBoot.of(commandLine).run().lines());
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
        if (Qemu.available()) {
            assertThat(Qemu.run(SproutBoot.IMAGE, commandLine + " apic", LIMIT).lines()).isEqualTo(run.lines());
        }
    }

    /** The disk interrupts by a message, or, if it has none, by a pin of the I/O APIC. */
    @Test
    void readsADisk() throws Exception {
        FatImage image = FatImage.fat16();
        image.root().file("HELLO.TXT", "Hello from the disk.\n".getBytes(StandardCharsets.ISO_8859_1));
        Path disk = Files.write(folder.resolve("disk"), image.build());
        Run run = SproutBoot.of(COMMANDS + " apic").withDrives(new DriveSpec(disk, DriveSpec.Access.READ_ONLY, DriveSpec.Bus.PCI)).run();

        assertThat(run.linesAfterStages()).containsExactly(".", "bin/", "disk/", "hello.txt", ".", "bin/", "disk/", "hello.txt", ".", "HELLO.TXT",
                "Hello from the disk.");
        for (String device : Qemu.available() ? new String[] {"virtio-blk-pci", "virtio-blk-pci,vectors=0"} : new String[0]) {
            assertThat(Qemu.run(SproutBoot.IMAGE, COMMANDS + " apic", LIMIT,
                    "-drive", "file=" + disk + ",if=none,id=disk,format=raw", "-device", device + ",drive=disk").lines()).isEqualTo(run.lines());
        }
    }

    /** As a busy host, or firmware, stops it. Ticks that come too seldom would be late; those that come too often leave no time for anything else. */
    @Test
    void measuresTheTimerOfTheApicWhereverTheProcessorStopsMeanwhile() {
        try (Machine machine = SproutMachine.open(SproutMachine.SMALL, "apic")) {
            runTo(machine, "local_apic_timer_init");
            Snapshot begin = machine.snapshot();
            long first = machine.clock().position();
            runTo(machine, "timer_use");
            long last = machine.clock().position();
            long counts = countsPerNano(machine);

            LongStream ends = LongStream.concat(LongStream.range(first, first + 64), LongStream.range(last - 64, last));
            assertThat(LongStream.concat(ends, LongStream.range(1, 31).map(part -> first + (last - first) * part / 31))).allSatisfy(boundary -> {
                machine.restore(begin);
                machine.run(new RunLimits(boundary));
                machine.stall(STOP);
                runTo(machine, "timer_use");
                assertThat(countsPerNano(machine)).isCloseTo(counts, withinPercentage(0.1));
            });
        }
    }

    /** Periodic with the few counts of a short sleep, the timer would interrupt all the time for as long as a busy host stops the processor there. */
    @Test
    void theTimerOfTheApicNeverTicksByTheCountOfASleep() {
        List<Long> countsWhenSetToTick = new ArrayList<>();
        try (Machine machine = SproutMachine.open(SproutMachine.SMALL, "test=sleep apic")) {
            machine.witness(new Witness() {
                private long count;

                @Override
                public void accessed(Cpu cpu, long position, DeviceAccess access) {
                    if (access.write() && access.address() == TIMER_INITIAL_COUNT) {
                        count = access.value();
                    } else if (access.write() && access.address() == LVT_TIMER && (access.value() & LVT_PERIODIC) != 0) {
                        countsWhenSetToTick.add(count);
                    }
                }
            });
            assertThat(machine.run(new RunLimits(SECOND))).isEqualTo(SproutBoot.SUCCESS);
        }

        assertThat(countsWhenSetToTick).hasSizeGreaterThan(5).containsOnly(0L);
    }

    private static void runTo(Machine machine, String function) {
        machine.observe(new Observation(new long[] {SYMBOLS.address(function).orElseThrow()}, List.of(), false));
        assertThat(machine.run(new RunLimits(SECOND))).isInstanceOf(StopReason.Breakpoint.class);
        machine.observe(Observation.NONE);
    }

    private static long countsPerNano(Machine machine) {
        return SYMBOLS.value("counts_per_nano", machine.cpus().getFirst()::look).number();
    }

    @Test
    void saysThatThereAreNone() {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result result = Qemu.run(SproutBoot.IMAGE, "apic", LIMIT, "-machine", "pc,acpi=off");

        assertThat(result.lines()).contains("panic: the firmware's tables name no APICs").endsWith("Sprout: failed");
    }
}
