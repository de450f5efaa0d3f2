package trapframe.harness;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.boot.ImageFile;
import trapframe.machine.MachineSpec;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;
import trapframe.symbols.tasks.KernelDescription;
import trapframe.symbols.tasks.TaskReader;
import trapframe.timeline.Recording;
import trapframe.timeline.RunDescription;

/**
 * What a guest is made of, and what is known of it. Any number of guests may be made of one, by any threads.
 *
 * @param bundled   whether the image is the kernel that comes with Trapframe
 * @param attended  whether somebody is at the console, who may type at any time
 * @param failTexts texts on the console that mean that the guest failed; none is empty
 * @param symbols   what names the image's addresses
 * @param tasks     what finds the kernel's tasks
 */
public record Setup(BootImage image, boolean bundled, BootParameters parameters, MachineSpec machine, boolean attended,
                    List<String> failTexts, Optional<KernelSymbols> symbols, Optional<TaskReader> tasks) {
    public Setup {
        failTexts = List.copyOf(failTexts);
    }

    /** The symbols that an image has itself, if it has any. */
    public static Optional<KernelSymbols> symbolsOf(ImageFile file) {
        try {
            return Optional.of(KernelSymbols.of(file.name(), file.segment().toArray(ValueLayout.JAVA_BYTE)));
        } catch (SymbolsException e) {
            return Optional.empty();
        }
    }

    /** What finds the tasks of a kernel, if its description comes with Trapframe. */
    public static Optional<TaskReader> tasksOf(Optional<KernelSymbols> symbols) {
        return symbols.flatMap(known -> KernelDescription.shippedFor(known).map(description -> new TaskReader(description, known)));
    }

    /**
     * Where runs of it begin.
     *
     * @throws trapframe.timeline.TimelineException if they cannot be recorded
     */
    public RunDescription describe() {
        return RunDescription.of(machine, image, bundled, parameters, new byte[0], attended);
    }

    /** What makes machines that are as they were before their first instruction. */
    public RunDescription.Opener opener() {
        return new RunDescription.Opener(machine, image, parameters, new byte[0], attended);
    }

    /** What a recorded run was made of. */
    public static Setup of(Recording recording, RunDescription.Opener opener) {
        Optional<KernelSymbols> symbols = symbolsOf(opener.image().file());
        return new Setup(opener.image(), recording.run().image().isEmpty(), opener.parameters(), opener.spec(), opener.live(), List.of(), symbols, tasksOf(symbols));
    }
}
