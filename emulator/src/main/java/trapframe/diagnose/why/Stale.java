package trapframe.diagnose.why;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * An access for which a CPU used an entry of its TLB that the page tables did not have any more: neither INVLPG nor a load of CR3 came in between on
 * that CPU (SDM vol. 3A, section 4.10.4).
 *
 * @param cpu      its number
 * @param page     linear address of the page
 * @param physical address of the page that the TLB led to
 * @param mapped   the one that the page tables lead to at the access; empty if to none
 * @param change   of the page tables: the last one before the access that made them lead elsewhere
 * @param use      the first access after that
 * @param writer   who wrote the bytes that are accessed last; empty if nobody did since the start of the run
 */
public record Stale(int cpu, long page, long physical, OptionalLong mapped, Event change, Event use, Optional<Event> writer) { }
