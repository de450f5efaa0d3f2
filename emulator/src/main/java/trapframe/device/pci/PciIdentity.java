package trapframe.device.pci;

/**
 * Who a function says it is (PCI Local Bus Specification 3.0, 6.2.1 and 6.2.4).
 *
 * @param classCode 24 bits: base class, subclass, programming interface
 */
public record PciIdentity(int vendor, int device, int revision, int classCode, int subsystemVendor, int subsystem) {
}
