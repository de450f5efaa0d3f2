package trapframe.cpu;

/**
 * How a CPU is handed to a kernel: everything that a boot protocol says of the registers. What is not named here has
 * its value after reset (SDM vol. 3A, table 11-1), with interrupts off and general registers zero.
 *
 * @param mode         the mode to enter in
 * @param rip          linear address of the first instruction (in {@link Mode#REAL}, the offset in CS)
 * @param rsp          stack pointer, or 0
 * @param rax          initial RAX
 * @param rbx          initial RBX
 * @param rsi          initial RSI
 * @param cr3          page-table root, used only in {@link Mode#LONG}
 * @param gdtBase      physical address of the descriptor table that the loader wrote, or 0
 * @param gdtLimit     its limit
 * @param codeSelector selector in CS; in {@link Mode#REAL} the segment value
 * @param dataSelector selector in DS, ES, SS, FS and GS; in {@link Mode#REAL} the segment value
 */
public record EntryState(Mode mode, long rip, long rsp, long rax, long rbx, long rsi, long cr3,
                         long gdtBase, int gdtLimit, int codeSelector, int dataSelector) {

    public enum Mode {
        /** 16-bit real mode; segment bases are selectors times 16. */
        REAL,
        /** 32-bit protected mode without paging, flat segments of 4 GiB. */
        PROTECTED,
        /** 64-bit mode: PAE paging from {@code cr3}, EFER.LME, LMA, SCE off, NXE off. */
        LONG
    }
}
