package trapframe.bus;

/**
 * Ports and the device that answers there.
 *
 * @param name  for reports
 * @param first the first port
 * @param count ports, at least 1
 */
public record PortRange(String name, int first, int count, PortDevice device) {
    int offset(int port) {
        return port - first;
    }
}
