package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.device.drive.DriveSpec;
import trapframe.junit.BootImage;
import trapframe.junit.Guest;
import trapframe.machine.StopReason;
import trapframe.symbols.Value;
import trapframe.tests.SproutBoot.Run;

/** Sprout on several processors. */
class SproutSmpTest {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final int SUCCESS = Qemu.exitStatus(0x10);
    private static final int MEMORY_MIB = 16;
    private static final String COMMANDS = "run=\"ls; ls; ls /disk; cat /disk/hello.txt\"";

    @TempDir
    private Path folder;

    private static SproutBoot boot(String commandLine, int cpus) {
        return SproutBoot.of(commandLine).withMemory(MEMORY_MIB).withCpus(cpus);
    }

    /** The console of one processor, and how many have started. */
    private static List<String> stages(int cpus) {
        List<String> lines = new ArrayList<>(SproutUnderQemuTest.CONSOLE);
        lines.add(lines.size() - 1, "processors: " + cpus);
        return lines;
    }

    private Path disk() throws Exception {
        FatImage image = FatImage.fat16();
        image.root().file("HELLO.TXT", "Hello from the disk.\n".getBytes(StandardCharsets.ISO_8859_1));
        return Files.write(folder.resolve("disk"), image.build());
    }

    @ParameterizedTest
    @CsvSource({"test=boot-stages, 2", "test=boot-stages, 16", "test=kthread, 2", "test=kthread, 4", "test=sleep, 4"})
    void passesItsTests(String commandLine, int cpus) {
        Run run = boot(commandLine, cpus).run();

        assertThat(run.lines()).startsWith(stages(cpus).toArray(String[]::new));
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    @Test
    @BootImage(append = "test=ktest", memory = "16M", cpus = 4, fail = {"FAILED", "LEAK"})
    void passesTheTestProgram(Guest guest) {
        guest.expectSuccess();
        assertThat(guest.lines()).endsWith(SproutKtestTest.PASS);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 16})
    void readsADisk(int cpus) throws Exception {
        Run run = boot(COMMANDS, cpus).withDrives(new DriveSpec(disk(), DriveSpec.Access.READ_ONLY, DriveSpec.Bus.PCI)).run();

        assertThat(run.lines()).endsWith("Sprout: all stages passed", ".", "bin/", "disk/", "hello.txt", ".", "bin/", "disk/", "hello.txt", ".",
                "HELLO.TXT", "Hello from the disk.");
        assertThat(run.reason()).isEqualTo(SproutBoot.SUCCESS);
    }

    @Test
    @BootImage(append = "test=sleep", memory = "16M", cpus = 4)
    void endsInTheSameStateAfterEveryBoot(Guest first, Guest second) {
        assertThat(second.expectSuccess().stateHash()).isEqualTo(first.expectSuccess().stateHash());
        assertThat(second.nanos()).isEqualTo(first.nanos());
    }

    @ParameterizedTest
    @ValueSource(longs = {1_234, 2_500_777, 4_999_999, 7_650_123})
    void joinsEveryThreadWhereverTheTicksFall(long phase) {
        assertThat(boot("test=kthread", 3).withTimerPhase(phase).run().lines()).endsWith(SproutUnderQemuTest.KTHREADS_PASS);
    }

    @Test
    @BootImage(append = "test=kthread", memory = "16M", cpus = 4)
    void tasksRunOnAllOfThemAndMoveFromOneToAnother(Guest guest) {
        Set<Integer> busy = new TreeSet<>();
        Set<Long> ofMain = new TreeSet<>();
        guest.expect("processors: 4");
        for (int look = 0; look < 500; look++) {
            guest.runFor("77773ns");
            List<Value> cpus = guest.value("cpus").fetched().elements();
            for (int i = 0; i < cpus.size(); i++) {
                if (cpus.get(i).member("current").number() != cpus.get(i).member("idle").number()) {
                    busy.add(i);
                }
            }
            ofMain.add(guest.value("tasks[0].cpu").number());
        }

        assertThat(busy).containsExactly(0, 1, 2, 3);
        assertThat(ofMain).hasSizeGreaterThan(1);
    }

    @Test
    void usesAsManyProcessorsAsItIsTold() {
        assertThat(boot("test=boot-stages cpus=3", 4).run().lines()).isEqualTo(stages(3));
        assertThat(boot("test=boot-stages cpus=1", 4).run().lines()).isEqualTo(SproutUnderQemuTest.CONSOLE);
    }

    /** The task that waits for input need not be on the processor that gets the interrupt. */
    @Test
    @BootImage(append = "echo=2 test=boot-stages", memory = "16M", cpus = 4)
    void repeatsInput(Guest guest) {
        guest.type("one\rtwo\r").expect("echo: one\r\n").expectLine("echo: two").expectLine("Sprout: all stages passed").expectSuccess();
    }

    @Test
    @BootImage(append = "crash=assert", memory = "16M", cpus = 4)
    void stopsAllOfThemInACrash(Guest guest) {
        guest.expectExit(1);
        assertThat(guest.lines()).endsWith("Sprout: failed");
    }

    @Test
    void stopsAllOfThem() {
        assertThat(boot("halt test=boot-stages", 4).run().reason()).isInstanceOf(StopReason.HaltedForGood.class);
    }

    @ParameterizedTest
    @CsvSource({"test=kthread, 2", "test=kthread, 4", "test=sleep, 2", "'run=\"ls; ls\"', 4"})
    void passesUnderQemu(String commandLine, int cpus) {
        assumeTrue(Qemu.available(), "qemu-system-x86_64 is not installed");
        Qemu.Result result = Qemu.run(SproutBoot.IMAGE, commandLine, LIMIT, "-smp", "" + cpus);

        assertThat(result.lines()).startsWith(stages(cpus).toArray(String[]::new));
        assertThat(result.exitStatus()).isEqualTo(SUCCESS);
    }
}
