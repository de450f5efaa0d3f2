package trapframe.boot;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file that the loader puts into memory beside the kernel: an initial RAM disk, or a module of Multiboot.
 *
 * @param file      its content
 * @param arguments the module's own command line, without the file's name; empty for none
 */
public record BootModule(ImageFile file, String arguments) {
    /**
     * Reads the files of an {@code --initrd} option. It is one file's name; if there is no such file, it is read as
     * QEMU reads it for Multiboot: files separated by commas (a comma in a name is written twice), each with the
     * module's arguments after a space.
     *
     * @throws BootException if a file cannot be used
     */
    public static List<BootModule> open(String option) {
        if (Files.exists(Path.of(option)) || option.indexOf(' ') < 0 && option.indexOf(',') < 0) {
            return List.of(new BootModule(ImageFile.open(Path.of(option)), ""));
        }
        List<BootModule> modules = new ArrayList<>();
        for (String part : split(option)) {
            int space = part.indexOf(' ');
            String name = space < 0 ? part : part.substring(0, space);
            modules.add(new BootModule(ImageFile.open(Path.of(name)), space < 0 ? "" : part.substring(space + 1)));
        }
        return List.copyOf(modules);
    }

    private static List<String> split(String option) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < option.length(); i++) {
            char c = option.charAt(i);
            if (c != ',') {
                part.append(c);
            } else if (i + 1 < option.length() && option.charAt(i + 1) == ',') {
                part.append(c);
                i++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}
