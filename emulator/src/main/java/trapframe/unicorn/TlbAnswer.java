package trapframe.unicorn;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Where the answer to a TLB miss goes (struct uc_tlb_entry). Valid only inside the callback. */
public final class TlbAnswer {
    static final long BYTES = 16;
    private static final long PADDR = 0;
    private static final long PERMS = 8;

    private MemorySegment entry;

    TlbAnswer at(MemorySegment newEntry) {
        entry = newEntry;
        return this;
    }

    /** Lets the engine enter a translation to a physical page, until its TLB is flushed or drops the page. */
    public void set(long physicalPage, boolean read, boolean write, boolean execute) {
        entry.set(ValueLayout.JAVA_LONG, PADDR, physicalPage);
        entry.set(ValueLayout.JAVA_INT, PERMS, (read ? UnicornLibrary.PROT_READ : 0)
                | (write ? UnicornLibrary.PROT_WRITE : 0) | (execute ? UnicornLibrary.PROT_EXEC : 0));
    }
}
