package trapframe.unicorn;

import java.lang.foreign.ValueLayout;

/** Where the answer to a TLB miss goes (struct uc_tlb_entry). Valid only inside the callback. */
public final class TlbAnswer {
    private static final long PADDR = 0;
    private static final long PERMS = 8;

    private long entry;

    TlbAnswer at(long newEntry) {
        entry = newEntry;
        return this;
    }

    /**
     * Lets the engine enter a translation to a physical page, until its TLB is flushed or drops the page. The engine
     * sees stores to translated code only through entries that are executable.
     */
    public void set(long physicalPage, boolean read, boolean write, boolean execute) {
        HostMemory.ALL.set(ValueLayout.JAVA_LONG, entry + PADDR, physicalPage);
        HostMemory.ALL.set(ValueLayout.JAVA_INT, entry + PERMS, (read ? UnicornLibrary.PROT_READ : 0)
                | (write ? UnicornLibrary.PROT_WRITE : 0) | (execute ? UnicornLibrary.PROT_EXEC : 0));
    }
}
