package trapframe.device.apic;

import java.util.Optional;
import trapframe.bus.MmioDevice;

/** The page of registers of a {@link LocalApic} (SDM vol. 3A, table 11-1): one in the first four of every 16 bytes. */
final class LocalApicRegisters implements MmioDevice {
    private static final int ID = 0x020;
    private static final int VERSION = 0x030;
    private static final int TPR = 0x080;
    private static final int APR = 0x090;
    private static final int PPR = 0x0a0;
    private static final int EOI = 0x0b0;
    private static final int RRD = 0x0c0;
    private static final int LDR = 0x0d0;
    private static final int DFR = 0x0e0;
    private static final int SVR = 0x0f0;
    private static final int ISR = 0x100;
    private static final int TMR = 0x180;
    private static final int IRR = 0x200;
    private static final int ESR = 0x280;
    private static final int ICR_LOW = 0x300;
    private static final int ICR_HIGH = 0x310;
    private static final int LVT = 0x320;
    private static final int TIMER_INITIAL = 0x380;
    private static final int TIMER_CURRENT = 0x390;
    private static final int TIMER_DIVIDE = 0x3e0;

    private static final int SLOT = 16;
    private static final int ID_SHIFT = 24;

    private final LocalApic apic;
    private final ApicBus bus;
    private final SpuriousVector spurious;
    private final LogicalDestination destination;
    private final ErrorStatus errors;
    private final InterruptCommand command;
    private final PendingVectors pending;
    private final LocalVectors lvt;
    private final ApicTimer timer;
    private long accesses;

    LocalApicRegisters(LocalApic apic, ApicBus bus, SpuriousVector spurious, LogicalDestination destination, ErrorStatus errors,
            InterruptCommand command, PendingVectors pending, LocalVectors lvt, ApicTimer timer) {
        this.apic = apic;
        this.bus = bus;
        this.spurious = spurious;
        this.destination = destination;
        this.errors = errors;
        this.command = command;
        this.pending = pending;
        this.lvt = lvt;
        this.timer = timer;
    }

    long accesses() {
        return accesses;
    }

    void restoreAccesses(long count) {
        accesses = count;
    }

    @Override
    public long read(long offset, int width) {
        accesses++;
        int inSlot = (int) offset & SLOT - 1;
        if (inSlot + width > Integer.BYTES) {
            return 0;
        }
        long value = Integer.toUnsignedLong(read((int) offset - inSlot));
        return value >>> 8 * inSlot & (1L << 8 * width) - 1;
    }

    private int read(int register) {
        if (register >= ISR && register < ESR) {
            return set(register).register(register >> 4 & 7);
        }
        if (register >= LVT && register < TIMER_INITIAL) {
            return lvt.read(register - LVT >> 4);
        }
        return switch (register) {
            case ID -> apic.id() << ID_SHIFT;
            case VERSION -> LocalApic.VERSION;
            case TPR -> pending.taskPriority();
            case APR -> pending.arbitrationPriority();
            case PPR -> pending.processorPriority();
            case EOI, RRD -> 0;
            case LDR -> destination.id() << ID_SHIFT;
            case DFR -> destination.format();
            case SVR -> spurious.read();
            case ESR -> errors.read();
            case ICR_LOW -> command.low();
            case ICR_HIGH -> command.high();
            case TIMER_INITIAL -> timer.initial();
            case TIMER_CURRENT -> timer.current();
            case TIMER_DIVIDE -> timer.divide();
            default -> {
                apic.raise(ErrorStatus.ILLEGAL_REGISTER);
                yield 0;
            }
        };
    }

    private VectorSet set(int register) {
        return register < TMR ? pending.inService() : register < IRR ? pending.levelTriggered() : pending.requested();
    }

    /** What only this processor's writes change, but for those that interrupt handlers do: not what requests, deliveries and time change. */
    @Override
    public long steadyBits(long offset, int width) {
        return switch ((int) offset) {
            case ID, VERSION, LDR, DFR, SVR, ICR_LOW, ICR_HIGH -> -1;
            default -> 0;
        };
    }

    @Override
    public String whySteady(long offset) {
        return offset == ICR_LOW ? "messages are delivered at once" : MmioDevice.super.whySteady(offset);
    }

    @Override
    public Optional<String> registerName(long offset) {
        int register = (int) offset & -SLOT;
        return Optional.ofNullable(register >= ISR && register < TMR ? "in-service register" : register >= TMR && register < IRR ? "trigger mode register"
                : register >= IRR && register < ESR ? "interrupt request register" : switch (register) {
                    case ID -> "ID register";
                    case VERSION -> "version register";
                    case TPR -> "task priority register";
                    case PPR -> "processor priority register";
                    case LDR -> "logical destination register";
                    case DFR -> "destination format register";
                    case SVR -> "spurious interrupt vector register";
                    case ESR -> "error status register";
                    case ICR_LOW, ICR_HIGH -> "interrupt command register";
                    case TIMER_CURRENT -> "current count register";
                    default -> null;
                });
    }

    @Override
    public void write(long offset, int width, long value) {
        accesses++;
        if (offset % SLOT == 0 && width == Integer.BYTES) {
            write((int) offset, (int) value);
            apic.update();
        }
    }

    private void write(int register, int value) {
        if (register >= LVT && register < TIMER_INITIAL) {
            writeLocalVector(register - LVT >> 4, value);
            return;
        }
        switch (register) {
            case TPR -> pending.setTaskPriority(value);
            case EOI -> endOfInterrupt();
            case LDR -> destination.setId(value >>> ID_SHIFT);
            case DFR -> destination.setFormat(value);
            case SVR -> writeSpuriousVector(value);
            case ESR -> errors.write();
            case ICR_LOW -> {
                command.setLow(value);
                send();
            }
            case ICR_HIGH -> command.setHigh(value);
            case TIMER_INITIAL -> timer.setInitial(value);
            case TIMER_DIVIDE -> timer.setDivide(value);
            case ID, VERSION, APR, PPR, RRD, TIMER_CURRENT -> { }
            default -> {
                if (register < ISR || register >= ESR) {
                    apic.raise(ErrorStatus.ILLEGAL_REGISTER);
                }
            }
        }
    }

    private void writeSpuriousVector(int value) {
        spurious.write(value);
        if (!spurious.isEnabled()) {
            lvt.maskAll();
        }
    }

    private void writeLocalVector(int entry, int value) {
        lvt.write(entry, value, !spurious.isEnabled());
        timer.setPeriodic(lvt.isPeriodic());
    }

    private void endOfInterrupt() {
        int vector = pending.end();
        if (vector != PendingVectors.NONE && pending.levelTriggered().contains(vector)) {
            if (vector == lvt.vector(LocalVectors.LINT0)) {
                lvt.setAccepted(LocalVectors.LINT0, false);
            }
            bus.endOfInterrupt(vector);
        }
    }

    /** Sends what ICR says. */
    private void send() {
        if (command.isInitDeassertion()) {
            return;
        }
        InterruptMessage message = command.message();
        if (message.mode().hasVector() && message.vector() < LocalApic.FIRST_LEGAL_VECTOR) {
            apic.raise(ErrorStatus.SEND_ILLEGAL_VECTOR);
        } else {
            bus.sendCommand(apic, command.shorthand(), message);
        }
    }
}
