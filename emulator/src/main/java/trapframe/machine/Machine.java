package trapframe.machine;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import trapframe.boot.BiosDataArea;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.bus.MmioBus;
import trapframe.bus.PortBus;
import trapframe.bus.Stateful;
import trapframe.cpu.Cpu;
import trapframe.cpu.Vector;
import trapframe.device.A20Gate;
import trapframe.device.DebugExit;
import trapframe.device.InterruptController8259;
import trapframe.device.IntervalTimer8254;
import trapframe.device.KeyboardController8042;
import trapframe.device.PciConfigurationPorts;
import trapframe.device.PostCodePort;
import trapframe.device.Rtc146818;
import trapframe.device.SerialInput;
import trapframe.device.SerialOutput;
import trapframe.device.SystemControl;
import trapframe.device.SystemControlPortA;
import trapframe.device.SystemControlPortB;
import trapframe.device.Uart16550;
import trapframe.memory.GuestMemory;
import trapframe.time.Clock;
import trapframe.time.EventQueue;
import trapframe.time.Timer;
import trapframe.unicorn.CpuState;

/**
 * A PC: one CPU, RAM, and the devices of an AT-compatible board, wired together. Used by one thread at a time, but for
 * {@link #requestStop}.
 */
public final class Machine implements AutoCloseable {
    /** A run looks up this often, in code bytes, whether another thread asked it to stop. */
    private static final long LOOK_UP = 1 << 26;

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
    private final Cpu cpu;
    private final InterruptController8259 pic;
    private final Uart16550 com1;
    private final List<Stateful<?>> devices;
    private final long[] interruptsByLine = new long[InterruptController8259.LINES];
    private long skipped;
    private StopReason asked;

    /**
     * Builds a machine and loads an image into it.
     *
     * @throws trapframe.boot.BootException              if the image does not fit the machine
     * @throws trapframe.natives.NativeLibraryException  if there is no engine
     */
    public Machine(MachineSpec spec, BootImage image, BootParameters parameters, SerialInput input,
            SerialOutput console) {
        this.spec = spec;
        clock = new Clock(spec.codeBytesPerMicrosecond());
        events = new EventQueue(clock);
        ram = new GuestMemory(spec.memoryBytes());
        cpu = new Cpu(ram, ports, mmio, events, this::acknowledge);
        pic = new InterruptController8259(cpu.interruptLine());
        pic.attach(ports);
        IntervalTimer8254 timer = new IntervalTimer8254(events, pic.line(0), spec.timerPhase());
        timer.attach(ports);
        SystemControlPortB portB = new SystemControlPortB(timer);
        portB.attach(ports);
        com1 = new Uart16550("COM1", events, pic.line(Uart16550.COM1_IRQ), console, input,
                CONSOLE_CRYSTAL_HERTZ);
        com1.attach(ports, Uart16550.COM1_PORT);
        Control control = new Control();
        Rtc146818 rtc = new Rtc146818(events, pic.line(Rtc146818.IRQ), spec.rtcEpochSeconds(), spec.memoryBytes());
        rtc.attach(ports);
        A20Gate a20 = new A20Gate(control);
        KeyboardController8042 keyboard = new KeyboardController8042(pic.line(KeyboardController8042.KEYBOARD_IRQ),
                pic.line(KeyboardController8042.AUXILIARY_IRQ), control, a20);
        keyboard.attach(ports);
        SystemControlPortA portA = new SystemControlPortA(control, a20);
        portA.attach(ports);
        PostCodePort post = new PostCodePort();
        post.attach(ports);
        PciConfigurationPorts pci = new PciConfigurationPorts(control);
        pci.attach(ports);
        new DebugExit(control).attach(ports);
        devices = List.of(pic, timer, portB, com1, rtc, a20, keyboard, portA, post, pci);
        BiosDataArea.write(ram);
        cpu.reset(image.load(ram, parameters));
    }

    /** Runs until something ends the run; another call goes on from there. */
    public StopReason run(RunLimits limits) {
        while (true) {
            events.runDue();
            if (asked != null) {
                return takeAsked();
            }
            if (clock.position() >= limits.position()) {
                return new StopReason.PositionLimit();
            }
            switch (cpu.run(Math.min(limits.position(), nextLook()))) {
                case POSITION -> { }
                case HALTED -> {
                    if (!skipHalt(limits)) {
                        return new StopReason.HaltedForGood();
                    }
                }
                case SHUTDOWN -> {
                    return new StopReason.TripleFault();
                }
                case REQUESTED -> {
                    if (asked == null) {
                        return new StopReason.Interrupted();
                    }
                }
            }
        }
    }

    private long nextLook() {
        return clock.position() + LOOK_UP & -LOOK_UP;
    }

    private StopReason takeAsked() {
        StopReason reason = asked;
        asked = null;
        return reason;
    }

    /** Moves time to the next event. Returns false if none can wake the CPU. */
    private boolean skipHalt(RunLimits limits) {
        boolean interruptible = (cpu.state().eflags() & CpuState.IF) != 0;
        long next = events.nextDeadline();
        if (!interruptible || next == EventQueue.NEVER && (!limits.liveInput()
                || limits.position() == Long.MAX_VALUE)) {
            return false;
        }
        long position = Math.max(clock.position(), Math.min(next, limits.position()));
        skipped += position - clock.position();
        clock.moveTo(position);
        return true;
    }

    private int acknowledge() {
        int vector = pic.acknowledge();
        interruptsByLine[pic.acknowledgedLine()]++;
        return vector;
    }

    /** Ends the run at the next boundary, from the machine's own thread; from another one at the next look-up. */
    public void requestStop() {
        cpu.requestStop();
    }

    /** Tells COM1 that its input has characters again. */
    public void inputAvailable() {
        com1.inputAvailable();
    }

    public Clock clock() {
        return clock;
    }

    public GuestMemory ram() {
        return ram;
    }

    public Cpu cpu() {
        return cpu;
    }

    /** Positions that passed while the CPU was halted: the clock's position less the code bytes executed. */
    public long skippedPositions() {
        return skipped;
    }

    /** The hash of everything that determines the future: CPU, RAM, devices, events, time. */
    public String stateHash() {
        StateHasher hasher = new StateHasher();
        hasher.add(clock.position()).addState(cpu.snapshot());
        devices.forEach(device -> hasher.addState(device.state()));
        for (Timer timer : events.timers()) {
            hasher.add(timer.deadline());
        }
        return hasher.addPages(ram.segment()).hex();
    }

    public Statistics statistics() {
        SortedMap<String, Long> exceptions = new TreeMap<>();
        for (int vector = 0; vector < Vector.COUNT; vector++) {
            if (cpu.counts().exceptions(vector) > 0) {
                exceptions.put(Vector.name(vector), cpu.counts().exceptions(vector));
            }
        }
        SortedMap<String, Long> interrupts = new TreeMap<>();
        for (int line = 0; line < interruptsByLine.length; line++) {
            if (interruptsByLine[line] > 0) {
                interrupts.put(String.format(Locale.ROOT, "irq%02d", line), interruptsByLine[line]);
            }
        }
        interrupts.put("halts", cpu.counts().halts());
        interrupts.put("software", cpu.counts().softwareInterrupts());
        interrupts.put("system calls", cpu.counts().systemCalls());
        SortedMap<String, Long> accesses = new TreeMap<>();
        accesses.put("ports", ports.accesses());
        accesses.put("ports unassigned", ports.unassigned());
        accesses.put("memory", mmio.accesses());
        accesses.put("memory unassigned", mmio.unassigned());
        return new Statistics(exceptions, interrupts, accesses);
    }

    @Override
    public void close() {
        cpu.close();
        ram.close();
    }

    /** What the chipset asks for ends the run at the boundary behind the access that asked. */
    private final class Control implements SystemControl {
        @Override
        public void resetRequested(String by) {
            ask(new StopReason.Reset(by));
        }

        @Override
        public void exitRequested(int value) {
            ask(new StopReason.GuestExit(value, value == spec.successCode()));
        }

        @Override
        public void a20(boolean enabled) {
            cpu.setA20(enabled);
        }

        private void ask(StopReason reason) {
            if (asked == null) {
                asked = reason;
            }
            cpu.requestStop();
        }
    }
}
