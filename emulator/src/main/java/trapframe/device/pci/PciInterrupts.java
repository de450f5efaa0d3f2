package trapframe.device.pci;

import trapframe.bus.InterruptLine;
import trapframe.bus.MsiTarget;
import trapframe.bus.Stateful;

/**
 * How one function asks for interrupts: by its pin INTA#, a level (PCI Local Bus Specification 3.0, 2.2.6); by an MSI message in
 * the pin's stead, sent when the level rises; or by MSI-X messages, one for each cause.
 */
public final class PciInterrupts implements Stateful<PciInterrupts.State> {
    private static final int INTA = 1;

    /** @param asserted whether the function asks for its pin, whether that is let through or not */
    public record State(boolean asserted, MsixCapability.State msix) { }

    private final PciConfiguration configuration;
    private final InterruptLine pin;
    private final MsixCapability msix;
    private final MsiCapability msi;
    private boolean asserted;
    private long changes;

    /**
     * Adds the pin, the MSI-X and the MSI capability to a function.
     *
     * @param vectors of MSI-X
     * @param bar     the base address register for MSI-X
     */
    public PciInterrupts(PciConfiguration configuration, InterruptLine pin, MsiTarget target, int vectors, int bar) {
        this.configuration = configuration;
        this.pin = pin;
        configuration.define(PciConfiguration.INTERRUPT_PIN, 1, INTA, 0);
        msix = new MsixCapability(configuration, vectors, bar, target);
        msi = new MsiCapability(configuration, 1, target);
    }

    public MsixCapability msix() {
        return msix;
    }

    /** Asks for the pin, or no longer. The guest acknowledges at the function, by whatever makes it call this again. */
    public void setLevel(boolean level) {
        boolean rises = level && !asserted;
        changes++;
        asserted = level;
        if (rises && msi.enabled() && !msix.enabled()) {
            msi.raise(0);
        }
        drive();
    }

    /** The guest wrote to the configuration space: what was held back may go out, or the pin be let through. */
    public void configurationWritten() {
        msix.sendPending();
        msi.sendPending();
        drive();
    }

    private void drive() {
        boolean byPin = !msix.enabled() && !msi.enabled();
        int status = configuration.get(PciConfiguration.STATUS, 2) & ~PciConfiguration.STATUS_INTX;
        configuration.set(PciConfiguration.STATUS, 2, asserted && byPin ? status | PciConfiguration.STATUS_INTX : status);
        pin.set(asserted && byPin && !configuration.commands(PciConfiguration.COMMAND_INTX_DISABLE));
    }

    @Override
    public long changes() {
        return changes + msix.changes();
    }

    @Override
    public State state() {
        return new State(asserted, msix.state());
    }

    @Override
    public void restore(State state) {
        changes++;
        asserted = state.asserted;
        msix.restore(state.msix);
    }
}
