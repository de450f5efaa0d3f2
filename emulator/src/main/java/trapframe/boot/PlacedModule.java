package trapframe.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

import trapframe.memory.GuestMemory;

/**
 * A module with the place that was planned for it and for its string.
 *
 * @param address     of its content
 * @param text        its string with the ending zero byte, or nothing
 * @param textAddress of its string, or 0 if there is none
 */
record PlacedModule(ImageFile file, long address, byte[] text, long textAddress) {
    /**
     * Plans the modules in order.
     *
     * @param text    the string that the protocol hands over with a module; empty for none
     * @param placing takes the range for the content
     */
    static List<PlacedModule> place(List<BootModule> modules, ImageFile image, Function<BootModule, String> text,
                                    MemoryPlan plan, ToLongFunction<BootModule> placing) {
        List<PlacedModule> placed = new ArrayList<>();
        for (BootModule module : modules) {
            String string = text.apply(module);
            byte[] bytes = string.isEmpty() ? new byte[0] : BootParameters.cString(image, string);
            long address = placing.applyAsLong(module);
            long textAddress = bytes.length == 0 ? 0 : plan.allocate("a module's command line", bytes.length, 1);
            placed.add(new PlacedModule(module.file(), address, bytes, textAddress));
        }
        return placed;
    }

    /** PVH's string of a module: its arguments. */
    static String argumentsOrNothing(BootModule module) {
        return module.arguments();
    }

    /** Multiboot's string of a module: its name, and its arguments after a space. */
    static String nameAndArguments(BootModule module) {
        String name = module.file().baseName();
        return module.arguments().isEmpty() ? name : name + " " + module.arguments();
    }

    long length() {
        return file.length();
    }

    void write(GuestMemory ram) {
        file.copyTo(ram, address, 0, length());
        if (text.length > 0) {
            ram.write(textAddress, text);
        }
    }
}
