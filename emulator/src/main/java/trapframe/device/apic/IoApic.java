package trapframe.device.apic;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import trapframe.bus.Counting;
import trapframe.bus.InterruptLine;
import trapframe.bus.MmioBus;
import trapframe.bus.MmioDevice;
import trapframe.bus.Stateful;

/**
 * The I/O APIC: Intel 82093AA (290566) with its 24 pins, at {@value #ADDRESS}. It sends a message for a pin to the local
 * APICs.
 *
 * <p>Modelled: all registers, behind IOREGSEL and IOWIN; edge and level triggering, polarity, masks, remote IRR with the
 * end-of-interrupt broadcast, all delivery modes and both destination modes. An edge at a masked pin is lost, as the data
 * sheet says. Setting an entry to edge clears its remote IRR. NMI, INIT, SMI and external interrupts are edges,
 * whatever the entry says.
 *
 * <p>IOAPICID has eight bits, as on boards with xAPICs, which have more APICs than four bits can tell apart.
 *
 * <p>Not modelled: the serial bus, so that the delivery status is always idle and a message that nobody takes is
 * lost; a level is then sent again at the next change of its pin or entry.
 */
public final class IoApic implements MmioDevice, Stateful<IoApic.State>, Counting {
    public static final long ADDRESS = 0xfec0_0000L;
    public static final int PINS = 24;
    /** Version 0x11, highest redirection entry 23. */
    public static final int VERSION = 0x0017_0011;

    /** The pin that the INTR output of the 8259s is wired to. */
    public static final int PIN_OF_8259 = 0;
    private static final int PIN_OF_IRQ0 = 2;

    private static final int ADDRESS_BYTES = 0x1000;
    private static final int IOREGSEL = 0x00;
    private static final int IOWIN = 0x10;
    private static final int IOAPICID = 0x00;
    private static final int IOAPICVER = 0x01;
    private static final int IOAPICARB = 0x02;
    private static final int IOREDTBL = 0x10;
    private static final int ID_SHIFT = 24;

    private static final int MODE_SHIFT = 8;
    private static final long LOGICAL = 1 << 11;
    private static final long ACTIVE_LOW = 1 << 13;
    private static final long REMOTE_IRR = 1 << 14;
    private static final long LEVEL = 1 << 15;
    private static final long MASKED = 1 << 16;
    private static final int DESTINATION_SHIFT = 56;
    private static final long WRITABLE = 0xff00_0000_0001_afffL;

    /**
     * @param select  IOREGSEL
     * @param levels  of the pins, a bit each
     * @param entries the redirection table
     */
    public record State(int select, int id, int levels, List<Long> entries) {
        /** The pins that request an interrupt by their level, or whose interrupt was sent and not ended. */
        public List<Pin> requests() {
            return IntStream.range(0, PINS).filter(pin -> isActive(levels, entries.get(pin), pin) || (entries.get(pin) & REMOTE_IRR) != 0)
                    .mapToObj(pin -> new Pin(pin, (int) (entries.get(pin) & 0xff), (entries.get(pin) & MASKED) != 0, (entries.get(pin) & REMOTE_IRR) != 0))
                    .toList();
        }

        /** The APIC to which alone an ISA interrupt's pin sends; empty if it is masked. A message that may go to several has the number -1. */
        public OptionalInt targetOfIrq(int irq) {
            return target(pinOfIrq(irq));
        }

        /** The same for the pin where the 8259s are. */
        public OptionalInt targetOf8259() {
            return target(PIN_OF_8259);
        }

        /** The highest vector that an ISA interrupt, by its own pin or by the 8259s', can request; an external interrupt counts as 0. */
        public int highestOfIrq(int irq) {
            return Math.max(vector(pinOfIrq(irq)), vector(PIN_OF_8259));
        }

        private int vector(int pin) {
            return DeliveryMode.vectorOf(entries.get(pin), (entries.get(pin) & MASKED) != 0);
        }

        private OptionalInt target(int pin) {
            long entry = entries.get(pin);
            boolean single = (entry & (7L << MODE_SHIFT | LOGICAL)) == 0;
            return (entry & MASKED) != 0 ? OptionalInt.empty() : OptionalInt.of(single ? (int) (entry >>> DESTINATION_SHIFT) : -1);
        }
    }

    /** A pin, by its entry. */
    public record Pin(int number, int vector, boolean masked, boolean remoteIrr) { }

    private final ApicBus bus;
    private final long[] entries = new long[PINS];
    private final long[] sent = new long[PINS];
    private int select;
    private int id;
    private int levels;
    private long changes;

    /**
     * @param id   as firmware sets it, 0 to 255
     * @param high the pins that are high at power-on, a bit each
     */
    public IoApic(ApicBus bus, int id, int high) {
        this.bus = bus;
        this.id = id;
        levels = high;
        Arrays.fill(entries, MASKED);
        bus.onEndOfInterrupt(this::endOfInterrupt);
    }

    public void attach(MmioBus mmio) {
        mmio.attach("I/O APIC", ADDRESS, ADDRESS_BYTES, this);
    }

    /** The wire to a pin, 0 to 23, with the level that it has electrically: the entry says whether low is active. */
    public InterruptLine pin(int pin) {
        return level -> setLevel(pin, level);
    }

    /** The pin that an ISA interrupt is wired to on a PC: its own, but for IRQ0. */
    public static int pinOfIrq(int irq) {
        return irq == 0 ? PIN_OF_IRQ0 : irq;
    }

    private void setLevel(int pin, boolean level) {
        changes++;
        boolean before = isActive(pin);
        levels = level ? levels | 1 << pin : levels & ~(1 << pin);
        if (isLevel(pin)) {
            service(pin);
        } else if (!before && isActive(pin) && (entries[pin] & MASKED) == 0) {
            send(pin);
        }
    }

    private boolean isActive(int pin) {
        return isActive(levels, entries[pin], pin);
    }

    private static boolean isActive(int levels, long entry, int pin) {
        return (levels >> pin & 1) != 0 ^ (entry & ACTIVE_LOW) != 0;
    }

    private boolean isLevel(int pin) {
        return (entries[pin] & LEVEL) != 0 && mode(pin).hasVector();
    }

    private DeliveryMode mode(int pin) {
        return DeliveryMode.of((int) entries[pin] >> MODE_SHIFT);
    }

    /** Sends a level-triggered pin's interrupt if it is due. */
    private void service(int pin) {
        if (isActive(pin) && (entries[pin] & (MASKED | REMOTE_IRR)) == 0 && send(pin)) {
            entries[pin] |= REMOTE_IRR;
        }
    }

    private boolean send(int pin) {
        sent[pin]++;
        long entry = entries[pin];
        return bus.send(new InterruptMessage(mode(pin), (int) entry & 0xff, isLevel(pin),
                (int) (entry >>> DESTINATION_SHIFT), (entry & LOGICAL) != 0));
    }

    private void endOfInterrupt(int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            if ((entries[pin] & REMOTE_IRR) != 0 && (entries[pin] & 0xff) == vector) {
                changes++;
                entries[pin] &= ~REMOTE_IRR;
                service(pin);
            }
        }
    }

    @Override
    public long read(long offset, int width) {
        if (offset == IOREGSEL) {
            return select;
        }
        return offset == IOWIN && width == Integer.BYTES ? Integer.toUnsignedLong(readRegister()) : 0;
    }

    private int readRegister() {
        int pin = select - IOREDTBL >> 1;
        if (pin >= 0 && pin < PINS) {
            return (int) (entries[pin] >>> 32 * (select & 1));
        }
        return switch (select) {
            case IOAPICID, IOAPICARB -> id << ID_SHIFT;
            case IOAPICVER -> VERSION;
            default -> 0;
        };
    }

    /** Only accesses change the table, but for the remote IRR. */
    @Override
    public long steadyBits(long offset, int width) {
        boolean low = offset == IOWIN && select >= IOREDTBL && (select & 1) == 0;
        return low ? ~REMOTE_IRR : -1;
    }

    @Override
    public Optional<String> registerName(long offset) {
        return offset == IOREGSEL ? Optional.of("register select") : offset == IOWIN ? Optional.of(String.format(Locale.ROOT, "register 0x%02x", select))
                : Optional.empty();
    }

    @Override
    public void write(long offset, int width, long value) {
        changes++;
        if (offset == IOREGSEL) {
            select = (int) value & 0xff;
        } else if (offset == IOWIN && width == Integer.BYTES) {
            writeRegister(value);
        }
    }

    private void writeRegister(long value) {
        int pin = select - IOREDTBL >> 1;
        if (pin >= 0 && pin < PINS) {
            int shift = 32 * (select & 1);
            long written = 0xffff_ffffL << shift & WRITABLE;
            entries[pin] = entries[pin] & ~written | value << shift & written;
            if (isLevel(pin)) {
                service(pin);
            } else {
                entries[pin] &= ~REMOTE_IRR;
            }
        } else if (select == IOAPICID) {
            id = (int) value >>> ID_SHIFT;
        }
    }

    /** Whether a pin reaches a processor as NMI or INIT, which no flag of it keeps back. */
    public boolean hasUnmaskablePin() {
        for (int pin = 0; pin < PINS; pin++) {
            if ((entries[pin] & MASKED) == 0 && (mode(pin) == DeliveryMode.NMI || mode(pin) == DeliveryMode.INIT)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a pin's interrupt is sent to anybody. */
    public boolean lets(int pin) {
        return (entries[pin] & MASKED) == 0;
    }

    /** Messages that were sent for a pin since power-on. */
    public long sent(int pin) {
        return sent[pin];
    }

    @Override
    public long[] counts() {
        return sent.clone();
    }

    @Override
    public void restoreCounts(long[] counts) {
        System.arraycopy(counts, 0, sent, 0, PINS);
    }

    @Override
    public long changes() {
        return changes;
    }

    @Override
    public State state() {
        Long[] table = new Long[PINS];
        Arrays.setAll(table, pin -> entries[pin]);
        return new State(select, id, levels, List.of(table));
    }

    @Override
    public void restore(State state) {
        changes++;
        select = state.select;
        id = state.id;
        levels = state.levels;
        for (int pin = 0; pin < PINS; pin++) {
            entries[pin] = state.entries.get(pin);
        }
    }
}
