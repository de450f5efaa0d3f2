package trapframe.cpu;

import trapframe.unicorn.CpuState;

/** Descriptor tables, and the state that the engine derives from segment registers. */
final class Segmentation {
    private static final long CR0_PE = 1;
    private static final int TABLE_INDICATOR = 4;
    private static final int DPL_SHIFT = 13;

    private final CpuState state;
    private final LinearMemory memory;

    Segmentation(CpuState state, LinearMemory memory) {
        this.state = state;
        this.memory = memory;
    }

    /**
     * Reads the descriptor that a selector names.
     *
     * @param vector the exception for a selector beyond its table, with the selector as error code
     * @param ext    the EXT bit for the error code
     */
    Descriptor read(int selector, int vector, int ext) throws CpuFault {
        boolean local = (selector & TABLE_INDICATOR) != 0;
        long base = local ? state.ldtBase() : state.gdtBase();
        long limit = local ? state.ldtLimit() : state.gdtLimit() & 0xffffL;
        long offset = selector & 0xfff8;
        if (offset + 7 > limit) {
            throw new CpuFault(vector, selector & 0xfffc | ext);
        }
        return Descriptor.of(memory.readTable(base + offset, 8));
    }

    /** Sets the accessed bit of a descriptor in its table, as every load of a segment register does. */
    void markAccessed(int selector, Descriptor descriptor) throws CpuFault {
        if ((descriptor.high() & Descriptor.ACCESSED) == 0) {
            long base = (selector & TABLE_INDICATOR) != 0 ? state.ldtBase() : state.gdtBase();
            memory.writeTable(base + (selector & 0xfff8) + 4, 4,
                    (descriptor.high() | Descriptor.ACCESSED) & 0xffff_ffffL);
        }
    }

    void load(int segment, int selector, Descriptor descriptor) {
        set(segment, selector, descriptor.base(), descriptor.limit(), descriptor.high() | Descriptor.ACCESSED);
    }

    /** Sets a segment register's cache and everything that follows from it: CPL, code and stack size. */
    void set(int segment, int selector, long base, long limit, int flags) {
        state.setSegment(segment, selector, base, limit, flags);
        int hflags = state.hflags();
        if (segment == CpuState.CS) {
            hflags &= ~(CpuState.HFLAGS_CS32 | CpuState.HFLAGS_CS64);
            if (state.isLongMode() && (flags & Descriptor.LONG) != 0) {
                hflags |= CpuState.HFLAGS_CS32 | CpuState.HFLAGS_CS64;
            } else if ((flags & Descriptor.BIG) != 0) {
                hflags |= CpuState.HFLAGS_CS32;
            }
        }
        if (segment == CpuState.SS) {
            hflags = hflags & ~CpuState.HFLAGS_CPL | flags >>> DPL_SHIFT & CpuState.HFLAGS_CPL;
        }
        state.setHflags(withSizes(hflags));
    }

    /** A segment of real mode or virtual-8086 mode: 64 KiB from selector times 16. */
    void setReal(int segment, int selector, int dpl) {
        set(segment, selector, (long) selector << 4, 0xffff, Descriptor.PRESENT | Descriptor.NOT_SYSTEM
                | Descriptor.WRITABLE | Descriptor.ACCESSED | dpl << DPL_SHIFT
                | (segment == CpuState.CS && dpl == 0 ? Descriptor.CODE : 0));
    }

    void setNull(int segment, int selector) {
        set(segment, selector, 0, 0, segment == CpuState.SS ? (selector & 3) << DPL_SHIFT : 0);
    }

    private int withSizes(int hflags) {
        hflags &= ~(CpuState.HFLAGS_SS32 | CpuState.HFLAGS_ADDSEG);
        if ((state.segmentFlags(CpuState.SS) & Descriptor.BIG) != 0) {
            hflags |= CpuState.HFLAGS_SS32;
        }
        if ((hflags & CpuState.HFLAGS_CS64) != 0) {
            return hflags;
        }
        boolean flat = (state.control(0) & CR0_PE) != 0 && (state.eflags() & CpuState.VM) == 0
                && (hflags & CpuState.HFLAGS_CS32) != 0
                && (state.segmentBase(CpuState.DS) | state.segmentBase(CpuState.ES)
                        | state.segmentBase(CpuState.SS)) == 0;
        return flat ? hflags : hflags | CpuState.HFLAGS_ADDSEG;
    }
}
