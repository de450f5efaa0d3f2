package trapframe.gdb;

/** How a client wants the machine to move. All CPUs take their turns as they always do, whichever of them is stepped. */
public sealed interface Resume {
    /** Onwards, until something stops it. */
    record Continue() implements Resume { }

    /** Onwards, until a CPU has executed an instruction. */
    record Step(int cpu) implements Resume { }

    /**
     * Onwards, until a CPU is about to execute an instruction outside of a range.
     *
     * @param start linear address of its first byte
     * @param end   of the first byte behind it
     */
    record StepRange(int cpu, long start, long end) implements Resume { }

    /** Back, to the last place that would have stopped it. */
    record ReverseContinue() implements Resume { }

    /** Back to before the instruction that a CPU executed last. */
    record ReverseStep(int cpu) implements Resume { }
}
