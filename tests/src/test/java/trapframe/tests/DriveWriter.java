package trapframe.tests;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import trapframe.device.drive.Drive;
import trapframe.device.drive.DriveException;
import trapframe.device.drive.DriveSpec;
import trapframe.device.drive.DriveWorker;
import trapframe.device.drive.Transfer;
import trapframe.freeze.Rendezvous;

/**
 * A process that writes a drive, to be killed: it fills every sector with the number of the round, flushes, says the number, and goes on.
 * A flush that fails ends it with the reason.
 */
final class DriveWriter {
    private DriveWriter() { }

    public static void main(String[] arguments) {
        try (DriveWorker worker = new DriveWorker(new Rendezvous());
                Drive drive = Drive.open(new DriveSpec(Path.of(arguments[0]), DriveSpec.Access.WRITE, DriveSpec.Bus.PCI), worker)) {
            for (long round = 1; ; round++) {
                byte[] sector = filled(round);
                for (long number = 0; number < drive.sectors(); number++) {
                    // Every other sector first, so that neighbours are written by different requests.
                    drive.write(number * 2 % drive.sectors() + number * 2 / drive.sectors(), sector, false);
                }
                Transfer flush = drive.flush();
                boolean done = flush.await();
                drive.end(flush, done);
                if (!done) {
                    System.out.println(drive.failure());
                    Runtime.getRuntime().halt(1);
                }
                System.out.println(round);
                System.out.flush();
            }
        } catch (DriveException e) {
            System.out.println(e.getMessage());
        }
    }

    private static byte[] filled(long round) {
        ByteBuffer sector = ByteBuffer.allocate(Drive.SECTOR);
        while (sector.hasRemaining()) {
            sector.putLong(round);
        }
        return sector.array();
    }
}
