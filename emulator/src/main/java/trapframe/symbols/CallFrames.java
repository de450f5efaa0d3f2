package trapframe.symbols;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Call frame information of both kinds: .debug_frame (DWARF, 6.4.1) and .eh_frame (LSB, 10.6). The functions are found once; their
 * instructions are read when they are needed.
 */
final class CallFrames {
    private static final int MAX_FUNCTIONS = 8 << 20;

    /** A row, and whether what it leads to was interrupted rather than having called. */
    record Found(CallFrameRow row, int returnColumn, boolean isSignalFrame) { }

    /** Where a function's entry is. */
    private record Place(Section section, boolean isEhFrame, long offset) { }

    private final Budget budget;
    private final List<Place> places = new ArrayList<>();
    private final Map<Place, CommonInformation> common = new HashMap<>();
    private final Intervals byAddress;

    CallFrames(ElfFile elf, Budget budget) {
        this.budget = budget;
        Intervals.Builder builder = new Intervals.Builder();
        if (elf.isX8664()) {
            index(elf, elf.section(".eh_frame"), true, builder);
            index(elf, elf.section(".debug_frame"), false, builder);
        }
        byAddress = builder.build();
    }

    private void index(ElfFile elf, Section section, boolean isEhFrame, Intervals.Builder builder) {
        Cursor c = section.cursor(0);
        while (!c.atEnd()) {
            budget.spend(1);
            Place place = new Place(section, isEhFrame, c.position());
            FunctionEntry entry = FunctionEntry.read(this, place, c);
            if (entry != null && elf.isCode(entry.start)) {
                if (places.size() == MAX_FUNCTIONS) {
                    throw section.damaged("it has more than " + MAX_FUNCTIONS + " functions");
                }
                builder.add(entry.start, entry.start + entry.length, places.size());
                places.add(place);
            }
        }
    }

    /** An entry of a function: an FDE. */
    private record FunctionEntry(CommonInformation common, long start, long length, Cursor instructions) {
        /** Reads an entry and goes behind it; null if it is none of a function. */
        static FunctionEntry read(CallFrames frames, Place place, Cursor c) {
            long length = c.u32();
            boolean is64Bit = length == 0xffff_ffffL;
            Cursor entry = c.slice(is64Bit ? c.i64() : length);
            if (entry.atEnd()) {
                return null;
            }
            long from = entry.position();
            long pointer = entry.offset(is64Bit && !place.isEhFrame);
            long ofCommon = place.isEhFrame ? from - pointer : pointer;
            boolean isCommon = place.isEhFrame ? pointer == 0 : pointer == (is64Bit ? -1 : 0xffff_ffffL);
            if (isCommon) {
                return null;
            }
            CommonInformation common = frames.common(new Place(place.section, place.isEhFrame, ofCommon));
            if (common == null) {
                return null;
            }
            long start = common.readAddress(entry);
            long size = common.readLength(entry);
            if (common.isAugmented()) {
                entry.skip(entry.uleb());
            }
            return new FunctionEntry(common, start, size, entry);
        }
    }

    private CommonInformation common(Place place) {
        CommonInformation known = common.get(place);
        if (known == null) {
            Cursor c = place.section.cursor(place.offset);
            long length = c.u32();
            boolean is64Bit = length == 0xffff_ffffL;
            Cursor entry = c.slice(is64Bit ? c.i64() : length);
            entry.skip(is64Bit && !place.isEhFrame ? Long.BYTES : Integer.BYTES);
            known = CommonInformation.read(entry);
            common.put(place, known);
        }
        return known;
    }

    /** The row for an address, or null if there is none. */
    Found at(long address) {
        int found = byAddress.find(address, budget);
        if (found < 0) {
            return null;
        }
        Place place = places.get(found);
        FunctionEntry entry = FunctionEntry.read(this, place, place.section.cursor(place.offset));
        CallFrameRow row = new CallFrameProgram(entry.common, entry.start, address, budget).run(entry.instructions);
        int column = entry.common.returnColumn();
        return row.hasCfa() || column < FrameRegisters.COUNT && row.rule(column) instanceof CallFrameRow.Rule.Undefined
                ? new Found(row, column, entry.common.isSignalFrame()) : null;
    }
}
