package trapframe.tests.exact;

import java.io.ByteArrayOutputStream;

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
                mov rdi, [NOTES]
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
                add rdi, 48
                mov [NOTES], rdi
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
            gdtr: .word 0x37
                .quad 0xa000
            idtr: .word 0xfff
                .quad 0x9000
            .org BODY
            body:
            """;

    private static final class Assembled {
        private static final byte[] START_BYTES = Assembler.assemble(START, ADDRESS);
    }

    private GuestProgram() { }

    /** A program with a body in assembler text. */
    static byte[] of(String body) {
        return Assembler.assemble(START + body + "\n" + END, ADDRESS);
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
