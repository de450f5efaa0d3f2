package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.HostFile;
import trapframe.freeze.Party;
import trapframe.machine.DriveOpener;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;
import trapframe.machine.Snapshot;
import trapframe.machine.StopReason;

/** A machine that is stopped and looked at by another thread while its guest writes a disk. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FreezeTest {
    private static final int SECTORS = 64;
    private static final int CYCLES = 10_000;

    @TempDir
    private Path folder;
    private Path kernel;

    @BeforeEach
    void build() throws IOException, InterruptedException {
        kernel = AssembledProgram.kernel("disk-load.S", folder.resolve("disk-load.elf"));
    }

    private Path disk(String name) throws IOException {
        return Files.write(folder.resolve(name), new byte[SECTORS * Drive.SECTOR]);
    }

    private Machine machine(Path disk, DriveOpener opener) {
        MachineSpec spec = MachineSpec.standard().withMemory(4 << 20)
                .withDrives(new DriveSpec(disk, DriveSpec.Access.WRITE, DriveSpec.Bus.PCI));
        return new Machine(spec, BootImage.open(kernel), BootParameters.of("flush"), new SerialInputQueue(), value -> { }, opener);
    }

    private static <T> FutureTask<T> start(Callable<T> body) {
        FutureTask<T> task = new FutureTask<>(body);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    @Test
    void tenThousandFreezesChangeNothing() throws Exception {
        Path disk = disk("frozen.img");
        String hash;
        long position;
        try (Machine machine = machine(disk, Drive::open)) {
            FutureTask<StopReason> run = start(() -> machine.run(RunLimits.none()));
            long last = 0;
            int moved = 0;
            // Many cycles begin before the machine has seen the thaw of the one before; in others it is to have moved.
            for (int cycle = 0; cycle < CYCLES || moved < CYCLES / 10; cycle++) {
                boolean thorough = cycle % 500 == 0;
                long now = machine.freeze(() -> {
                    long at = machine.clock().position();
                    // A state holds the outcome of each transfer, so that taking it does what the drives' thread has not begun.
                    String before = thorough ? machine.stateHash() : "";
                    byte[] file = read(disk);
                    Thread.yield();
                    assertThat(machine.clock().position()).isEqualTo(at);
                    assertThat(read(disk)).as("the drives' thread stands still").isEqualTo(file);
                    if (thorough) {
                        assertThat(machine.stateHash()).isEqualTo(before);
                    }
                    return at;
                });
                assertThat(now).isGreaterThanOrEqualTo(last);
                moved += now > last ? 1 : 0;
                last = now;
            }
            machine.requestStop();
            assertThat(run.get()).isEqualTo(new StopReason.Interrupted());
            position = machine.clock().position();
            hash = machine.stateHash();
        }

        Path other = disk("unfrozen.img");
        try (Machine machine = machine(other, Drive::open)) {
            assertThat(machine.run(new RunLimits(position))).isEqualTo(new StopReason.PositionLimit());
            assertThat(machine.clock().position()).isEqualTo(position);
            assertThat(machine.stateHash()).isEqualTo(hash);
        }
        assertThat(read(disk)).isEqualTo(read(other)).isNotEqualTo(new byte[SECTORS * Drive.SECTOR]);
    }

    @Test
    void aSnapshotOfAMachineThatRunsIsOneOfItsPositions() throws Exception {
        DriveOpener inMemory = (spec, worker) -> Drive.open(new DriveSpec(spec.file(), DriveSpec.Access.SNAPSHOT, spec.bus()), worker);
        try (Machine machine = machine(disk("disk.img"), inMemory)) {
            FutureTask<StopReason> run = start(() -> machine.run(RunLimits.none()));
            while (machine.freeze(() -> machine.clock().position()) < 1_000_000) {
                Thread.onSpinWait();
            }
            Snapshot snapshot = machine.snapshot();
            machine.requestStop();
            run.get();
            long end = Math.max(machine.clock().position(), snapshot.position() + 1_000_000);
            machine.run(new RunLimits(end));
            String hash = machine.stateHash();
            machine.restore(snapshot);
            machine.run(new RunLimits(end));
            assertThat(machine.stateHash()).isEqualTo(hash);
        }
    }

    @Test
    void aDrivesThreadThatDiesInTheMiddleOfACycleHoldsNobodyUp() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch mayDie = new CountDownLatch(1);
        DriveOpener opener = (spec, worker) -> new Drive(new DyingFile(reading, mayDie), DriveSpec.Access.WRITE, worker);
        Machine machine = machine(disk("disk.img"), opener);
        FutureTask<StopReason> run = start(() -> machine.run(RunLimits.none()));
        reading.await();
        FutureTask<Long> freeze = start(() -> machine.freeze(() -> machine.clock().position()));
        mayDie.countDown();

        assertThat(freeze.get()).isPositive();
        assertThatThrownBy(run::get).isInstanceOf(ExecutionException.class).hasRootCauseMessage("on purpose");
        for (int i = 0; i < 1_000; i++) {
            assertThat(machine.freeze(() -> "captured")).isEqualTo("captured");
        }
        assertThatThrownBy(machine::close).hasRootCauseMessage("on purpose");
    }

    @Test
    void aReaderOfInputIsOutsideWhileItWaitsAndParksWhenSomethingComes() throws Exception {
        try (Machine machine = machine(disk("disk.img"), Drive::open)) {
            Party reader = machine.join("the reader");
            CountDownLatch comes = new CountDownLatch(1);
            AtomicInteger received = new AtomicInteger();
            FutureTask<Void> reads = start(() -> {
                comes.await();
                for (int i = 0; i < 100_000; i++) {
                    reader.enter();
                    received.incrementAndGet();
                    received.incrementAndGet();
                    reader.exit();
                }
                reader.end();
                return null;
            });
            machine.freeze(() -> {
                comes.countDown();
                Thread.yield();
                assertThat(received).hasValue(0);
                return null;
            });
            while (!reads.isDone()) {
                assertThat(machine.freeze(() -> received.get() % 2)).isZero();
            }
            reads.get();
            assertThat(received).hasValue(200_000);
        }
    }

    @Test
    void whatCannotBeFrozenIsSaid() throws Exception {
        Machine machine = machine(disk("disk.img"), Drive::open);
        assertThatThrownBy(() -> machine.freeze(() -> machine.run(RunLimits.none()))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> machine.freeze(() -> {
            machine.close();
            return null;
        })).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> machine.change(machine::snapshot)).isInstanceOf(IllegalStateException.class);
        assertThat(machine.run(new RunLimits(100_000))).isEqualTo(new StopReason.PositionLimit());
        machine.close();
        assertThatThrownBy(machine::snapshot).hasMessage("the machine is switched off");
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A file whose first flush ends the thread that makes it. */
    private record DyingFile(CountDownLatch reading, CountDownLatch mayDie) implements HostFile {
        @Override
        public String name() {
            return "dying";
        }

        @Override
        public long length() {
            return SECTORS * Drive.SECTOR;
        }

        @Override
        public void read(ByteBuffer into, long offset) {
            into.put(new byte[into.remaining()]);
        }

        @Override
        public void write(ByteBuffer from, long offset) {
            reading.countDown();
            try {
                mayDie.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            throw new StackOverflowError("on purpose");
        }

        @Override
        public void force() {
            // Nothing gets here.
        }

        @Override
        public void setLength(long length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // Nothing to give back.
        }
    }
}
