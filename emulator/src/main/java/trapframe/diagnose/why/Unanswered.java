package trapframe.diagnose.why;

/**
 * An interrupt that one CPU sent to another one, which does not take it: its interrupts are off, and it gets no further.
 *
 * @param cpu    that does not take it
 * @param vector that waits in its local APIC
 * @param sent   by whom, and where: before the write of the interrupt command register
 */
public record Unanswered(int cpu, int vector, Event sent) { }
