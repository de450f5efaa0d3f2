/**
 * A drive's content, whatever controller offers it to the guest: a file of the host, what was written and is not in it yet, and the
 * thread that reads and writes it. Nothing of the host's speed is visible to the guest: a controller lets a request complete at a
 * position that the request alone decides, and waits there for the thread.
 */
package trapframe.device.drive;
