package trapframe.tests.timeline;

import java.nio.file.Path;
import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.machine.RunLimits;

/** Machines that boot Sprout. */
public final class SproutMachine {
    public static final Path IMAGE = Path.of(System.getProperty("trapframe.root"), "kernel-image", "target", "sprout.elf");
    /** In code bytes: several times what any run here takes. */
    static final RunLimits LIMIT = new RunLimits(2_000_000_000L);
    /** Its tasks switch by a timer for a while. */
    static final String KTHREAD = "test=kthread";

    /** With little memory. */
    public static final MachineSpec SMALL = MachineSpec.standard().withMemory(8 << 20);

    private SproutMachine() { }

    public static Machine open(MachineSpec spec, String commandLine) {
        return new Machine(spec, BootImage.open(IMAGE), BootParameters.of(commandLine), new SerialInputQueue(), value -> { });
    }

    static Machine open(String commandLine, StringBuilder console) {
        return new Machine(SMALL, BootImage.open(IMAGE), BootParameters.of(commandLine),
                new SerialInputQueue(), value -> console.append((char) value));
    }
}
