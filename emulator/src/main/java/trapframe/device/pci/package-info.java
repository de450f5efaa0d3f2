/**
 * The PCI bus: configuration space, base address registers, interrupts by pin and by message, and the bridges that a kernel
 * expects to find. Functions of other packages plug in as a {@link trapframe.device.pci.PciFunction}.
 */
package trapframe.device.pci;
