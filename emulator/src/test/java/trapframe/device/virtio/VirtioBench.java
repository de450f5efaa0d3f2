package trapframe.device.virtio;

import trapframe.device.CountedChanges;
import trapframe.device.DeviceBench;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.DriveWorker;
import trapframe.device.drive.MemoryFile;
import trapframe.device.pci.PciBench;
import trapframe.device.pci.PciConfiguration;
import trapframe.freeze.Rendezvous;
import trapframe.memory.GuestMemory;

/** A PCI bus with a block device in slot 3, RAM, and a driver for it. */
final class VirtioBench implements AutoCloseable {
    static final int SLOT = 3;
    static final int IRQ = 11;
    static final long MODERN = 0xd000_0000L;
    static final long COMMON = MODERN;
    static final long ISR = MODERN + 0x1000;
    static final long CONFIG = MODERN + 0x2000;
    static final long NOTIFY = MODERN + 0x3000;
    static final long MSIX = 0xd010_0000L;
    static final int LEGACY = 0xc000;
    static final int SECTORS = 2048;
    /** Where drivers put queues, and what they hand over. */
    static final long QUEUES = 0x2_0000;
    static final long BUFFERS = 0x20_0000;

    final GuestMemory ram = new GuestMemory(8 << 20);
    final PciBench pci = new PciBench();
    final DeviceBench bench = pci.bench;
    final DriveWorker worker = new DriveWorker(new Rendezvous());
    final MemoryFile file = new MemoryFile(SECTORS);
    final Drive drive;
    final VirtioBlock block;
    final VirtioDevice device;
    final VirtioPci function;
    final CountedChanges changes;

    VirtioBench() {
        this(DriveSpec.Access.WRITE, 1);
    }

    VirtioBench(DriveSpec.Access access, int queues) {
        drive = new Drive(file, access, worker);
        block = new VirtioBlock("drive0", bench.events, drive, queues);
        device = new VirtioDevice("virtio-blk drive0", bench.events, ram, block);
        function = new VirtioPci(device, pci.wires.connect(SLOT, 1), pci);
        pci.bus.plug(SLOT, 0, function);
        pci.write(1, 0x63, 1, IRQ);
        pci.write(1, 0x60 + 2, 1, IRQ);
        pci.write(SLOT, 0x10, 4, LEGACY);
        pci.write(SLOT, 0x14, 4, (int) MSIX);
        pci.write(SLOT, 0x20, 4, (int) MODERN);
        pci.write(SLOT, PciConfiguration.COMMAND, 2, 7);
        changes = new CountedChanges(drive, device, device.queue(0), function, function.configuration(), pci.isaBridge, pci.wires);
    }

    long read(long address, int width) {
        return pci.memory.read(address, width);
    }

    void write(long address, int width, long value) {
        pci.memory.write(address, width, value);
    }

    int status() {
        return (int) read(COMMON + 0x14, 1);
    }

    void setStatus(int status) {
        write(COMMON + 0x14, 1, status);
    }

    long deviceFeatures() {
        write(COMMON, 4, 0);
        long low = read(COMMON + 4, 4);
        write(COMMON, 4, 1);
        return low | read(COMMON + 4, 4) << 32;
    }

    void acceptFeatures(long features) {
        write(COMMON + 8, 4, 0);
        write(COMMON + 0xc, 4, features & 0xffff_ffffL);
        write(COMMON + 8, 4, 1);
        write(COMMON + 0xc, 4, features >>> 32);
    }

    /** Everything up to DRIVER_OK (3.1.1) with the features given, and all queues. */
    GuestDriver[] start(long features) {
        setStatus(0);
        setStatus(1);
        setStatus(3);
        acceptFeatures(features);
        setStatus(11);
        GuestDriver[] drivers = new GuestDriver[(int) read(COMMON + 0x12, 2)];
        for (int queue = 0; queue < drivers.length; queue++) {
            drivers[queue] = setUpQueue(queue, 16);
        }
        setStatus(15);
        return drivers;
    }

    GuestDriver start() {
        return start(deviceFeatures())[0];
    }

    GuestDriver setUpQueue(int queue, int size) {
        GuestDriver driver = new GuestDriver(ram, QUEUES + queue * 0x4000L, size);
        placeQueue(queue, size, driver.descriptors, driver.available, driver.used);
        return driver;
    }

    void placeQueue(int queue, int size, long descriptors, long available, long used) {
        write(COMMON + 0x16, 2, queue);
        write(COMMON + 0x18, 2, size);
        write64(COMMON + 0x20, descriptors);
        write64(COMMON + 0x28, available);
        write64(COMMON + 0x30, used);
        write(COMMON + 0x1c, 2, 1);
    }

    void write64(long address, long value) {
        write(address, 4, value & 0xffff_ffffL);
        write(address + 4, 4, value >>> 32);
    }

    void kick(int queue) {
        write(NOTIFY + 4L * queue, 2, queue);
    }

    /** Lets all that is under way complete. */
    void settle() {
        bench.advance(100_000_000);
    }

    /** Writes a request's header into RAM. */
    long header(long at, int type, long sector) {
        ram.putInt(at, type);
        ram.putInt(at + 4, 0);
        ram.putLong(at + 8, sector);
        return at;
    }

    /** A whole request: offers it, notifies, waits, returns the status byte. */
    int request(GuestDriver driver, int type, long sector, GuestDriver.Piece... data) {
        GuestDriver.Piece[] pieces = new GuestDriver.Piece[data.length + 2];
        pieces[0] = GuestDriver.read(header(BUFFERS, type, sector), 16);
        System.arraycopy(data, 0, pieces, 1, data.length);
        pieces[data.length + 1] = GuestDriver.write(BUFFERS + 16, 1);
        ram.putByte(BUFFERS + 16, 0xff);
        driver.offer(pieces);
        kick(0);
        settle();
        return ram.getByte(BUFFERS + 16);
    }

    boolean needsReset() {
        return (status() & VirtioDevice.STATUS_NEEDS_RESET) != 0;
    }

    @Override
    public void close() {
        drive.close();
        worker.close();
        ram.close();
    }
}
