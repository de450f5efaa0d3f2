package trapframe.tools;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import trapframe.timeline.PlantedFault;

/** {@code POSITION:ADDRESS:BIT}, each decimal or with 0x. */
final class PlantedFaultOption implements ITypeConverter<PlantedFault> {
    @Override
    public PlantedFault convert(String text) {
        String[] parts = text.split(":", -1);
        try {
            if (parts.length == 3) {
                PlantedFault fault = new PlantedFault(Long.decode(parts[0]), Long.decode(parts[1]), Integer.decode(parts[2]));
                if (fault.position() > 0 && fault.address() >= 0 && fault.bit() >= 0 && fault.bit() < Byte.SIZE) {
                    return fault;
                }
            }
        } catch (NumberFormatException e) {
            // Said below, like what is out of its range.
        }
        throw new TypeConversionException("'" + text + "' is no POSITION:ADDRESS:BIT, as 5000000:0x1000:3");
    }

    static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }
}
