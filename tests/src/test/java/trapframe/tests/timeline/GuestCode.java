package trapframe.tests.timeline;

import trapframe.boot.BootImage;
import trapframe.boot.BootParameters;
import trapframe.boot.ImageFile;
import trapframe.device.SerialInputQueue;
import trapframe.machine.Machine;
import trapframe.machine.MachineSpec;
import trapframe.tests.exact.Assembler;

/** A machine of 8 MiB that runs a program of assembler text (GNU as, Intel syntax), entered in 32-bit protected mode without paging. */
public final class GuestCode {
    /** Begins a guest: 32-bit paging, the first 4 MiB where they are, with the directory at 2 MiB and its table behind it. */
    static final String PAGING = """
              mov edi, 0x201000
              mov eax, 3
              mov ecx, 1024
            1:
              mov [edi], eax
              add eax, 0x1000
              add edi, 4
              loop 1b
              mov dword ptr [0x200000], 0x201003
              mov eax, 0x200000
              mov cr3, eax
              mov eax, cr0
              or eax, 0x80000000
              mov cr0, eax
            """;

    private static final int ADDRESS = 0x10_0000;
    private static final long MEMORY_BYTES = 8 << 20;

    /** A Multiboot header (0.6.96, section 3.1.1) with load addresses, in front of the code. */
    private static final String HEADER = """
            .code32
            header:
              .long 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), header, header, 0, 0, start
            start:
            """;

    private GuestCode() { }

    public static Machine open(String text) {
        return open(text, 1);
    }

    public static Machine open(String text, int cpus) {
        return open(text, MachineSpec.standard().withCpus(cpus));
    }

    /** The program as an image that can be booted. */
    public static byte[] image(String text) {
        return Assembler.assemble(HEADER + text, ADDRESS);
    }

    /** @param spec of the machine, but for its memory */
    public static Machine open(String text, MachineSpec spec) {
        BootImage image = BootImage.parse(ImageFile.of("guest code", image(text)));
        return new Machine(spec.withMemory(MEMORY_BYTES), image, BootParameters.of(""), new SerialInputQueue(), value -> { });
    }
}
