package trapframe.tests.exact;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.tests.exact.Exactness.End;

/** Programs stopped at every position: each must be the same run as when nobody looks. See {@link Exactness}. */
class ExactStopsTest {
    /** Steps through a call of a function in a page of its own. */
    private static final String STEPPED_CALL = """
                pushfq
                or dword ptr [rsp], 0x100
                popfq
                call f
                push 2
                popfq
                jmp 1f
                .org 0x2000
            f:  nop
                ret
                .org 0x3000
            1:
            """;

    @Test
    void jumpsCallsAndLoops() {
        check("""
                mov ecx, 5
            1:  call f
                test ecx, 1
                jz 2f
                add rax, 7
                jmp 3f
            2:  sub rax, 3
            3:  dec ecx
                jnz 1b
                lea rdx, [rip + 4f]
                jmp rdx
                ud2
            4:  push rax
                mov rdx, rsp
                xchg [rdx], rcx
                pop rsi
                loop 5f
            5:  cmp rax, 100
                cmova rax, rsi
                jmp end
            f:  imul rax, rax, 3
                inc rax
                ret 0
            end:
            """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rep movsb", "rep movsw", "rep movsd", "rep movsq", "rep stosb", "rep stosq", "rep lodsb", "repe cmpsb",
        "repne cmpsb", "repe scasb", "repne scasb", "repe cmpsq", "repne scasd"})
    void repeatedStringInstructionsForEveryCount(String instruction) {
        StringBuilder body = new StringBuilder();
        // In the data some neighbours are equal and some are not, so that comparisons end in every way: by the count, by ZF, by both.
        body.append("""
                jmp 1f
            table:
                .rept 16
                .byte 0xb, 0xb, 0xb, 0xb, 0xb, 0xb, 0xb, 0xb, 0xc, 0xc, 0xc, 0xc, 0xb, 0xc, 0xc, 0xc, 0xc
                .endr
            1:  lea rbx, [rip + table]
            """);
        for (int count : new int[] {0, 1, 2, 3, 5, 8}) {
            for (int from : new int[] {0, 4}) {
                body.append("mov ecx, ").append(count).append("\nlea rsi, [rbx + ").append(from).append("]\nlea rdi, [rbx + ")
                        .append(from + 6).append("]\nmov eax, 0xc\n").append(instruction).append("\nlahf\nmov [rbx + 0x400], rax\n");
            }
        }
        End end = check(body.toString());

        assertThat(end.notes()).isEmpty();
    }

    @Test
    void repeatedInstructionsDownwardsAndWithNarrowAddresses() {
        check("""
                std
                mov ecx, 4
                lea rsi, [rbx + 64]
                lea rdi, [rbx + 128]
                rep movsw
                cld
                mov rcx, 0xffffffff00000003
                addr32 rep stosd
                mov rcx, 0x100000000
                addr32 rep stosb
                rep nop
                mov ecx, 2
                repne movsb
            """);
    }

    @Test
    void aRepeatedInstructionThatFaultsInTheMiddle() {
        End end = check("""
                lea r15, [rip + 1f]
                mov ecx, 16
                mov rsi, rbx
                mov edi, 0x3fffffff
                and edi, 0x00fffffd
                mov edi, 0xffffa
                rep movsb
            1:  mov [rbx + 8], rcx
                mov [rbx + 16], rdi
                mov rax, cr2
            """);

        assertThat(end.notes()).startsWith("vector 0e error 2 ").hasLineCount(1);
    }

    @Test
    void portsInAndOut() {
        End end = check("""
                mov edx, 0x64
                in al, dx
                in ax, dx
                in eax, dx
                add rax, 5
                out dx, eax
                in al, 0x65
                mov [rbx], rax
                out 0x66, ax
                mov rax, -1
                in ax, 0x66
                mov [rbx + 8], rax
                mov rax, -1
                in eax, 0x64
                mov [rbx + 16], rax
                out dx, al
                out dx, al
                push rax
                in al, dx
                push rax
            """);

        assertThat(end.log().lines()).hasSize(11);
    }

    @Test
    void interruptsFromAPortAccessAreTakenRightBehindIt() {
        End end = check("""
                sti
                xor eax, eax
                out 0x60, al
                inc rax
                mov eax, 0
                out 0x60, eax
                push rax
                mov edx, 0x60
                mov [rbx], dl
                mov rsi, rbx
                mov byte ptr [rbx], 0
                mov byte ptr [rbx + 1], 1
                mov ecx, 2
                rep outsb
                nop
                nop
                nop
                cli
                xor eax, eax
                out 0x60, al
                nop
                add rax, [rbx]
                sti
                nop
                nop
            """);

        assertThat(end.notes().lines()).hasSizeBetween(4, 5).allMatch(line -> line.startsWith("vector 40 "));
    }

    @Test
    void interruptsFromATimerAreTakenAtTheFirstBoundaryThatAllowsThem() {
        StringBuilder body = new StringBuilder("sti\n");
        for (int delay = 1; delay < 24; delay++) {
            body.append("mov eax, ").append(delay).append("""

                    out 0x60, al
                    inc rcx
                    mov ecx, 3
                    mov rsi, rbx
                    lea rdi, [rbx + 32]
                    rep movsb
                    cli
                    inc rcx
                    sti
                    inc rcx
                    """);
        }
        End end = Exactness.of(GuestProgram.of(body.toString())).checkSome(3);

        assertThat(end.notes().lines()).hasSize(23);
    }

    @Test
    void haltWaitsForTheInterrupt() {
        End end = check("""
                mov eax, 17
                out 0x60, al
                sti
                hlt
                inc rcx
                mov al, 9
                out 0x60, al
                hlt
                mov eax, 9
                out 0x68, eax
                cli
                hlt
                inc rcx
                sti
                mov al, 5
                out 0x60, al
                nop
                nop
                nop
                nop
                nop
                nop
            """);

        assertThat(end.notes().lines().map(line -> line.substring(0, 9)))
                .containsExactly("vector 40", "vector 40", "vector 02", "vector 40");
    }

    @Test
    void memoryMappedAccessesHappenOnceEach() {
        End end = check("""
                mov eax, [rbp]
                mov [rbp + 4], eax
                mov al, [rbp + 8]
                movzx ecx, word ptr [rbp + 2]
                mov rdx, [rbp + 0x10]
                mov qword ptr [rbp + 0x10], 0x12345678
                lock add dword ptr [rbp + 0x20], 3
                add dword ptr [rbp + 0x20], 3
                xchg [rbp + 0x24], eax
                lock xadd [rbp + 0x28], ecx
                lock cmpxchg [rbp + 0x2c], edx
                inc byte ptr [rbp + 0x30]
                push qword ptr [rbp + 0x38]
                pop qword ptr [rbp + 0x38]
                bts dword ptr [rbp + 0x40], 3
                cmp byte ptr [rbp], 0
                jne 1f
                nop
            1:  test dword ptr [rbp + 0x44], 1
                mov rax, [rbp]
                movdqu xmm0, [rbp + 0x50]
                movups [rbp + 0x60], xmm0
            """);

        assertThat(end.notes()).isEmpty();
        assertThat(end.log().lines().filter(line -> line.contains(" store "))).hasSize(16);
        assertThat(end.log().lines().filter(line -> line.contains(" load "))).hasSize(22);
    }

    @Test
    void stringInstructionsOnMemoryMappedRanges() {
        End end = check("""
                mov ecx, 4
                mov rsi, rbx
                mov rdi, rbp
                rep movsd
                mov ecx, 3
                mov rsi, rbp
                lea rdi, [rbx + 64]
                rep movsd
                mov ecx, 3
                mov rsi, rbp
                lea rdi, [rbp + 64]
                rep movsb
                mov ecx, 2
                mov rdi, rbp
                rep stosd
                mov ecx, 5
                mov rdi, rbp
                xor eax, eax
                repne scasb
                mov rsi, rbp
                movsb
                lodsd
                mov ecx, 1
                rep lodsw
            """);

        assertThat(end.notes()).isEmpty();
        assertThat(end.log().lines().filter(line -> line.contains(" store "))).hasSize(4 + 3 + 2 + 1);
    }

    @Test
    void interruptsFromAMemoryMappedAccess() {
        End end = check("""
                sti
                xor eax, eax
                mov [rbp + 0x100], al
                inc rcx
                mov byte ptr [rbp + 0x100], 7
                inc rcx
                inc rcx
                inc rcx
                inc rcx
                mov rsi, rbx
                lea rdi, [rbp + 0x100]
                mov ecx, 2
                rep movsb
                nop
                nop
            """);

        assertThat(end.notes().lines()).hasSize(3);
    }

    @Test
    void timeAndIdentification() {
        check("""
                rdtsc
                mov [rbx], eax
                rdtsc
                mov [rbx + 4], eax
                nop
                rdtscp
                mov [rbx + 8], eax
                xor eax, eax
                cpuid
                mov eax, 7
                xor ecx, ecx
                cpuid
                mov eax, 0x80000001
                cpuid
                rdtsc
                rdtsc
                mov ecx, 2
                mov rsi, rbx
                lea rdi, [rbx + 8]
                rep movsd
                rdtsc
            """);
    }

    @Test
    void anExceptionBehindOtherInstructionsOfItsBlock() {
        check("""
                lea r15, [rip + 1f]
                inc rax
                mov [rbx], rax
                push rax
                mov edx, 0x64
                in al, dx
                mov eax, [0x300000]
            1:  lea r15, [rip + 1f]
                inc rax
                rdtsc
                mov eax, [rbp]
                inc rax
                div cl
            1:  lea r15, [rip + 1f]
                inc rax
                ud2
            1:  inc rax
            """);
    }

    @Test
    void systemCallsAndReturns() {
        End end = check("""
                mov ecx, 0xc0000081
                xor eax, eax
                mov edx, 0x00130008
                wrmsr
                mov ecx, 0xc0000082
                lea eax, [rip + entry]
                xor edx, edx
                wrmsr
                mov ecx, 0xc0000084
                mov eax, 0x700
                wrmsr
                lea rcx, [rip + user]
                mov r11d, 0x202
                sysretq
            user:
                mov rsp, 0x2f000
                inc rax
                syscall
                inc rax
                mov eax, 60
                syscall
                int3
                syscall
                lea r15, [rip + 1f]
                cli
            1:  mov eax, cs
                mov edx, 1
                syscall
                hlt
            entry:
                cmp edx, 1
                je end
                push r11
                push rcx
                mov eax, 4
                out 0x60, al
                pop rcx
                pop r11
                sysretq
            end:
                mov rsp, 0x22000
            """);

        assertThat(end.notes().lines().filter(line -> line.startsWith("vector 40"))).hasSize(3);
        assertThat(end.notes().lines().filter(line -> line.startsWith("vector 03"))).hasSize(1);
        assertThat(end.notes().lines().filter(line -> line.startsWith("vector 0d"))).hasSize(1);
    }

    @Test
    void flagsPushedAndPopped() {
        check("""
                pushfq
                pop rax
                or eax, 0x240
                push rax
                popfq
                pushfq
                pop rdx
                mov [rbx], rdx
                pushfw
                pop cx
                mov [rbx + 8], cx
                push rcx
                popfw
                pushfq
                and dword ptr [rsp], ~0x200
                popfq
                pushfq
                stc
                pushfq
                std
                pushfq
                cld
            """);
    }

    @Test
    void returnsFromInterrupts() {
        check("""
                mov rcx, rsp
                push 0x10
                push rcx
                push 0x202
                push 8
                lea rax, [rip + 1f]
                push rax
                iretq
            1:  inc rax
                push 0x1b
                push 0x2f000
                push 0x3202
                push 0x23
                lea rax, [rip + 1f]
                push rax
                mov eax, 3
                out 0x60, al
                iretq
            1:  nop
                pushfq
                pop rax
                lea r15, [rip + 1f]
                in al, 0x60
            1:  inc rax
                int 0x48
                int3
                lea r15, [rip + 1f]
                hlt
            1:  pushfq
                or dword ptr [rsp], 0x3000
                popfq
                pushfq
            """);
    }

    @Test
    void shadowsAfterMovSsPopSsAndSti() {
        End end = check("""
                mov edx, 0x10
                sti
                mov eax, 1
                out 0x60, al
                mov ss, edx
                nop
                nop
                cli
                xor eax, eax
                out 0x60, al
                sti
                nop
                nop
                cli
                out 0x60, al
                sti
                mov ss, edx
                nop
                nop
                cli
                out 0x60, al
                sti
                cli
                nop
                sti
                sti
                nop
                mov al, 1
                out 0x60, al
                mov ss, edx
                mov ss, edx
                nop
                nop
                mov al, 5
                out 0x60, al
                cli
                sti
                hlt
                inc rax
            """);

        assertThat(end.notes().lines()).hasSize(6);
    }

    @Test
    void codeThatWritesAnotherBlockOfItsPage() {
        check("""
                mov ecx, 4
            1:  call 2f
                add byte ptr [rip + 2f + 3], 1
                dec ecx
                jnz 1b
                jmp 3f
            2:  add rax, 0x10
                ret
            3:  nop
            """);
    }

    @Test
    void codeThatIsWrittenThroughADataMapping() {
        check("""
                mov ecx, 4
                lea rdi, [rip + function]
                mov esi, ALIAS
                add rdi, rsi
            1:  call function
                add byte ptr [rdi + 3], 1
                call function
                dec ecx
                jnz 1b
                add byte ptr [rdi + 4f - function + 1], 2
                nop
            4:  mov al, 0x10
                lea rdi, [rdi + 5f - function]
                mov ecx, 2
                mov al, 0x90
                rep stosb
            5:  inc eax
                inc edx
                jmp 3f
            function:
                add rax, 0x10
                ret
            3:  nop
            """);
    }

    @Test
    void codeInAnotherPageThatIsDataInTurn() {
        End end = check("""
                mov edi, DATA + 0x1000
                mov esi, ALIAS + DATA + 0x1000
                mov word ptr [rdi], 0x10b0
                mov byte ptr [rdi + 2], 0xc3
                call rdi
                mov byte ptr [rdi + 1], 0x20
                call rdi
                mov byte ptr [rsi + 1], 0x30
                call rdi
                mov [rbx], al
                mov byte ptr [rdi + 1], 0x40
                mov byte ptr [rsi + 1], 0x41
                call rdi
                mov byte ptr [rsi + 1], 0x50
                mov byte ptr [rdi + 1], 0x51
                call rdi
                mov [rbx + 1], al
            """);

        assertThat(end.notes()).isEmpty();
    }

    @Test
    void codeThatTheHostWritesBetweenTwoInstructions() {
        byte[] program = GuestProgram.of("""
                mov ecx, 8
            1:  add rdx, 0x10
                add rdx, 0x10
                dec ecx
                jnz 1b
            """);
        long start = Exactness.of(GuestProgram.of("nop")).check().position();
        for (long position = start - 3; position < start + 60; position++) {
            Exactness.of(program).checkWithPoke(new Exactness.Poke(position, GuestProgram.BODY + 8, 0x20));
            Exactness.of(program).checkWithPoke(new Exactness.Poke(position, GuestProgram.BODY + 12, 0x30));
        }
    }

    @Test
    void aBlockThatRunsIntoAPageThatCannotBeFetched() {
        End end = check("""
                mov edi, 0x34ff6
                mov rax, 0xc0ff48c0ff48c0ff
                mov [rdi + 1], rax
                mov byte ptr [rdi], 0x48
                mov word ptr [rdi + 9], 0x9090
                mov byte ptr [rdi + 9], 0x48
                and byte ptr [0x4000 + 8 * 0x35], 0xfe
                mov rax, cr3
                mov cr3, rax
                lea r15, [rip + 1f]
                jmp rdi
            1:  mov rax, cr2
                or byte ptr [0x4000 + 8 * 0x35], 1
                mov dword ptr [0x34fff], 0x90c0ff48
                mov dword ptr [0x35003], 0x909066c3
                call rdi
            """);

        assertThat(end.notes().lines()).hasSize(1).allMatch(line -> line.startsWith("vector 0e error 10 "));
    }

    @Test
    void flagsSurviveAPortAccessThatEndsItsBlock() {
        End end = check("""
                std
                mov eax, 5
                out 0x60, al
                pushfq
                cld
                nop
                nop
                stc
                out 0x60, al
                jc 1f
                nop
            1:  pushfq
                inc rax
                nop
                mov edx, 0x64
                mov rdi, rbx
                cmp eax, 5
                insb
                pushfq
                nop
            """);

        assertThat(end.notes()).isEmpty();
    }

    @Test
    void stringsInAndOut() {
        End end = check("""
                mov edx, 0x64
                mov rdi, rbx
                mov rsi, rbx
                insb
                insd
                outsb
                outsw
                mov ecx, 3
                rep insb
                mov ecx, 4
                rep insd
                mov ecx, 3
                rep outsd
                mov ecx, 1
                rep outsb
                xor ecx, ecx
                rep insb
                mov rax, [rbx]
            """);

        assertThat(end.log().lines()).hasSize(15);
    }

    @Test
    void codeThatTheDeviceWritesIntoRam() {
        check("""
                mov ecx, 3
                lea eax, [rip + 2f + 3]
                out 0x74, eax
            1:  call 2f
                mov al, cl
                out 0x70, al
                call 2f
                dec ecx
                jnz 1b
                lea eax, [rip + 4f + 1]
                out 0x74, eax
                mov al, 0x77
                out 0x70, al
            4:  mov al, 0x10
                jmp 3f
            2:  add rdx, 0x10
                ret
            3:  nop
            """);
    }

    @Test
    void firstJumpIntoAPage() {
        check("""
                mov rax, 0x14000
                call rax
                nop
                jmp 1f
                .org 0x4000
                nop
                ret
            1:  nop
            """);
    }

    @Test
    void instructionsAcrossPages() {
        check("""
                jmp 1f
                .org 0xffa
            1:  mov rax, 0x1122334455667788
                inc rax
                jmp 2f
                .org 0x1ffe
            2:  add rax, 0x11111111
                lea r15, [rip + 3f]
                jmp 3f
                .org 0x2fff
            3:  rep movsb
                inc rax
                mov ecx, 3
                mov rsi, rbx
                lea rdi, [rbx + 16]
                jmp 4f
                .org 0x3fff
            4:  rep movsb
                inc rax
            """);
    }

    @Test
    void codeThatWritesItsOwnBlock() {
        check("""
                mov byte ptr [rip + 1f + 1], 0x55
                nop
            1:  mov al, 0x11
                mov byte ptr [rip + 2f + 1], 0x66
            2:  mov al, 0x22
                add ah, al
                mov dword ptr [rip + 3f], 0x90909090
                inc rcx
            3:  inc rdx
                inc r8d
                lea rdi, [rip + 4f]
                mov ecx, 3
                mov al, 0x90
                rep stosb
                inc rsi
            4:  inc rdx
                inc rsi
                mov ecx, 4
            5:  add byte ptr [rip + 6f + 3], 1
                nop
            6:  add rax, 0x10
                dec ecx
                jnz 5b
            """);
    }

    @Test
    void exceptionsOfEveryKind() {
        End end = check("""
                lea r15, [rip + 1f]
                xor ecx, ecx
                div ecx
            1:  lea r15, [rip + 1f]
                ud2
            1:  lea r15, [rip + 1f]
                mov eax, [0x300000]
            1:  lea r15, [rip + 1f]
                mov dword ptr [0x300004], 5
            1:  lea r15, [rip + 1f]
                mov rax, 0x300000
                jmp rax
            1:  lea r15, [rip + 1f]
                jmp r14
            1:  lea r15, [rip + 1f]
                mov eax, 0x1234
                mov ds, eax
            1:  lea r15, [rip + 1f]
                mov rax, 0x8000000000000000
                mov al, [rax]
            1:  lea r15, [rip + 1f]
                int 0x60
            1:  lea r15, [rip + 1f]
                mov ecx, 0x12345
                mov rax, cr0
                or rax, 0x4
                mov cr0, rax
                fninit
            1:  and rax, -5
                mov cr0, rax
                int3
                int 0x48
                int 0x49
            """);

        assertThat(end.notes().lines().map(line -> line.substring(7, 9))).containsExactly("00", "06", "0e", "0e", "0e", "0e", "0d", "0d",
                "0d", "07", "03", "48", "49");
    }

    @Test
    void pushedFlagsNeverShowTheResumeFlag() {
        End end = check("""
                lea r15, [rip + 1f]
                ud2
            1:  nop
                pushfq
                pop rax
                mov [rbx], rax
            """);

        assertThat(end.notes()).contains(" rflags 10046 ");
    }

    @Test
    void aTargetThatCannotBeFetched() {
        End end = check("""
                sti
                lea r15, [rip + 1f]
                mov al, 6
                out 0x60, al
                nop
                nop
                jmp r14
            1:  nop
                lea r15, [rip + 1f]
                jmp r14
            1:  nop
            """);

        assertThat(end.notes().lines().map(line -> line.substring(0, 9))).containsExactly("vector 40", "vector 0e", "vector 0e");
    }

    @Test
    void theGuestsOwnTrapFlag() {
        End end = check("""
                pushfq
                or dword ptr [rsp], 0x100
                popfq
                nop
                inc rax
                mov ecx, 3
                mov rsi, rbx
                lea rdi, [rbx + 8]
                rep movsb
                pushfq
                pop rdx
                mov edx, 0x64
                in al, dx
                mov eax, [rbp]
                mov rdx, dr6
                mov eax, 0x10
                mov ss, eax
                nop
                int3
                lea r15, [rip + 1f]
                ud2
            1:  cpuid
                rdtsc
                pushfq
                and dword ptr [rsp], ~0x100
                popfq
                nop
                mov rdx, dr6
            """);

        assertThat(end.notes().lines().filter(line -> line.startsWith("vector 01"))).hasSizeBetween(15, 40);
    }

    @Test
    void aPageThatIsOnlyFetchedUnderTheGuestsSingleStepIsAccessed() {
        try (BareMachine machine = new BareMachine(GuestProgram.of(STEPPED_CALL))) {
            machine.run(Long.MAX_VALUE);
            assertThat(machine.ram().getLong(0x4000 + 8 * 0x12) & 0x20).as("accessed flag of the function's page").isNotZero();
        }
        check(STEPPED_CALL);
    }

    @Test
    void debugRegistersOfTheGuest() {
        End end = check("""
                lea rax, [rip + 1f]
                mov dr0, rax
                mov rax, rbx
                mov dr1, rax
                mov eax, 0x00d00405
                mov dr7, rax
                inc rcx
            1:  inc rcx
                mov [rbx], rcx
                inc rcx
                mov [rbx + 8], rcx
                mov rdx, dr6
                xor eax, eax
                mov dr6, rax
                mov dr7, rax
                mov rdx, dr6
            """);

        assertThat(end.notes()).contains("vector 01");
    }

    private static End check(String body) {
        return Exactness.of(GuestProgram.of(body)).check();
    }

    @Test
    void storesBehindLoadsOfADevicePage() {
        check("""
                mov eax, [rbp]
                nop
                mov [rbp], eax
                mov rax, [0x4000 + 8 * 0xa0]
            """);
    }
}
