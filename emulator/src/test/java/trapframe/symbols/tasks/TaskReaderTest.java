package trapframe.symbols.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.symbols.ElfMemory;
import trapframe.symbols.Frame;
import trapframe.symbols.HostTools;
import trapframe.symbols.KernelSymbols;
import trapframe.symbols.SymbolsException;

/** The tasks of a small kernel that gcc has laid out. */
class TaskReaderTest {
    private static final String FIELDS = """
            id pid
            name name
            state state
            context context
            free UNUSED
            ready RUNNABLE
            running RUNNING
            """;
    private static KernelSymbols symbols;
    private static ElfMemory memory;

    @BeforeAll
    static void compile() throws IOException {
        HostTools.need("gcc", "readelf");
        Path file = Path.of("target", "tasks.elf");
        HostTools.run("gcc", "-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-g", "-O1", "-o", file.toString(),
                Path.of("src", "test", "resources", "trapframe", "symbols", "tasks", "kernel.c").toString());
        symbols = KernelSymbols.open(file);
        memory = new ElfMemory(file, Files.readAllBytes(file));
    }

    private static List<Task> read(String description) {
        return new TaskReader(KernelDescription.of("test", description), symbols).read(memory, 2);
    }

    @Test
    void aKernelLikeXv6IsKnownByItsSymbols() {
        KernelDescription description = KernelDescription.shippedFor(symbols).orElseThrow();
        List<Task> tasks = new TaskReader(description, symbols).read(memory, 2);
        long table = symbols.value("ptable.proc", memory).address();
        long size = symbols.type("struct proc").orElseThrow().size();

        assertThat(description.kernel()).isEqualTo("xv6");
        assertThat(tasks.get(0)).isEqualTo(new Task(table, OptionalLong.of(1), "init", "RUNNING", Task.Activity.RUNNING, OptionalInt.of(0),
                Optional.empty(), Optional.empty()));
        assertThat(tasks.get(1)).isEqualTo(new Task(table + size, OptionalLong.of(2), "sh", "SLEEPING", Task.Activity.BLOCKED, OptionalInt.empty(),
                tasks.get(1).saved(), Optional.of(new Wait.In(symbols.address("disk_queue").orElseThrow(), Optional.of("disk_queue")))));
        assertThat(tasks.get(2).name()).isEqualTo("ls?");
        assertThat(tasks).hasSize(3);
    }

    @Test
    void theTaskThatRunsMayBeAnElementInsteadOfAPointer() {
        assertThat(read("task struct proc\ntasks array ptable.proc\ncurrent ptable.proc[CPU]\n" + FIELDS)).extracting(Task::cpu)
                .containsExactly(OptionalInt.of(0), OptionalInt.of(1), OptionalInt.empty());
    }

    /** What was pushed by a call ends with the return address, and the stack goes on behind it. */
    @ParameterizedTest
    @ValueSource(strings = {"context context", "context context as r15 r14 r13 r12 - rbx rbp rip"})
    void registersThatWerePushedLeadToTheStack(String context) {
        Frame frame = read("task struct proc\ntasks array ptable.proc\n" + FIELDS.replace("context context", context)).get(1).saved().orElseThrow();
        long saved = symbols.value("saved", memory).address();

        assertThat(frame.isCall()).isTrue();
        assertThat(frame.found()).isEqualTo(Frame.Found.SAVED);
        assertThat(frame.registers().rip()).isEqualTo(symbols.address("scheduler").orElseThrow());
        assertThat(frame.registers().rsp()).isEqualTo(saved + 64);
        assertThat(frame.registers().get("rbp")).hasValue(0x5000);
        assertThat(frame.registers().get("r12")).hasValue(12);
    }

    @ParameterizedTest
    @ValueSource(strings = {"array ptable.proc", "array table count 4", "pointers procs", "list first next next", "list *first next next",
        "list ptable.proc[0] next node.next in node"})
    void tasksAreFoundHoweverTheyAreKept(String tasks) {
        assertThat(read("task struct proc\ntasks " + tasks + "\n" + FIELDS)).extracting(Task::toString)
                .containsExactly("task 1 (init)", "task 2 (sh)", "task 3 (ls?)");
    }

    @Test
    void aKernelWithoutDebugInformationIsReadByOffsets() throws IOException {
        Path list = Path.of("target", "tasks.map");
        Files.writeString(list, HostTools.run("nm", "-n", "target/tasks.elf"));
        KernelSymbols names = KernelSymbols.open(list);
        long size = symbols.type("struct proc").orElseThrow().size();
        String layout = """
                size %d
                member state 16 u32
                member pid 0x14 u32
                member context 32 pointer
                member chan 40 u64
                member name 52 char[16]
                member next %d pointer
                states 0=UNUSED 3=RUNNABLE 4=RUNNING
                """.formatted(size, size - 8) + FIELDS.replace("context context", "context context as r15 r14 r13 r12 r11 rbx rbp rip");

        for (String tasks : new String[] {"list *first next next", "pointers procs count 8"}) {
            List<Task> found = new TaskReader(KernelDescription.of("test", "tasks " + tasks + "\nwaits 2 in chan\n" + layout), names).read(memory, 2);

            assertThat(found).extracting(Task::toString).containsExactly("task 1 (init)", "task 2 (sh)", "task 3 (ls?)");
            assertThat(found).extracting(Task::state).containsExactly("RUNNING", "2", "RUNNABLE");
            assertThat(found.get(0).saved()).isEmpty();
            assertThat(found.get(1).waitsFor()).hasValue(new Wait.In(symbols.address("disk_queue").orElseThrow(), Optional.of("disk_queue")));
            assertThat(found.get(1).saved().orElseThrow().registers().get("rbx")).hasValue(3);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "list loose next next|its list of tasks has no end: behind 2 tasks",
        "list lost next next|has no memory at 0x10",
        "array nothing|nothing",
        "array first|no array of known size",
        "list first next size.x|no members",
        "list first next nothing|no member nothing"})
    void whatCannotBeReadIsSaidInOneLine(String tasks, String expected) {
        assertThatThrownBy(() -> read("task struct proc\ntasks " + tasks + "\n" + FIELDS)).isInstanceOf(SymbolsException.class)
                .message().contains(expected).doesNotContain("\n");
    }
}
