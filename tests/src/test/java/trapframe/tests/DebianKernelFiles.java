package trapframe.tests;

/** Prints what the Linux boot test boots, for scripts: the kernel, the initramfs and the command line, a line each. */
final class DebianKernelFiles {
    private DebianKernelFiles() { }

    public static void main(String[] arguments) {
        switch (DebianKernel.obtain()) {
            case DebianPackage.Result.Obtained<DebianKernel>(DebianKernel debian) -> {
                System.out.println(debian.kernel());
                System.out.println(debian.initramfs());
                System.out.println(DebianKernel.COMMAND_LINE);
            }
            case DebianPackage.Result.Missing<DebianKernel>(String reason) -> {
                System.err.println("Debian's kernel cannot be had: " + reason);
                System.exit(2);
            }
        }
    }
}
