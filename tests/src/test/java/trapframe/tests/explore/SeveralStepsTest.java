package trapframe.tests.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trapframe.explore.Exploration;
import trapframe.explore.Report;
import trapframe.explore.Schedule;
import trapframe.explore.Subject;
import trapframe.tests.timeline.LongModeGuest;

/** Faults that take two steps, or a turn of another CPU at one place. */
class SeveralStepsTest {
    /** A tick is counted with interrupts off, and what is done later for it with interrupts on: that one another tick can get lost. */
    private static final String DEFERRED = LongModeGuest.START + """
            .balign 8
            shared: .long 0
            later: .long 0
            deep: .long 0
            marks: .long 0
            noise: .long 0
            on_double_fault: jmp on_double_fault
            on_tick:
              push rax
              push rcx
              inc dword ptr [ticks]
              lock inc dword ptr [shared]
              mov al, 0x20
              out 0x20, al
              cmp dword ptr [deep], 0
              jne done
              inc dword ptr [deep]
              inc dword ptr [later]
              sti
              .rept 30
              inc ecx
              .endr
              mov eax, [shared]
              lock inc dword ptr [marks]
              inc eax
              mov [shared], eax
              .rept 30
              inc ecx
              .endr
              cli
              dec dword ptr [deep]
            done:
              pop rcx
              pop rax
              iretq
            begin: sti
              .rept 40
              inc dword ptr [noise]
              .endr
              cli
              mov eax, [shared]
              sub eax, [ticks]
              sub eax, [later]
              jz succeed
              mov al, 1
              out 0xf4, al
            """;
    /** Another CPU is started, and both count on without a lock. Turns are so long that they do not meet. */
    private static final String TWO_CPUS = LongModeGuest.START + LongModeGuest.TICK + """
            .balign 8
            arrived: .long 0
            started: .long 0
            ended: .long 0
            shared: .long 0
            noise: .long 0
            plain_gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
            on_double_fault: jmp on_double_fault
            trampoline:
            .code16
              cli
              xor ax, ax
              mov ds, ax
              lgdtd [0x8000 + plain_gdtr - trampoline]
              mov eax, cr0
              or al, 1
              mov cr0, eax
              .byte 0x66, 0xea
              .long second
              .word 8
            plain_gdtr: .word 23
              .long plain_gdt
            .code32
            second:
              mov eax, 0x10
              mov ds, eax
              mov ss, eax
              mov dword ptr [arrived], 1
            wait_for_start:
              pause
              cmp dword ptr [started], 0
              je wait_for_start
              mov ecx, 20
            count_too:
              mov eax, [shared]
              lea eax, [eax + 1]
              mov [shared], eax
              loop count_too
              mov dword ptr [ended], 1
              hlt
            .code64
            begin:
              cld
              mov esi, offset trampoline
              mov edi, 0x8000
              mov ecx, 256
              rep movsb
            """ + LongModeGuest.START_OTHER + """
            arrive:
              pause
              cmp dword ptr [arrived], 0
              je arrive
              mov dword ptr [started], 1
              mov ecx, 20
            count:
              mov eax, [shared]
              lock inc dword ptr [noise]
              inc eax
              mov [shared], eax
              loop count
            wait_for_other:
              pause
              cmp dword ptr [ended], 0
              je wait_for_other
              cmp dword ptr [shared], 40
              je succeed
              mov al, 1
              out 0xf4, al
            """;

    private static Report search(String text, int cpus, String strategy, int budget, Path folder) {
        return GuestSubject.explore(GuestSubject.of(text, cpus, folder.resolve("image")), strategy, budget).run();
    }

    @Test
    void twoInterruptsAreFoundWhereOneIsNotEnough(@TempDir Path folder) {
        Report one = search(DEFERRED, 1, "exhaustive", 10_000, folder);
        Report two = search(DEFERRED, 1, "pairs", 10_000, folder);

        assertThat(one.complete()).isTrue();
        assertThat(one.findings()).isEmpty();
        assertThat(two.findings()).singleElement().satisfies(finding -> assertThat(finding.schedule().steps()).hasSize(2));
        assertThat(two.runs()).isLessThan(one.runs() * one.runs() / 10);
    }

    @Test
    void changesOfPriorityAtSynchronisationFindWhatTakesTwoInterrupts(@TempDir Path folder) {
        Report report = search(DEFERRED, 1, "pct", 500, folder);

        assertThat(report.trials()).hasSizeGreaterThanOrEqualTo(500).allSatisfy(trial -> assertThat(trial.schedule().steps()).hasSizeLessThanOrEqualTo(2));
        assertThat(report.findings()).isNotEmpty();
    }

    /** The usual strategy does so behind some interrupts. */
    @ParameterizedTest
    @ValueSource(strings = {"conflicts", "auto"})
    void anUpdateThatAnotherCpusTurnGetsLostIsFoundByTurnsAtConflicts(String strategy, @TempDir Path folder) {
        Report report = search(TWO_CPUS, 2, strategy, 500, folder);

        assertThat(report.findings()).singleElement().satisfies(finding -> assertThat(finding.shown()).anySatisfy(schedule -> assertThat(schedule.steps())
                .singleElement().satisfies(step -> assertThat(step.action()).isInstanceOf(Schedule.Action.Turn.class))));
    }

    /** The other CPU comes to the word long after its turn would be over. */
    @Test
    void turnsAtConflictsLastUntilTheOtherCpuComesToTheWord(@TempDir Path folder) {
        String far = TWO_CPUS.replace("count_too:", """
                count_too:
                  mov edx, 3000
                work:
                  dec edx
                  jnz work
                """);
        Report report = search(far, 2, "conflicts", 500, folder);

        assertThat(report.findings()).singleElement().satisfies(finding -> assertThat(finding.shown()).allSatisfy(schedule -> assertThat(schedule.steps())
                .singleElement().satisfies(step -> assertThat(step.action()).isInstanceOfSatisfying(Schedule.Action.Turn.class,
                        turn -> assertThat(turn.atLeast()).isGreaterThan(6_000)))));
    }

    @Test
    void changesOfPriorityAtSynchronisationGetAnUpdateLostBetweenCpus(@TempDir Path folder) {
        Report report = search(TWO_CPUS, 2, "pct", 64, folder);

        assertThat(report.findings()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"footprint", "pairs", "pct"})
    void whatIsFoundOnOneCpuDoesNotDependOnTheNumberOfMachinesAndIsTakenFromTheFile(String strategy, @TempDir Path folder) {
        independent(GuestSubject.of(DEFERRED, 1, folder.resolve("image")), strategy, folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"conflicts", "pct", "pct:5"})
    void whatIsFoundOnTwoCpusDoesNotDependOnTheNumberOfMachinesAndIsTakenFromTheFile(String strategy, @TempDir Path folder) {
        independent(GuestSubject.of(TWO_CPUS, 2, folder.resolve("image")), strategy, folder);
    }

    private static void independent(Subject subject, String strategy, Path folder) {
        Report one = GuestSubject.explore(subject, strategy, 64, 1, folder.resolve("state")).run();
        long[] known = new long[1];
        Report three = GuestSubject.explore(subject, strategy, 64, 3, folder.resolve("other")).run();
        Report again = GuestSubject.explore(subject, strategy, 64, 2, folder.resolve("state"), progress -> known[0] = progress.known()).run();

        assertThat(one.runs()).isPositive();
        assertThat(three).isEqualTo(one);
        assertThat(again).isEqualTo(one);
        assertThat(known[0]).isEqualTo(one.runs());
    }

    @Test
    void aDepthOfOneIsRefused(@TempDir Path folder) {
        Exploration exploration = GuestSubject.explore(GuestSubject.of(DEFERRED, 1, folder.resolve("image")), "pct:1", 10);

        assertThatThrownBy(exploration::run).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("the depth of pct is 2 to 16");
    }
}
