package trapframe.device.pci;

/**
 * The host bridge that a kernel finds as the first function of bus 0: Intel 82441FX (290549), by its identity.
 *
 * <p>Not modelled: the registers for shadow RAM, SMRAM and DRAM timing. They read 0 and cannot be written; the memory map is what
 * the machine's description says.
 */
public final class HostBridge82441 implements PciFunction {
    private final PciConfiguration configuration =
            new PciConfiguration(new PciIdentity(0x8086, 0x1237, 2, 0x06_0000, 0, 0));

    public HostBridge82441() {
        int enabled = PciConfiguration.COMMAND_MEMORY | PciConfiguration.COMMAND_MASTER;
        configuration.define(PciConfiguration.COMMAND, 2, enabled, 0).define(PciConfiguration.INTERRUPT_LINE, 1, 0, 0);
    }

    @Override
    public String name() {
        return "82441 host bridge";
    }

    @Override
    public PciConfiguration configuration() {
        return configuration;
    }
}
