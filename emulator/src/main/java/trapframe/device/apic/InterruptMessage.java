package trapframe.device.apic;

/**
 * A message on its way to local APICs.
 *
 * @param vector      0 to 255
 * @param level       whether the interrupt is level-triggered, so that its end has to be broadcast
 * @param destination an APIC ID, or a logical destination; {@link #BROADCAST} is everyone
 * @param logical     which of the two the destination is
 */
public record InterruptMessage(DeliveryMode mode, int vector, boolean level, int destination, boolean logical) {
    public static final int BROADCAST = 0xff;
}
