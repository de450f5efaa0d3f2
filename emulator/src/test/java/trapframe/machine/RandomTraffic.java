package trapframe.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import trapframe.bus.LocalInterrupts;
import trapframe.cpu.Cpu;
import trapframe.cpu.CpuImage;
import trapframe.device.Hpet;
import trapframe.device.SerialInputQueue;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.MemoryFile;
import trapframe.device.pci.PciBus;
import trapframe.device.pci.PciConfigurationPorts;
import trapframe.freeze.Rendezvous;
import trapframe.memory.RamImage;

/** A board with all devices under traffic that no sane guest makes, and time; no CPU executes anything. */
final class RandomTraffic implements AutoCloseable {
    private static final int CPUS = 2;
    private static final int[] PORTS = {
        0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x60, 0x64, 0x80, 0x92, 0xcf9, 0xf4,
        0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x510, 0x511, 0x600, 0x602, 0x604, 0x608
    };
    private static final int ENTROPY_SLOT = 2;
    private static final int DISK_SLOT = 3;
    private static final int DISK_SECTORS = 64;
    private static final int LEGACY_PORTS = PciBus.IO_WINDOW_START;
    private static final long MMIO_DISKS = 0xfe00_0000L;
    /** Where the disk has its window on its own ranges: base address register, offset, length, data. */
    private static final int WINDOW = 0xac;
    /** Command, base addresses, MSI-X, MSI, steering of the wires, the window. */
    private static final int[] CONFIGURATION = {0x04, 0x14, 0x20, 0x3c, 0x40, 0x4c, 0x50, 0x5c, 0x60, WINDOW, WINDOW + 4, WINDOW + 8, WINDOW + 12};

    /** Where the disk's queue lies, and a request for its second sector. */
    private static final long QUEUE = 0x1_0000;
    private static final int QUEUE_ENTRIES = 256;
    private static final long AVAILABLE = QUEUE + 16L * QUEUE_ENTRIES;
    private static final long REQUEST = 0x4_0000;
    private static final int NEXT = 1;
    private static final int WRITE = 2;

    /** What a machine's snapshot has of it. */
    record Moment(long position, List<Record> devices, List<Long> deadlines, List<CpuImage> cpus, RamImage ram) { }

    final Board board;
    private final SerialInputQueue input = new SerialInputQueue();

    RandomTraffic() {
        MachineSpec spec = MachineSpec.standard().withMemory(1 << 20).withCpus(CPUS).withDrives(drive(DriveSpec.Bus.PCI),
                drive(DriveSpec.Bus.MMIO), drive(DriveSpec.Bus.MMIO_LEGACY));
        board = new Board(spec, input, value -> { }, (drive, worker) -> new Drive(new MemoryFile(DISK_SECTORS), drive.access(), worker),
                new Rendezvous());
        configure(DISK_SLOT, 4, 2, 7);
        configure(ENTROPY_SLOT, 4, 2, 7);
        board.ports().write(LEGACY_PORTS + 128 + 8, 4, (int) (QUEUE >> 12));
    }

    private static DriveSpec drive(DriveSpec.Bus bus) {
        return new DriveSpec(Path.of("memory.img"), DriveSpec.Access.SNAPSHOT, bus);
    }

    private void configure(int slot, int register, int width, int value) {
        select(slot, register);
        board.ports().write(PciConfigurationPorts.DATA_PORT, width, value);
    }

    private int configuration(int slot, int register) {
        select(slot, register);
        return board.ports().read(PciConfigurationPorts.DATA_PORT, 4);
    }

    private void select(int slot, int register) {
        board.ports().write(PciConfigurationPorts.ADDRESS_PORT, 4, 1 << 31 | slot << 11 | register);
    }

    Moment moment() {
        return new Moment(board.clock().position(), board.states().all(), board.events().deadlines(), board.cpus().stream().map(Cpu::image).toList(),
                board.bus().ramImage());
    }

    void goTo(Moment moment) {
        board.clock().moveTo(moment.position);
        board.states().restore(moment.devices);
        board.events().restore(moment.deadlines);
        board.bus().restore(moment.ram, moment.cpus, false);
    }

    /** Makes steps; returns what a guest could see of them. */
    List<Long> steps(long seed, int count) {
        Random random = new Random(seed);
        List<Long> seen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            seen.add(step(random));
        }
        return seen;
    }

    /** One random step; returns what a guest could see of it. */
    long step(Random random) {
        int port = random.nextInt(4) == 0 ? LEGACY_PORTS + random.nextInt(256) : PORTS[random.nextInt(PORTS.length)];
        int width = 1 << random.nextInt(3);
        LocalInterrupts apic = board.apics().apics().get(random.nextInt(CPUS));
        return switch (random.nextInt(22)) {
            case 0, 1 -> board.ports().read(port, width);
            case 2, 3 -> run(() -> board.ports().write(port, width, random.nextInt()));
            case 4 -> board.mmio().read(address(random), width);
            case 5, 6 -> run(() -> board.mmio().write(address(random), random.nextInt(4) == 0 ? width : 4, random.nextInt()));
            case 7 -> apic.registers().read(16L * random.nextInt(0x40), 4);
            case 8, 9 -> run(() -> apic.registers().write(16L * random.nextInt(0x40), 4, random.nextInt(0x2_0000)));
            case 10 -> apic.acknowledge();
            case 11 -> run(() -> configure(random.nextInt(5), CONFIGURATION[random.nextInt(CONFIGURATION.length)], width, random.nextInt()));
            case 12 -> configuration(random.nextInt(5), CONFIGURATION[random.nextInt(CONFIGURATION.length)]);
            case 13 -> run(() -> fromOutside(random));
            case 14 -> run(() -> processor(apic, random));
            case 15, 16 -> run(() -> requestSector(random));
            case 17 -> run(this::initialise8259s);
            case 18 -> run(() -> openWindow(random));
            default -> run(() -> pass(random.nextInt(4) == 0 ? 5_000_000 : 5_000, random));
        };
    }

    private long run(Runnable action) {
        action.run();
        return board.events().nextDeadline();
    }

    private long address(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> IoApic.ADDRESS + 16 * random.nextInt(2);
            case 1 -> Hpet.ADDRESS + 4 * random.nextInt(0x60);
            case 2 -> base(0x14) + 4 * random.nextInt(0x10);
            case 3 -> base(0x20) + (random.nextInt(4) << 12) + 2 * random.nextInt(0x20);
            default -> MMIO_DISKS + 0x1000 * random.nextInt(2) + 4 * random.nextInt(0x48);
        };
    }

    /** Where a base address register of the disk points. */
    private long base(int register) {
        return configuration(DISK_SLOT, register) & 0xffff_fff0L;
    }

    private void openWindow(Random random) {
        configure(DISK_SLOT, WINDOW, 1, random.nextBoolean() ? 0 : 4);
        configure(DISK_SLOT, WINDOW + 4, 4, 4 * random.nextInt(0x10));
        configure(DISK_SLOT, WINDOW + 8, 4, 1 << random.nextInt(3));
    }

    private void fromOutside(Random random) {
        switch (random.nextInt(6)) {
            case 0 -> board.power().pressPowerButton();
            case 4 -> input.appendBreak();
            case 1 -> input.hangUp();
            case 2 -> input.attend();
            case 3 -> board.virtio().blocks().get(random.nextInt(3)).resize(1 + random.nextInt(DISK_SECTORS));
            default -> input.append(new byte[] {(byte) random.nextInt()});
        }
        board.com1().inputAvailable();
    }

    private void processor(LocalInterrupts apic, Random random) {
        switch (random.nextInt(4)) {
            case 0 -> apic.setTaskPriority(random.nextInt(16));
            case 1 -> apic.setBase(LocalApic.DEFAULT_ADDRESS | (random.nextInt(4) == 0 ? 0 : 1 << 11));
            case 2 -> board.apics().deliverMsi(LocalApic.DEFAULT_ADDRESS + (random.nextInt(1 << 20) & ~3), random.nextInt(0x1_0000));
            default -> board.inject(random.nextInt(CPUS), random.nextInt(256));
        }
    }

    /** As a legacy driver does it; the device may be off, or have lost its queue. */
    private void requestSector(Random random) {
        int ports = LEGACY_PORTS + 128;
        if (random.nextInt(4) == 0) {
            board.ports().write(ports + 18, 1, 0);
            board.ports().write(ports + 14, 2, 0);
            board.ports().write(ports + 8, 4, (int) (QUEUE >> 12));
            board.ports().write(ports + 18, 1, 7);
            board.ram().putShort(AVAILABLE + 2, 0);
        }
        describe(0, REQUEST, 16, NEXT, 1);
        boolean writes = random.nextBoolean();
        describe(1, REQUEST + 0x1000, 512, writes ? NEXT : NEXT | WRITE, 2);
        describe(2, REQUEST + 0x800, 1, WRITE, 0);
        board.ram().putLong(REQUEST, writes ? 1 : 0);
        board.ram().putLong(REQUEST + 8, random.nextInt(DISK_SECTORS));
        int index = board.ram().getShort(AVAILABLE + 2);
        board.ram().putShort(AVAILABLE + 4 + 2L * (index % QUEUE_ENTRIES), 0);
        board.ram().putShort(AVAILABLE + 2, index + 1);
        board.ports().write(ports + 16, 2, 0);
    }

    private void describe(int number, long address, int length, int flags, int next) {
        long at = QUEUE + 16L * number;
        board.ram().putLong(at, address);
        board.ram().putInt(at + 8, length);
        board.ram().putShort(at + 12, flags);
        board.ram().putShort(at + 14, next);
    }

    private void initialise8259s() {
        for (int port : new int[] {0x20, 0xa0}) {
            board.ports().write(port, 1, 0x11);
            board.ports().write(port + 1, 1, port);
            board.ports().write(port + 1, 1, port == 0x20 ? 0x04 : 0x02);
            board.ports().write(port + 1, 1, 0x01);
        }
    }

    /** Time passes; what is due meanwhile happens. */
    private void pass(int most, Random random) {
        long end = board.clock().position() + random.nextInt(most);
        while (board.events().nextDeadline() <= end) {
            board.clock().moveTo(Math.max(board.clock().position(), board.events().nextDeadline()));
            board.events().runDue();
        }
        board.clock().moveTo(end);
    }

    @Override
    public void close() {
        board.close();
    }
}
