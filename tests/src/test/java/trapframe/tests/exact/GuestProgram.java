package trapframe.tests.exact;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of a guest program, at {@link #ADDRESS}: a common start, then the body of the test.
 *
 * <p>The start loads the tables that {@link BareMachine} has in RAM and sets EFER.NXE and SCE and CR4.OSFXSR. Its handlers note
 * each exception and interrupt (vector, error code, RIP, CS, RFLAGS, RSP) in a list at {@link #NOTES}. Behind a #DB, RF
 * keeps an instruction breakpoint from hitting again. A fault goes on at R15,
 * everything else where it came from. The body begins with RBX at the data, RBP at the memory-mapped device and R14 at
 * the data's alias, which is writable and not executable; {@link #END} ends it.
 */
final class GuestProgram {
    static final int ADDRESS = 0x10000;
    static final int BODY = 0x10c00;
    static final int DATA = 0x30000;
    static final int NOTES = 0x50000;
    /** What ends a program: an OUT to the port that stops the run. */
    static final String END = "out 0xf4, al\n1: jmp 1b\n";

    private static final String START = """
            .set BODY, 0xc00
            .set DATA, 0x30000
            .set NOTES, 0x50000
            .set MMIO, 0xa0000
            .set ALIAS, 0x40000000
            .set STACKS, 0xc0000
            .set KERNEL_CS, 0x08
            .set USER_DS, 0x1b
            .set USER_CS, 0x23
            image:
                jmp start
            .set vector, 0
            .rept 80
                .org 0x100 + 16 * vector
                .if (vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17)
                push 0
                .endif
                push vector
                jmp handler
                .set vector, vector + 1
            .endr
            .org 0x700
            handler:
                push rax
                push rdi
                mov edi, 48
                lock xadd [NOTES], rdi
                mov rax, [rsp + 16]
                mov [rdi], rax
                mov rax, [rsp + 24]
                mov [rdi + 8], rax
                mov rax, [rsp + 32]
                mov [rdi + 16], rax
                mov rax, [rsp + 40]
                mov [rdi + 24], rax
                mov rax, [rsp + 48]
                mov [rdi + 32], rax
                mov rax, [rsp + 56]
                mov [rdi + 40], rax
                mov rax, [rsp + 16]
                cmp rax, 1
                jne 3f
                or dword ptr [rsp + 48], 0x10000
            3:  cmp rax, 32
                jae 1f
                test rax, rax
                jz 2f
                cmp rax, 4
                jbe 1f
            2:  mov [rsp + 32], r15
            1:  pop rdi
                pop rax
                add rsp, 16
                iretq
            start:
                lgdt [gdtr]
                lidt [idtr]
                mov eax, 0x28
                ltr ax
                mov ecx, 0xc0000080
                rdmsr
                or eax, 0x801
                wrmsr
                mov rax, cr4
                or eax, 0x600
                mov cr4, rax
                mov eax, 0x10
                mov ss, eax
                mov qword ptr [NOTES], NOTES + 48
                mov rsp, 0x22000
                mov ebx, DATA
                mov ebp, MMIO
                mov r14d, ALIAS + DATA
                xor eax, eax
                xor ecx, ecx
                jmp body
            gdtr: .word 0x7f
                .quad 0xa000
            idtr: .word 0xfff
                .quad 0x9000
            .org BODY
            body:
            """;

    /** Where the other CPUs start, as the page that a start-up message names, and go on in 64-bit mode. */
    static final int STARTUP_PAGE = 0x12;
    /** Where the bodies of several CPUs are when they come as machine code, 9 KiB for each. */
    private static final int BODIES = 0x13000;
    private static final int BODY_BYTES = 0x2400;
    /** A function that such bodies share: {@code mov al, n; ret}. */
    static final int SHARED_FUNCTION = 0x1c000;

    private static final String START_OTHERS = """
            .org 0x2000
            .code16
                mov ax, 0x1000
                mov ds, ax
                lgdt [gdtr - 0x10000]
                mov eax, cr4
                or eax, 0x620
                mov cr4, eax
                mov eax, 0x1000
                mov cr3, eax
                mov ecx, 0xc0000080
                rdmsr
                or eax, 0x901
                wrmsr
                mov eax, cr0
                and eax, 0x9fffffff
                or eax, 0x80000001
                mov cr0, eax
                .byte 0x66, 0xea
                .long 1f
                .word KERNEL_CS
            .code64
            1:  mov eax, 0x10
                mov ss, eax
                mov ds, eax
                mov es, eax
                lidt [idtr]
                mov eax, 1
                cpuid
                shr ebx, 24
                mov r13d, ebx
                mov esp, r13d
                shl esp, 14
                add esp, STACKS + 0x2000
                mov eax, r13d
                shl eax, 4
                add eax, 0x28
                and byte ptr [0xa005 + rax], 0xfd
                ltr ax
                mov ebx, DATA
                mov ebp, MMIO
                mov r14d, ALIAS + DATA
                xor eax, eax
                xor ecx, ecx
                xor edx, edx
                jmp others
            """;

    private static final class Assembled {
        private static final byte[] START_BYTES = Assembler.assemble(START, ADDRESS);
    }

    /** What bodies in machine code begin and end with, for two to four CPUs; the first one ends when all others have. */
    private static final class AssembledForSeveral {
        private static final byte[][] START_BYTES = {assemble(2), assemble(3), assemble(4)};

        private static byte[] assemble(int cpus) {
            return Assembler.assemble(START + "body_ends: jmp 2f\n1:\n" + wake(cpus) + "xor r13d, r13d\njmp run\n" + """
                2:  test r13d, r13d
                    jnz 4f
                    cmp dword ptr [NOTES - 8], 0
                    jne 3f
                    mov dword ptr [NOTES - 8], 1
                    jmp 1b
                3:  pause
                    cmp dword ptr [NOTES - 16], CPUS - 1
                    jne 3b
                """.replace("CPUS", Integer.toString(cpus)) + END + """
                4:  lock inc dword ptr [NOTES - 16]
                5:  cli
                    hlt
                    jmp 5b
                """ + START_OTHERS + """
                others:
                run:
                    imul eax, r13d, BODY_BYTES
                    add eax, BODIES
                    push rax
                    xor eax, eax
                    ret
                """.replace("BODY_BYTES", Integer.toString(BODY_BYTES)).replace("BODIES", Integer.toString(BODIES)), ADDRESS);
        }

        /** A jump to where a body ends. */
        private static byte[] jump(int from) {
            return ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0xe9).putInt(BODY - (from + 5)).array();
        }
    }

    /** Wakes the other CPUs: INIT, and the start-up message twice, as the manual has it (SDM vol. 3A, section 9.4.4.1). */
    static String wake(int cpus) {
        StringBuilder text = new StringBuilder();
        for (int cpu = 1; cpu < cpus; cpu++) {
            text.append(send(BareMachine.Message.INIT, cpu, 0)).append(send(BareMachine.Message.STARTUP, cpu, STARTUP_PAGE))
                    .append(send(BareMachine.Message.STARTUP, cpu, STARTUP_PAGE));
        }
        return text.toString();
    }

    /** Sends a message to a CPU; changes EAX. */
    static String send(BareMachine.Message message, int cpu, int vector) {
        return "mov eax, " + (message.ordinal() << 16 | cpu << 8 | vector) + "\nout " + BareMachine.PORT_MESSAGE + ", eax\n";
    }

    private GuestProgram() { }

    /** A program with a body in assembler text. */
    static byte[] of(String body) {
        return Assembler.assemble(START + body + "\n" + END, ADDRESS);
    }

    /**
     * A program for several CPUs: the first runs one body, the others another, from {@code others} on, with their number in
     * R13D. They come there when the first one sends them what {@link #wake} does.
     */
    static byte[] of(String body, String others) {
        return Assembler.assemble(START + body + "\n" + END + START_OTHERS + "others:\n" + others + "\n1: cli\nhlt\njmp 1b\n", ADDRESS);
    }

    /** Where the body of a CPU of several is. */
    static int bodyOf(int cpu) {
        return BODIES + BODY_BYTES * cpu;
    }

    /** A program with a body in machine code for each of several CPUs, without an end of its own. */
    static byte[] of(List<byte[]> bodies) {
        byte[] program = Arrays.copyOf(AssembledForSeveral.START_BYTES[bodies.size() - 2], SHARED_FUNCTION + 3 - ADDRESS);
        ByteBuffer buffer = ByteBuffer.wrap(program);
        for (int cpu = 0; cpu < bodies.size(); cpu++) {
            buffer.position(bodyOf(cpu) - ADDRESS);
            buffer.put(bodies.get(cpu)).put(AssembledForSeveral.jump(buffer.position() + ADDRESS));
        }
        buffer.position(SHARED_FUNCTION - ADDRESS).put(new byte[] {(byte) 0xb0, 0x5a, (byte) 0xc3});
        return program;
    }

    /** A program with a body in machine code, without an end of its own. */
    static byte[] of(byte[] body) {
        ByteArrayOutputStream program = new ByteArrayOutputStream();
        program.writeBytes(Assembled.START_BYTES);
        program.writeBytes(body);
        program.writeBytes(new byte[] {(byte) 0xe6, (byte) 0xf4, (byte) 0xeb, (byte) 0xfe});
        return program.toByteArray();
    }
}
