package trapframe.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import trapframe.bus.MmioBus;
import trapframe.bus.PortBus;
import trapframe.memory.GuestMemory;
import trapframe.memory.RamImage;
import trapframe.time.EventQueue;

/**
 * What the CPUs of a machine share: RAM, ports, device memory, time, and the knowledge of which pages hold translated
 * code. A CPU that is made on it gets the next number, from 0 on; CPU 0 is the bootstrap processor.
 */
public final class SystemBus {
    private static final Witness NOBODY = new Witness() { };

    private final GuestMemory ram;
    private final PortBus ports;
    private final MmioBus mmio;
    private final EventQueue events;
    private final CodePages code;
    private final Observer observer = new Observer();
    private final List<Cpu> cpus = new ArrayList<>();
    private Witness witness = NOBODY;
    private volatile boolean stopRequested;

    public SystemBus(GuestMemory ram, PortBus ports, MmioBus mmio, EventQueue events) {
        this.ram = ram;
        this.ports = ports;
        this.mmio = mmio;
        this.events = events;
        code = new CodePages(ram);
        ram.onHostWrite((address, length) -> {
            code.hostWrote(address, length);
            observer.accessed(address, length, true);
            witness.written(address, length);
        });
    }

    /** Returns the number of the CPU. */
    int attach(Cpu cpu) {
        cpus.add(cpu);
        return cpus.size() - 1;
    }

    /** The CPUs, by number. */
    public List<Cpu> cpus() {
        return cpus;
    }

    /** The A20 line: when off, bit 20 of every physical address is zero. */
    public void setA20(boolean enabled) {
        cpus.forEach(cpu -> cpu.translation().setA20(enabled));
    }

    /** The content of RAM, between two runs. */
    public RamImage ramImage() {
        return ram.image(this::forEachWritable);
    }

    /** A hash of the content of RAM, between two runs: 16 bytes. */
    public byte[] ramHash() {
        return ram.hash(this::forEachWritable);
    }

    private void forEachWritable(IntConsumer action) {
        cpus.forEach(cpu -> cpu.translation().forEachWritable(action));
    }

    /** Empties the TLBs, between two runs. */
    public void emptyTlbs() {
        cpus.forEach(cpu -> cpu.translation().emptyTlb());
    }

    /**
     * Makes RAM and the CPUs what they were; between two runs, after the devices.
     *
     * @param keepTlbs whether TLBs keep what page tables still say; else they are empty
     */
    public void restore(RamImage ramImage, List<CpuImage> cpuImages, boolean keepTlbs) {
        ram.restore(ramImage);
        for (Cpu cpu : cpus) {
            boolean canBeRight = cpu.restore(cpuImages.get(cpu.number()));
            if (keepTlbs) {
                cpu.translation().followTlb(canBeRight);
            } else {
                cpu.translation().emptyTlb();
            }
        }
    }

    /**
     * Makes {@link Cpu#run} return at the next instruction boundary, and at once until {@link #takeStopRequest}; from another
     * thread, at the next look.
     */
    public void requestStop() {
        stopRequested = true;
    }

    boolean isStopRequested() {
        return stopRequested;
    }

    /** Whether a stop was requested; asking forgets it. */
    public boolean takeStopRequest() {
        boolean requested = stopRequested;
        if (requested) {
            stopRequested = false;
        }
        return requested;
    }

    /** Follows what {@link #observe} asked for. */
    public Observer observer() {
        return observer;
    }

    /** What the runs stop for. */
    public Observation observation() {
        return observer.wanted();
    }

    /**
     * Says what the runs from now on stop for; between two runs. If other pages are watched than before, the TLBs are emptied, which is
     * part of the run only at a mark.
     */
    public void observe(Observation observation) {
        boolean sameData = observation.data().equals(observer.wanted().data());
        observer.want(observation);
        for (Cpu cpu : cpus) {
            cpu.engine().reportInstructions(observation.code());
            if (!sameData) {
                cpu.translation().watch();
            }
        }
    }

    /**
     * Tells a witness what the CPUs do from now on; between two runs.
     *
     * @param newWitness null for nobody
     */
    public void witness(Witness newWitness) {
        witness = newWitness == null ? NOBODY : newWitness;
        cpus.forEach(cpu -> cpu.tracing().begin(newWitness));
    }

    /**
     * Tells the witness of stores to some bytes of RAM from now on. Once this was asked for, every access to memory is slower.
     *
     * @param physical addresses of 8 bytes each
     */
    public void witnessStores(long[] physical) {
        cpus.forEach(cpu -> cpu.engine().reportStores(physical));
    }

    /**
     * Tells the witness of all loads and stores of RAM, or no longer. Once this was asked for, every access to memory is slower; between two
     * runs.
     */
    public void witnessAccesses(boolean all) {
        cpus.forEach(cpu -> cpu.engine().reportAccesses(all));
    }

    GuestMemory ram() {
        return ram;
    }

    PortBus ports() {
        return ports;
    }

    MmioBus mmio() {
        return mmio;
    }

    EventQueue events() {
        return events;
    }

    CodePages code() {
        return code;
    }
}
