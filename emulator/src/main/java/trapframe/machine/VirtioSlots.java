package trapframe.machine;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.MsiTarget;
import trapframe.bus.Stateful;
import trapframe.device.InterruptController8259;
import trapframe.device.apic.IoApic;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.DriveWorker;
import trapframe.device.virtio.DeviceType;
import trapframe.device.virtio.VirtioBlock;
import trapframe.device.virtio.VirtioDevice;
import trapframe.device.virtio.VirtioEntropy;
import trapframe.device.virtio.VirtioMmio;
import trapframe.device.virtio.VirtioPci;
import trapframe.firmware.PlatformDevice;
import trapframe.freeze.Rendezvous;
import trapframe.memory.GuestMemory;
import trapframe.time.EventQueue;

/**
 * The virtio devices of the board: the entropy device in the first free PCI slot, and the drives, each in the next slot or at the next
 * address.
 */
final class VirtioSlots implements AutoCloseable {
    private static final long MMIO_START = 0xfe00_0000L;
    private static final int MMIO_STRIDE = 0x1000;
    /** Each has a pin of the I/O APIC behind those of PCI, active high; at the 8259s they share an IRQ. */
    private static final int FIRST_MMIO_PIN = 20;
    private static final int MMIO_IRQ = 5;
    private static final String ACPI_ID = "LNRO0005";

    private final EventQueue events;
    private final GuestMemory ram;
    private final MachineSpec spec;
    private final Optional<DriveWorker> worker;
    private final List<Drive> drives = new ArrayList<>();
    private final List<VirtioBlock> blocks = new ArrayList<>();
    private final List<VirtioDevice> virtioDevices = new ArrayList<>();
    private final List<Stateful<?>> devices = new ArrayList<>();

    /** @throws trapframe.device.drive.DriveException if a drive's file cannot be used */
    VirtioSlots(MachineSpec spec, EventQueue events, GuestMemory ram, DriveOpener opener, Rendezvous rendezvous) {
        this.spec = spec;
        this.events = events;
        this.ram = ram;
        worker = spec.drives().isEmpty() ? Optional.empty() : Optional.of(new DriveWorker(rendezvous));
        boolean opened = false;
        try {
            for (DriveSpec drive : spec.drives()) {
                drives.add(opener.open(drive, worker.orElseThrow()));
            }
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    /** The devices over MMIO, as ACPI names them, in the order of their drives. */
    static List<PlatformDevice> platformDevices(MachineSpec spec) {
        List<PlatformDevice> found = new ArrayList<>();
        for (DriveSpec drive : spec.drives()) {
            if (drive.bus() != DriveSpec.Bus.PCI) {
                int number = found.size();
                found.add(new PlatformDevice(ACPI_ID, number, MMIO_START + (long) number * MMIO_STRIDE, VirtioMmio.SIZE,
                        FIRST_MMIO_PIN + number));
            }
        }
        return found;
    }

    /** @param irq makes one more connection to an IRQ of the 8259s */
    void plug(PciSlots pci, MsiTarget messages, MmioBus mmio, InterruptController8259 pic, IntFunction<InterruptLine> irq,
            IoApic ioApic) {
        int slot = PciSlots.FREE_SLOTS;
        VirtioEntropy entropy = new VirtioEntropy(spec.seed());
        devices.add(entropy);
        plug(pci, slot++, messages, device("virtio-rng", entropy));
        Iterator<PlatformDevice> mmioPlaces = platformDevices(spec).iterator();
        for (int number = 0; number < drives.size(); number++) {
            DriveSpec.Bus bus = spec.drives().get(number).bus();
            VirtioDevice device = drive(number);
            if (bus == DriveSpec.Bus.PCI) {
                plug(pci, slot++, messages, device);
            } else {
                pic.setLevelTriggered(MMIO_IRQ);
                PlatformDevice place = mmioPlaces.next();
                InterruptLine atIoApic = ioApic.pin(place.interrupt());
                InterruptLine at8259 = irq.apply(MMIO_IRQ);
                VirtioMmio transport = new VirtioMmio(device, level -> {
                    atIoApic.set(level);
                    at8259.set(level);
                }, bus == DriveSpec.Bus.MMIO_LEGACY);
                mmio.attach(device.name(), place.address(), place.length(), transport);
                devices.add(transport);
            }
        }
    }

    private VirtioDevice drive(int number) {
        String name = "drive" + number;
        VirtioBlock block = new VirtioBlock(name, events, drives.get(number), spec.cpus());
        blocks.add(block);
        devices.add(drives.get(number));
        devices.add(block);
        return device("virtio-blk " + name, block);
    }

    private VirtioDevice device(String name, DeviceType type) {
        VirtioDevice device = new VirtioDevice(name, events, ram, type);
        virtioDevices.add(device);
        devices.add(device);
        return device;
    }

    private void plug(PciSlots pci, int slot, MsiTarget messages, VirtioDevice device) {
        pci.plug(slot, pin -> {
            VirtioPci function = new VirtioPci(device, pin, messages);
            devices.add(function);
            return function;
        });
    }

    /** The drives, in the order of the description. */
    List<Drive> drives() {
        return drives;
    }

    /** The drives' devices, in the order of the description. */
    List<VirtioBlock> blocks() {
        return blocks;
    }

    /** The devices, in the order of their states in the hash. */
    List<Stateful<?>> devices() {
        return devices;
    }

    /** What went wrong with the devices, in words: drivers that broke the protocol, files that failed. */
    List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        for (VirtioDevice device : virtioDevices) {
            if (!device.violation().isEmpty()) {
                complaints.add("the driver of " + device.name() + " broke the protocol at position " + device.violatedAt() + ": "
                        + device.violation());
            }
        }
        for (Drive drive : drives) {
            if (!drive.failure().isEmpty()) {
                complaints.add(drive.failure());
            }
        }
        return complaints;
    }

    /** Stores what the guest wrote, and ends the thread. */
    @Override
    public void close() {
        try {
            closeFrom(0);
        } finally {
            worker.ifPresent(DriveWorker::close);
        }
    }

    /** Closes every drive, even if one before it fails. */
    private void closeFrom(int number) {
        if (number < drives.size()) {
            try {
                drives.get(number).close();
            } finally {
                closeFrom(number + 1);
            }
        }
    }
}
