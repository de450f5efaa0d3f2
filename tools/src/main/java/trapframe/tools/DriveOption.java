package trapframe.tools;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import trapframe.device.drive.DriveSpec;

/** {@code --drive}, as {@link DriveSpec#parse} reads it. */
final class DriveOption implements ITypeConverter<DriveSpec> {
    @Override
    public DriveSpec convert(String text) {
        try {
            return DriveSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
