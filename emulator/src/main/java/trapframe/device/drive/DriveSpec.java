package trapframe.device.drive;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One drive in a machine's description.
 *
 * @param file   its content at power-on, which is an input of the run
 * @param access what becomes of the guest's writes
 * @param bus    how the guest reaches it
 */
public record DriveSpec(Path file, Access access, Bus bus) {
    public enum Access {
        /** They reach the file. */
        WRITE,
        /** There are none: the guest is told so. */
        READ_ONLY,
        /** They are kept in memory, and the file stays as it is. */
        SNAPSHOT
    }

    public enum Bus {
        PCI,
        MMIO,
        /** Version 1 of virtio over MMIO, for old drivers. */
        MMIO_LEGACY
    }

    /**
     * Reads {@code FILE[,readonly|,snapshot=on][,bus=pci|mmio|mmio-legacy]}. Commas that start no option belong to the file's name.
     *
     * @throws IllegalArgumentException if it names no file, or has options that are not known or contradict each other
     */
    public static DriveSpec parse(String text) {
        String rest = text;
        List<String> given = new ArrayList<>();
        Access access = Access.WRITE;
        Bus bus = Bus.PCI;
        for (int comma = rest.lastIndexOf(','); comma >= 0 && isOption(rest.substring(comma + 1)); comma = rest.lastIndexOf(',')) {
            String option = rest.substring(comma + 1);
            rest = rest.substring(0, comma);
            given.add(option);
            switch (option) {
                case "readonly" -> access = Access.READ_ONLY;
                case "snapshot=on" -> access = Access.SNAPSHOT;
                case "bus=mmio" -> bus = Bus.MMIO;
                case "bus=mmio-legacy" -> bus = Bus.MMIO_LEGACY;
                default -> { }
            }
        }
        if (rest.isEmpty()) {
            throw new IllegalArgumentException("'" + text + "' names no file");
        }
        if (given.stream().map(DriveSpec::subject).distinct().count() < given.size()) {
            throw new IllegalArgumentException("'" + text + "' has options that contradict each other");
        }
        if (rest.contains(",") && Files.notExists(Path.of(rest))) {
            throw new IllegalArgumentException(rest + ": no such file, and '" + rest.substring(rest.lastIndexOf(',') + 1)
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
