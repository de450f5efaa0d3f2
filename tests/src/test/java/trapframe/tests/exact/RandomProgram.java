package trapframe.tests.exact;

import java.io.ByteArrayOutputStream;
import java.util.random.RandomGenerator;

/**
 * A random sequence of instructions that ends: everything that stops, cuts or changes a block is in it, in any order. Uses the
 * registers as {@link GuestProgram} hands them over: RBX, RBP, R14 and RSP keep their values, R15 is set before what may fault.
 */
final class RandomProgram {
    private final RandomGenerator random;
    private final int address;
    private final ByteArrayOutputStream code = new ByteArrayOutputStream();

    private RandomProgram(RandomGenerator random, int address) {
        this.random = random;
        this.address = address;
    }

    /** The machine code of a body with a number of pieces, each a few instructions long. */
    static byte[] body(RandomGenerator random, int pieces) {
        return body(random, pieces, GuestProgram.BODY);
    }

    /** A body for an address; several of them may run at once. */
    static byte[] body(RandomGenerator random, int pieces, int address) {
        RandomProgram program = new RandomProgram(random, address);
        for (int i = 0; i < pieces; i++) {
            program.piece();
        }
        // Whatever TF and IF are now: the end is the same.
        program.add(0x6a, 0x02, 0x9d);                                       // push 2; popfq
        return program.code.toByteArray();
    }

    private void piece() {
        switch (random.nextInt(address == GuestProgram.BODY ? 23 : 25)) {
            case 0, 1, 2 -> arithmetic();
            case 3 -> memory();
            case 4 -> add(0x50 + random.nextInt(3), 0x58 + random.nextInt(3)); // push; pop
            case 5 -> branch();
            case 6 -> loop();
            case 7, 8 -> string();
            case 9 -> add(0x66, 0xba, 0x64, 0, 0xec + random.nextInt(4));    // mov dx, 0x64; in/out
            case 10 -> portString();
            case 11, 12 -> interruptLater();
            case 13 -> device();
            case 14 -> flags();
            case 15 -> add(random.nextBoolean() ? 0xfb : 0xfa);              // sti, cli
            case 16 -> fault();
            case 17 -> softwareInterrupt();
            case 18 -> add(0x66, 0xb8, 0x10, 0, 0x8e, 0xd0);                 // mov ax, 0x10; mov ss, ax
            case 19 -> add(0x0f, 0x31, 0x0f, 0xa2);                          // rdtsc; cpuid, which writes RBX
            case 20 -> ownCode(0);
            case 21 -> ownCode(BareMachine.ALIAS);
            case 22 -> halt();
            case 23 -> sharedCode();
            default -> add(0x66, 0x0f, 0x6e, 0xc0, 0x66, 0x0f, 0xfe, 0xc8);  // movd xmm0, eax; paddd xmm1, xmm0
        }
        restoreBase();
    }

    /** CPUID and some strings leave the data's address behind. */
    private void restoreBase() {
        add(0xbb);
        addInt(GuestProgram.DATA);                                           // mov ebx, DATA
    }

    private void arithmetic() {
        int[] operations = {0x01, 0x09, 0x11, 0x19, 0x21, 0x29, 0x31, 0x39, 0x85};
        if (random.nextInt(4) == 0) {
            add(0xc1, new int[] {0xc0, 0xe1, 0xea, 0xf8}[random.nextInt(4)], random.nextInt(32)); // rol eax / shl ecx / shr edx / sar eax
        } else {
            add(operations[random.nextInt(operations.length)], 0xc0 | random.nextInt(3) << 3 | random.nextInt(3));
        }
    }

    private void memory() {
        int displacement = random.nextInt(64);
        add(new int[] {0x01, 0x03, 0x29, 0x89, 0x8b, 0x31}[random.nextInt(6)], 0x43 | random.nextInt(3) << 3, displacement);
    }

    private void branch() {
        add(0x70 + random.nextInt(16), 2, 0x09, 0xd0);                 // jcc over: or eax, edx
    }

    private void loop() {
        add(0xb9);
        addInt(1 + random.nextInt(4));                                       // mov ecx, n
        add(0x01, 0xc8, 0x83, 0xc2, 0x11, 0xff, 0xc9, 0x75, 0xf7);           // 1: add eax, ecx; add edx, 17; dec ecx; jnz 1b
    }

    private void string() {
        add(0xb9);
        addInt(random.nextInt(5));                                           // mov ecx, n
        add(0x8d, 0x73, random.nextInt(16), 0x8d, 0x7b, random.nextInt(32)); // lea esi, [rbx + n]; lea edi, [rbx + n]
        int operation = new int[] {0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xae, 0xaf}[random.nextInt(9)];
        add(0xf2 + random.nextInt(2), operation);
    }

    private void portString() {
        add(0x66, 0xba, 0x64, 0, 0xb9);
        addInt(random.nextInt(4));                                           // mov dx, 0x64; mov ecx, n
        add(0x8d, 0x73, 4, 0x8d, 0x7b, 8);
        int operation = 0x6c + random.nextInt(4);
        if (random.nextBoolean()) {
            add(0xf3, operation);
        } else {
            add(operation);
        }
    }

    private void interruptLater() {
        add(0xb0, random.nextInt(30), 0xe6, random.nextInt(5) == 0 ? BareMachine.PORT_NMI : BareMachine.PORT_INTERRUPT);
    }

    /** With interrupts off until then, and without a trap before HLT, so that there is one to wait for. */
    private void halt() {
        add(0x6a, 0x02, 0x9d);                                               // push 2; popfq
        add(0xb0, 40 + random.nextInt(20), 0xe6, BareMachine.PORT_INTERRUPT, 0xfb, 0xf4); // mov al, n; out; sti; hlt
    }

    private void device() {
        switch (random.nextInt(6)) {
            case 0 -> add(0x8b, 0x45, random.nextInt(64));                   // mov eax, [rbp + n]
            case 1 -> add(0x89, 0x4d, random.nextInt(64));                   // mov [rbp + n], ecx
            case 2 -> add(0xf0, 0x01, 0x45, 4 * random.nextInt(16));         // lock add [rbp + n], eax
            case 3 -> add(0x87, 0x45, 4 * random.nextInt(16));               // xchg [rbp + n], eax
            case 4 -> {
                add(0xb9);
                addInt(random.nextInt(4));
                add(0x89, 0xee, 0x89, 0xdf, 0xf3, 0xa5);                     // mov esi, ebp; mov edi, ebx; rep movsd
            }
            default -> {
                add(0xc6, 0x85);
                addInt(BareMachine.MMIO_INTERRUPT);
                add(random.nextInt(12));                                     // mov byte [rbp + 0x100], n
            }
        }
    }

    private void flags() {
        switch (random.nextInt(4)) {
            case 0 -> add(0x9c, 0x58);                                       // pushfq; pop rax
            case 1 -> {
                add(0x68);
                addInt(2 | random.nextInt() & 0x0ed5);                       // push flags, TF clear
                add(0x9d);
            }
            case 2 -> {
                add(0x68);
                addInt(2 | random.nextInt() & 0x02d5 | 0x100);               // push flags, TF set
                add(0x9d);
            }
            default -> add(random.nextBoolean() ? 0xf9 : 0xfc);              // stc, cld
        }
    }

    private void fault() {
        int[][] faults = {{0x0f, 0x0b}, {0x31, 0xc9, 0xf7, 0xf1}, {0x8b, 0x04, 0x25, 0, 0, 0x30, 0}, {0x89, 0x04, 0x25, 0xfe, 0xff, 0x2f, 0},
            {0xa4, 0xf4}, {0x41, 0xff, 0xe6}, {0xcd, 0x60}, {0x66, 0xb8, 0x78, 0x56, 0x8e, 0xd8}};
        int[] fault = faults[random.nextInt(faults.length)];
        if (fault[0] == 0xa4) {
            add(0xbf);
            addInt(0x30_0000 - 2);
            fault = new int[] {0xb9, 3, 0, 0, 0, 0xf3, 0xa4};                // mov edi, end of what is mapped; mov ecx, 3; rep movsb
        }
        add(0x4c, 0x8d, 0x3d);
        addInt(fault.length);                                                // lea r15, [rip + fault's length]
        add(fault);
    }

    private void softwareInterrupt() {
        switch (random.nextInt(3)) {
            case 0 -> add(0xcc);
            case 1 -> add(0xcd, 0x48);
            default -> add(0xcd, 0x49);
        }
    }

    /** Changes the immediate of an instruction that runs behind it, in the same block or behind a jump. */
    private void ownCode(int alias) {
        boolean jump = random.nextBoolean();
        int distance = random.nextInt(3);
        add(0xbf);
        int here = address + code.size() + 4;
        int store = 3;
        int target = here + store + (jump ? 2 : 0) + distance + 1;
        addInt(alias + target);                                              // mov edi, the immediate's address
        add(0xc6, 0x07, random.nextInt(0x100));                    // mov byte [rdi], n
        if (jump) {
            add(0xeb, 0);
        }
        for (int i = 0; i < distance; i++) {
            add(0x90);
        }
        add(0xb0, 0x5a);                                                     // mov al, 0x5a
    }

    /** Changes the function that several CPUs share, or not, and calls it. */
    private void sharedCode() {
        int alias = random.nextBoolean() ? BareMachine.ALIAS : 0;
        if (random.nextBoolean()) {
            add(0xbf);
            addInt(alias + GuestProgram.SHARED_FUNCTION + 1);                // mov edi, the immediate's address
            add(0xc6, 0x07, random.nextInt(0x100));                          // mov byte [rdi], n
        }
        add(0xbf);
        addInt(GuestProgram.SHARED_FUNCTION);
        add(0xff, 0xd7);                                                     // mov edi, function; call rdi
    }

    private void add(int... bytes) {
        for (int value : bytes) {
            code.write(value);
        }
    }

    private void addInt(int value) {
        add(value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value >>> 24);
    }
}
