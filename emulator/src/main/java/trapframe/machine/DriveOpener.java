package trapframe.machine;

import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.DriveWorker;

/** Makes the drives that a machine's description names; tests make ones that fail. */
@FunctionalInterface
public interface DriveOpener {
    /** @throws trapframe.device.drive.DriveException if the file cannot be used */
    Drive open(DriveSpec spec, DriveWorker worker);
}
