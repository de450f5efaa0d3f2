package trapframe.unicorn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.capstone.Disassembler;
import trapframe.capstone.Instruction;
import trapframe.x86.CodeSize;

/** The clock's machine code: what it says for each kind of host, and what it does on this one. */
class BlockCounterTest {
    private final Arena arena = Arena.ofConfined();
    private BlockCounter counter;
    private MethodHandle block;
    private int upcalls;

    @BeforeEach
    void makeACounterThatCallsHere() throws ReflectiveOperationException {
        MethodHandle target = MethodHandles.lookup().bind(this, "upcall",
                MethodType.methodType(void.class));
        FunctionDescriptor hook = FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS);
        counter = new BlockCounter(arena, Linker.nativeLinker().upcallStub(target, FunctionDescriptor.ofVoid(), arena), MemorySegment.NULL);
        block = Linker.nativeLinker().downcallHandle(counter.code(), hook);
    }

    @AfterEach
    void freeIt() {
        arena.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"amd64", "x86_64"})
    void theCodeForX86HostsIs(String architecture) {
        try (Disassembler disassembler = new Disassembler(CodeSize.BITS_64)) {
            assertThat(disassembler.decodeAll(BlockCounter.code(architecture).bytes(), 0).stream().map(Instruction::text)).containsExactly(
                    "mov edx, edx",
                    "shl rsi, 0x10",
                    "or rsi, rdx",
                    "mov qword ptr [rcx + 8], rsi",
                    "add qword ptr [rcx], rdx",
                    "cmp qword ptr [rcx + 0x40], 0",
                    "je 0x2b",
                    "mov rdi, qword ptr [rsp]",
                    "push rcx",
                    "call qword ptr [rcx + 0x40]",
                    "pop rcx",
                    "test rax, rax",
                    "je 0x2b",
                    "mov qword ptr [rsp], rax",
                    "jmp 0x3e",
                    "cmp qword ptr [rcx], 0",
                    "jns 0x3e",
                    "test dword ptr [rbp + 0x88], 0x10000",
                    "jne 0x3e",
                    "ret",
                    "mov qword ptr [rcx + 0x30], rbp",
                    "mov rax, qword ptr [rcx]",
                    "cmp rax, qword ptr [rcx + 0x20]",
                    "jge 0x8e",
                    "mov edx, dword ptr [rbp + 0x88]",
                    "test dword ptr [rcx + 0x28], edx",
                    "jne 0x8e",
                    "mov rax, qword ptr [rbp + 0x20]",
                    "cmp rax, qword ptr [rcx + 0x58]",
                    "je 0x8e",
                    "cmp rax, qword ptr [rcx + 0x68]",
                    "jae 0x73",
                    "cmp rax, qword ptr [rcx + 0x60]",
                    "jb 0x73",
                    "mov qword ptr [rcx + 0x68], rax",
                    "test edx, 0x10000",
                    "jne 0x82",
                    "cmp byte ptr [rcx + 0x70], 0",
                    "jne 0x95",
                    "ret",
                    "and dword ptr [rbp + 0x88], 0xfffeffff",
                    "jmp 0x7b",
                    "push rcx",
                    "call qword ptr [rcx + 0x38]",
                    "pop rcx",
                    "jmp 0x7b",
                    "mov rdi, qword ptr [rcx + 0x48]",
                    "xor esi, esi",
                    "jmp qword ptr [rcx + 0x50]",
                    "ret");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"aarch64", "arm64"})
    void theCodeForArmHostsIs(String architecture) {
        assertThat(new Arm64Disassembly(BlockCounter.code(architecture).bytes()).lines()).containsExactly(
                "mov w2, w2",
                "orr x1, x2, x1, lsl #16",
                "str x1, [x3, #8]",
                "ldr x4, [x3]",
                "adds x4, x4, x2",
                "str x4, [x3]",
                "b.pl #0x28",
                "ldr w6, [x19, #0x88]",
                "tbnz w6, #0x10, #0x7c",
                "ret",
                "str x19, [x3, #0x30]",
                "ldr x5, [x3, #0x20]",
                "cmp x4, x5",
                "b.ge #0x74",
                "ldr w6, [x19, #0x88]",
                "ldr w5, [x3, #0x28]",
                "tst w6, w5",
                "b.ne #0x74",
                "ldr x4, [x19, #0x20]",
                "ldr x5, [x3, #0x68]",
                "cmp x4, x5",
                "b.hs #0x68",
                "ldr x5, [x3, #0x60]",
                "cmp x4, x5",
                "b.lo #0x68",
                "str x4, [x3, #0x68]",
                "ldr x5, [x3, #0x58]",
                "cmp x4, x5",
                "b.ne #0x1c",
                "ldr x5, [x3, #0x38]",
                "br x5",
                "and w6, w6, #0xfffeffff",
                "str w6, [x19, #0x88]",
                "ret");
    }

    @Test
    void otherHostsAreRefusedInOneLine() {
        assertThatThrownBy(() -> BlockCounter.code("riscv64")).isInstanceOf(EngineException.class)
                .hasMessage("no block counter for hosts of type riscv64");
    }

    @Test
    void eachBlockAddsItsBytesAndLeavesItsStart() {
        counter.setCount(1_000);
        counter.callPast(Long.MAX_VALUE);

        start(0x1234, 10);
        start(0xffff_8000_0000_0000L, 25);

        assertThat(counter.count()).isEqualTo(1_035);
        assertThat(counter.countBeforeBlock()).isEqualTo(1_010);
        assertThat(counter.blockStart()).isEqualTo(0xffff_8000_0000_0000L);
        assertThat(counter.blockEnd()).isEqualTo(0xffff_8000_0000_0019L);
        assertThat(upcalls).isZero();
    }

    @Test
    void aCountBeyond32BitsGoesOn() {
        counter.setCount(0xffff_fff0L);
        counter.callPast(Long.MAX_VALUE);

        start(0, 0x20);

        assertThat(counter.count()).isEqualTo(0x1_0000_0010L);
    }

    @Test
    void javaIsCalledForEachBlockThatPassesTheLimit() {
        counter.setCount(0);
        counter.callPast(20);

        start(0, 10);
        start(10, 10);
        assertThat(upcalls).isZero();
        start(20, 1);
        assertThat(upcalls).isEqualTo(1);
        start(21, 1);
        assertThat(upcalls).isEqualTo(2);
        assertThat(counter.count()).isEqualTo(22);
    }

    @Test
    void javaIsCalledAtTheNextBlockWhateverItIs() {
        counter.setCount(0);
        counter.callAtNextBlock();

        start(0, 1);

        assertThat(upcalls).isEqualTo(1);
    }

    @Test
    void whileAnInterruptWaitsTheHardLimitStillCounts() {
        counter.setCount(0);
        counter.callWhenInterruptible(9);

        start(0, 10);

        assertThat(upcalls).isEqualTo(1);
    }

    @Test
    void aStopLooksAtTheNextBlockWithoutJavaAndEndsWithTheNextRun() {
        counter.setCount(0);
        counter.callPast(100);

        counter.stopAtNextBlock();
        counter.callPast(200);
        start(0, 10);

        assertThat(upcalls).isZero();
        assertThat(counter.statePointer()).as("who looks leaves the pointer").isNotZero();
        assertThat(counter.count()).isEqualTo(10);
        counter.begin();
        start(10, 191);
        assertThat(upcalls).isEqualTo(1);
        assertThat(counter.count()).isEqualTo(201);
    }

    @Test
    void settingTheCountForgetsTheLastBlock() {
        counter.callPast(Long.MAX_VALUE);
        start(0x1000, 10);

        counter.setCount(7);

        assertThat(counter.count()).isEqualTo(7);
        assertThat(counter.countBeforeBlock()).isEqualTo(7);
        assertThat(counter.blockStart()).isZero();
        assertThat(counter.blockEnd()).isZero();
    }

    private void upcall() {
        upcalls++;
    }

    private void start(long address, int size) {
        try {
            block.invokeExact(MemorySegment.NULL, address, size, counter.cells());
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
