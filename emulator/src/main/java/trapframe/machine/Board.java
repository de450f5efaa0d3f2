package trapframe.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import trapframe.bus.Counting;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.PortBus;
import trapframe.bus.SharedLine;
import trapframe.bus.Stateful;
import trapframe.cpu.Cpu;
import trapframe.cpu.SystemBus;
import trapframe.device.A20Gate;
import trapframe.device.DebugExit;
import trapframe.device.FirmwareConfiguration;
import trapframe.device.Hpet;
import trapframe.device.InterruptController8259;
import trapframe.device.IntervalTimer8254;
import trapframe.device.KeyboardController8042;
import trapframe.device.PostCodePort;
import trapframe.device.PowerManagement;
import trapframe.device.Rtc146818;
import trapframe.device.SerialInputQueue;
import trapframe.device.SerialOutput;
import trapframe.device.SystemControl;
import trapframe.device.SystemControlPortA;
import trapframe.device.SystemControlPortB;
import trapframe.device.Uart16550;
import trapframe.device.apic.ApicBus;
import trapframe.device.apic.IoApic;
import trapframe.device.apic.LocalApic;
import trapframe.firmware.Firmware;
import trapframe.firmware.Platform;
import trapframe.freeze.Rendezvous;
import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.time.EventQueue;

/** The wiring: CPUs, RAM, and the devices of an AT-compatible board. {@link Machine} runs it. */
final class Board implements AutoCloseable {
    /**
     * Five hundred times a PC's: at 115,200 baud a character takes 0.17 us. Kernels poll the line while they print, and
     * at the true rate spend most of a boot on that.
     */
    private static final int CONSOLE_CRYSTAL_HERTZ = 500 * Uart16550.PC_CRYSTAL_HERTZ;

    private final MachineSpec spec;
    private final Clock clock;
    private final EventQueue events;
    private final GuestMemory ram;
    private final PortBus ports = new PortBus();
    private final MmioBus mmio = new MmioBus();
    private final SystemBus bus;
    private final InterruptController8259 pic;
    /** The inputs of the 8259s, which several devices may drive. */
    private final List<SharedLine> irqs;
    private final ApicBus apics;
    private final IoApic ioApic;
    private final Firmware firmware;
    private final Uart16550 com1;
    private final PowerManagement power;
    private final SerialInputQueue console;
    private final VirtioSlots virtio;
    private final DeviceStates states;
    private final List<Counting> counting;
    private StopReason asked;

    Board(MachineSpec spec, SerialInputQueue input, SerialOutput console, DriveOpener drives,
            Rendezvous rendezvous) {
        this.spec = spec;
        this.console = input;
        clock = new Clock(spec.codeBytesPerMicrosecond());
        events = new EventQueue(clock);
        ram = new GuestMemory(spec.memoryBytes());
        virtio = new VirtioSlots(spec, events, ram, drives, rendezvous);
        bus = new SystemBus(ram, ports, mmio, events);
        apics = new ApicBus(spec.cpus(), events, this::acknowledge, spec.timerPhase());
        for (LocalApic apic : apics.apics()) {
            Cpu cpu = new Cpu(bus, apic);
            apic.connect(cpu.pins());
            if (cpu.number() > 0) {
                cpu.resetToWait();
            }
        }
        Platform platform = new Platform(spec.memoryBytes(), spec.cpus(), Cpu.signature(), Cpu.features(),
                VirtioSlots.platformDevices(spec));
        firmware = new Firmware(platform);
        ioApic = new IoApic(apics, platform.ioApicId(), PciSlots.IDLE_PINS);
        ioApic.attach(mmio);
        InterruptLine lint0 = apics.lint0();
        pic = new InterruptController8259(level -> {
            lint0.set(level);
            ioApic.pin(IoApic.PIN_OF_8259).set(level);
        });
        pic.attach(ports);
        irqs = IntStream.range(0, InterruptController8259.LINES).mapToObj(number -> new SharedLine(pic.line(number))).toList();
        Hpet hpet = new Hpet(events, irq(0), irq(Rtc146818.IRQ), ioApic::pin, apics);
        hpet.attach(mmio);
        IntervalTimer8254 timer = new IntervalTimer8254(events, hpet.irq0(), spec.timerPhase());
        timer.attach(ports);
        SystemControlPortB portB = new SystemControlPortB(timer);
        portB.attach(ports);
        com1 = new Uart16550("COM1", events, irq(Uart16550.COM1_IRQ), console, input,
                CONSOLE_CRYSTAL_HERTZ);
        com1.attach(ports, Uart16550.COM1_PORT);
        Control control = new Control();
        Rtc146818 rtc = new Rtc146818(events, hpet.irq8(), spec.rtcEpochSeconds(), spec.memoryBytes());
        rtc.attach(ports);
        A20Gate a20 = new A20Gate(control);
        KeyboardController8042 keyboard = new KeyboardController8042(irq(KeyboardController8042.KEYBOARD_IRQ),
                irq(KeyboardController8042.AUXILIARY_IRQ), control, a20);
        keyboard.attach(ports);
        SystemControlPortA portA = new SystemControlPortA(control, a20);
        portA.attach(ports);
        PostCodePort post = new PostCodePort();
        post.attach(ports);
        new DebugExit(control).attach(ports);
        FirmwareConfiguration configuration = new FirmwareConfiguration(spec.memoryBytes(), spec.cpus());
        configuration.attach(ports);
        power = new PowerManagement(events, irq(PowerManagement.SCI_IRQ), control);
        power.attach(ports);
        pic.setLevelTriggered(PowerManagement.SCI_IRQ);
        PciSlots pci = new PciSlots(pic, number -> irqs.get(number).input(), ioApic, control);
        pci.attach(ports, mmio);
        virtio.plug(pci, apics, mmio, pic, number -> irqs.get(number).input(), ioApic);
        pci.powerOn();
        List<Stateful<?>> devices = new ArrayList<>(apics.apics());
        devices.addAll(List.of(ioApic, pic, hpet, timer, portB, com1, input, rtc, a20, keyboard, portA, post, configuration, power));
        devices.addAll(irqs);
        devices.addAll(pci.devices());
        devices.addAll(virtio.devices());
        states = new DeviceStates(devices);
        counting = new ArrayList<>(apics.apics());
        counting.addAll(List.of(apics, ioApic, pic, ports, mmio));
        firmware.write(ram);
    }

    /** An interrupt line of the ISA bus, which ends at the 8259s and at the I/O APIC. */
    private InterruptLine irq(int number) {
        InterruptLine at8259 = irqs.get(number).input();
        InterruptLine atIoApic = ioApic.pin(IoApic.pinOfIrq(number));
        return level -> {
            at8259.set(level);
            atIoApic.set(level);
        };
    }

    private int acknowledge() {
        return pic.acknowledge();
    }

    /** Requests an interrupt of a CPU. Returns why that is not possible. */
    Optional<String> inject(int cpu, int vector) {
        Optional<String> refusal = whyNoInjection(cpu, vector);
        if (refusal.isEmpty()) {
            LocalApic apic = apics.apics().get(cpu);
            if (!apic.passesExternalInterrupts() || !pic.inject(vector)) {
                apic.inject(vector);
            }
        }
        return refusal;
    }

    /** Why no controller can request an interrupt of a CPU now; empty if one can. */
    Optional<String> whyNoInjection(int cpu, int vector) {
        LocalApic apic = apics.apics().get(cpu);
        return apic.passesExternalInterrupts() && pic.canInject(vector) ? Optional.empty()
                : apic.whyNoInjection(vector).map(reason -> "no unmasked, edge-triggered input of the 8259s that CPU " + cpu
                        + " listens to has vector " + vector + ", and " + reason);
    }

    /** Nobody asked for anything yet, at the position that the machine went to. */
    void forgetAsked() {
        asked = null;
    }

    /** Whether a device's interrupt can reach a CPU as an NMI or INIT, also one that has interrupts off. */
    boolean canRaiseNmi() {
        return apics.isLint0Unmaskable() || ioApic.hasUnmaskablePin();
    }

    /** Whether an ISA interrupt could reach a CPU, as long as nobody programs the interrupt controllers. */
    boolean lets(int irq) {
        return pic.lets(irq) || ioApic.lets(IoApic.pinOfIrq(irq));
    }

    /** What the chipset asked for, once. */
    Optional<StopReason> takeAsked() {
        Optional<StopReason> reason = Optional.ofNullable(asked);
        asked = null;
        return reason;
    }

    Clock clock() {
        return clock;
    }

    EventQueue events() {
        return events;
    }

    Firmware firmware() {
        return firmware;
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

    SystemBus bus() {
        return bus;
    }

    /** The CPUs, by number; the first is the one that boots. */
    List<Cpu> cpus() {
        return bus.cpus();
    }

    Uart16550 com1() {
        return com1;
    }

    /** What waits to be received by COM1. */
    SerialInputQueue console() {
        return console;
    }

    PowerManagement power() {
        return power;
    }

    ApicBus apics() {
        return apics;
    }

    IoApic ioApic() {
        return ioApic;
    }

    VirtioSlots virtio() {
        return virtio;
    }

    /** The devices' states. */
    DeviceStates states() {
        return states;
    }

    /** The parts that count what they do. */
    List<Counting> counting() {
        return counting;
    }

    InterruptController8259 pic() {
        return pic;
    }

    @Override
    public void close() {
        try {
            virtio.close();
        } finally {
            cpus().forEach(Cpu::close);
            ram.close();
        }
    }

    /** What the chipset asks for ends the run at the boundary behind the access that asked. */
    private final class Control implements SystemControl {
        @Override
        public void resetRequested(String by) {
            ask(new StopReason.Reset(by));
        }

        @Override
        public void powerOffRequested() {
            ask(new StopReason.PowerOff());
        }

        @Override
        public void exitRequested(int value) {
            ask(new StopReason.GuestExit(value, value == spec.successCode()));
        }

        @Override
        public void a20(boolean enabled) {
            bus.setA20(enabled);
        }

        private void ask(StopReason reason) {
            if (asked == null) {
                asked = reason;
            }
            bus.requestStop();
        }
    }
}
