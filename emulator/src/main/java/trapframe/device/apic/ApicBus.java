package trapframe.device.apic;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import trapframe.bus.Counting;
import trapframe.bus.InterruptLine;
import trapframe.bus.MsiTarget;
import trapframe.time.EventQueue;

/**
 * What carries interrupt messages to the local APICs: from each other, from I/O APICs and from devices (SDM vol. 3A,
 * sections 11.6, 11.10 and 11.11). A message arrives at once, so at the position of the access or event that sent it.
 *
 * <p>A message for the processor of lowest priority goes to the one with the least arbitration priority (APR) of those it
 * means and that accept it; of equals to the one with the lowest APIC ID.
 */
public final class ApicBus implements MsiTarget, Counting {
    /** Bits 20 and up of the addresses of message-signalled interrupts. */
    private static final int MSI_RANGE_SHIFT = 20;
    private static final int MSI_RANGE = 0xfee;
    private static final int MSI_DESTINATION_SHIFT = 12;
    private static final long MSI_REDIRECT = 1 << 3;
    private static final long MSI_LOGICAL = 1 << 2;
    private static final int MSI_MODE_SHIFT = 8;
    private static final int MSI_ASSERT = 1 << 14;
    private static final int MSI_LEVEL = 1 << 15;

    private final List<LocalApic> apics;
    private final List<IntConsumer> endListeners = new ArrayList<>();
    private long commands;
    private long messageSignalled;

    /**
     * Makes the local APICs, with the IDs 0 and up.
     *
     * @param processors        1 to 255
     * @param legacyAcknowledge the interrupt-acknowledge cycle of the 8259 pair
     * @param timerPhase        by how many positions the periodic interrupts of the timers come earlier, from 0
     */
    public ApicBus(int processors, EventQueue events, IntSupplier legacyAcknowledge, long timerPhase) {
        apics = IntStream.range(0, processors)
                .mapToObj(id -> new LocalApic(id, this, events, legacyAcknowledge, timerPhase)).toList();
    }

    /** In the order of their IDs. */
    public List<LocalApic> apics() {
        return apics;
    }

    /** The wire from the 8259 pair's INTR output to every processor's LINT0. */
    public InterruptLine lint0() {
        return level -> apics.forEach(apic -> apic.lint0(level));
    }

    /** Adds somebody who hears of the end of level-triggered interrupts, by their vectors. */
    public void onEndOfInterrupt(IntConsumer listener) {
        endListeners.add(listener);
    }

    void endOfInterrupt(int vector) {
        endListeners.forEach(listener -> listener.accept(vector));
    }

    /** Sends a message to its destination. Returns whether somebody took it. */
    public boolean send(InterruptMessage message) {
        return deliver(message, apics.stream().filter(apic -> apic.isMeant(message.destination(), message.logical()))
                .toList());
    }

    /** Sends an interrupt from one processor, to its destination or by a shorthand. */
    void sendCommand(LocalApic from, InterruptCommand.Shorthand shorthand, InterruptMessage message) {
        commands++;
        switch (shorthand) {
            case SELF -> deliver(message, List.of(from));
            case ALL_INCLUDING_SELF -> deliver(message, apics.stream().filter(LocalApic::enabled).toList());
            case ALL_EXCLUDING_SELF -> deliver(message, apics.stream().filter(apic -> apic != from && apic.enabled()).toList());
            case NONE -> send(message);
        }
    }

    private static boolean deliver(InterruptMessage message, List<LocalApic> meant) {
        if (message.mode() == DeliveryMode.LOWEST_PRIORITY) {
            LocalApic chosen = null;
            for (LocalApic apic : meant) {
                if (apic.accepts() && (chosen == null || apic.arbitrationPriority() < chosen.arbitrationPriority())) {
                    chosen = apic;
                }
            }
            return chosen != null && chosen.accept(message);
        }
        boolean taken = false;
        for (LocalApic apic : meant) {
            taken |= apic.accept(message);
        }
        return taken;
    }

    /** A device's write of a message-signalled interrupt: 0xfee in bits 20 to 31 of the address (section 11.11). */
    @Override
    public void deliverMsi(long address, int data) {
        boolean level = (data & MSI_LEVEL) != 0;
        if (address >>> MSI_RANGE_SHIFT != MSI_RANGE || level && (data & MSI_ASSERT) == 0) {
            return;
        }
        messageSignalled++;
        DeliveryMode mode = DeliveryMode.of(data >> MSI_MODE_SHIFT);
        boolean redirect = (address & MSI_REDIRECT) != 0 && mode == DeliveryMode.FIXED;
        send(new InterruptMessage(redirect ? DeliveryMode.LOWEST_PRIORITY : mode, data & 0xff, level && mode.hasVector(),
                (int) (address >> MSI_DESTINATION_SHIFT) & 0xff, (address & MSI_LOGICAL) != 0));
    }

    /** Whether the 8259 pair reaches a processor as NMI or INIT, which no flag of it keeps back. */
    public boolean isLint0Unmaskable() {
        return apics.stream().anyMatch(LocalApic::isLint0Unmaskable);
    }

    /** Interrupts that processors sent, since power-on. */
    public long commands() {
        return commands;
    }

    @Override
    public long[] counts() {
        return new long[] {commands, messageSignalled};
    }

    @Override
    public void restoreCounts(long[] counts) {
        commands = counts[0];
        messageSignalled = counts[1];
    }

    /** Message-signalled interrupts of devices, since power-on. */
    public long messageSignalled() {
        return messageSignalled;
    }
}
