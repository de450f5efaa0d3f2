package trapframe.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import trapframe.device.drive.DriveSpec;

/** {@code --drive FILE[,readonly|,snapshot=on][,bus=pci|mmio|mmio-legacy]}. Commas that start no option belong to the file's name. */
final class DriveOption implements ITypeConverter<DriveSpec> {
    @Override
    public DriveSpec convert(String text) {
        String rest = text;
        List<String> given = new ArrayList<>();
        DriveSpec.Access access = DriveSpec.Access.WRITE;
        DriveSpec.Bus bus = DriveSpec.Bus.PCI;
        for (int comma = rest.lastIndexOf(','); comma >= 0 && isOption(rest.substring(comma + 1)); comma = rest.lastIndexOf(',')) {
            String option = rest.substring(comma + 1);
            rest = rest.substring(0, comma);
            given.add(option);
            switch (option) {
                case "readonly" -> access = DriveSpec.Access.READ_ONLY;
                case "snapshot=on" -> access = DriveSpec.Access.SNAPSHOT;
                case "bus=mmio" -> bus = DriveSpec.Bus.MMIO;
                case "bus=mmio-legacy" -> bus = DriveSpec.Bus.MMIO_LEGACY;
                default -> { }
            }
        }
        if (rest.isEmpty()) {
            throw new TypeConversionException("'" + text + "' names no file");
        }
        if (given.stream().map(DriveOption::subject).distinct().count() < given.size()) {
            throw new TypeConversionException("'" + text + "' has options that contradict each other");
        }
        if (rest.contains(",") && Files.notExists(Path.of(rest))) {
            throw new TypeConversionException(rest + ": no such file, and '" + rest.substring(rest.lastIndexOf(',') + 1)
                    + "' is no option of a drive (readonly, snapshot=on, bus=pci, bus=mmio, bus=mmio-legacy)");
        }
        return new DriveSpec(Path.of(rest), access, bus);
    }

    private static boolean isOption(String text) {
        return switch (text) {
            case "readonly", "snapshot=on", "snapshot=off", "bus=pci", "bus=mmio", "bus=mmio-legacy" -> true;
            default -> false;
        };
    }

    /** What an option is about; it can be said once. */
    private static String subject(String option) {
        return option.startsWith("bus=") ? "bus" : "access";
    }
}
