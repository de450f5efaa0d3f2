package trapframe.symbols;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which source line the code at each address of a unit came from (DWARF, 6.2). */
final class LineTable {
    private static final int MAX_ROWS = 1 << 20;

    private static final int LNS_COPY = 1;
    private static final int LNS_ADVANCE_PC = 2;
    private static final int LNS_ADVANCE_LINE = 3;
    private static final int LNS_SET_FILE = 4;
    private static final int LNS_SET_COLUMN = 5;
    private static final int LNS_NEGATE_STMT = 6;
    private static final int LNS_CONST_ADD_PC = 8;
    private static final int LNS_FIXED_ADVANCE_PC = 9;
    private static final int LNE_END_SEQUENCE = 1;
    private static final int LNE_SET_ADDRESS = 2;

    private final LineHeader header;
    private final DebugSections sections;
    private final Intervals.Builder sequenceBuilder = new Intervals.Builder();
    private final Intervals sequences;
    /** The number of rows up to the end of each sequence. */
    private final List<Integer> sequenceEnds = new ArrayList<>();
    private int count;
    private long[] addresses = new long[64];
    private int[] files = new int[64];
    private int[] lines = new int[64];
    private int[] columns = new int[64];
    private boolean[] statements = new boolean[64];

    // The state machine's registers (6.2.2).
    private long address;
    private int file;
    private int line;
    private int column;
    private boolean isStatement;
    private int sequenceStart;

    /** Reads the table of a unit that has one. */
    LineTable(Unit unit) {
        this(unit, new LineHeader(unit));
    }

    LineTable(Unit unit, LineHeader header) {
        this.header = header;
        sections = unit.sections();
        run();
        sequences = sequenceBuilder.build();
    }

    private void resetRegisters() {
        address = 0;
        file = 1;
        line = 1;
        column = 0;
        isStatement = header.defaultIsStatement;
        sequenceStart = count;
    }

    private void run() {
        Cursor c = header.program;
        resetRegisters();
        while (!c.atEnd()) {
            sections.budget().spend(1);
            int opcode = c.u8();
            if (opcode >= header.opcodeBase) {
                special(opcode);
            } else if (opcode == 0) {
                extended(c.slice(c.uleb()));
            } else {
                standard(opcode, c);
            }
        }
    }

    /** 6.2.5.1. */
    private void special(int opcode) {
        int adjusted = opcode - header.opcodeBase;
        address += (long) (adjusted / header.lineRange) * header.minimumInstructionLength;
        line += header.lineBase + adjusted % header.lineRange;
        addRow();
    }

    /** 6.2.5.2. */
    private void standard(int opcode, Cursor c) {
        switch (opcode) {
            case LNS_COPY -> addRow();
            case LNS_ADVANCE_PC -> address += c.uleb() * header.minimumInstructionLength;
            case LNS_ADVANCE_LINE -> line += (int) c.sleb();
            case LNS_SET_FILE -> file = (int) c.uleb();
            case LNS_SET_COLUMN -> column = (int) c.uleb();
            case LNS_NEGATE_STMT -> isStatement = !isStatement;
            case LNS_CONST_ADD_PC -> address += (long) ((255 - header.opcodeBase) / header.lineRange) * header.minimumInstructionLength;
            case LNS_FIXED_ADVANCE_PC -> address += c.u16();
            default -> {
                // Of no matter here: basic blocks, prologues, instruction sets, and what later versions add.
                for (int i = 0; i < header.opcodeLengths[opcode]; i++) {
                    c.uleb();
                }
            }
        }
    }

    /** 6.2.5.3. */
    private void extended(Cursor c) {
        if (c.atEnd()) {
            return;
        }
        switch (c.u8()) {
            case LNE_END_SEQUENCE -> {
                addRow();
                endSequence();
            }
            case LNE_SET_ADDRESS -> address = c.unsigned((int) Math.min(c.end() - c.position(), Long.BYTES));
            default -> { }
        }
    }

    /** Rows of code that the linker threw away are at addresses where no code is. */
    private void endSequence() {
        long low = addresses[sequenceStart];
        if (count - 1 > sequenceStart && Long.compareUnsigned(low, address) < 0 && sections.elf().isCode(low)) {
            sequenceBuilder.add(low, address, sequenceEnds.size());
            sequenceEnds.add(count);
        } else {
            count = sequenceStart;
        }
        resetRegisters();
    }

    private void addRow() {
        if (count == MAX_ROWS) {
            throw sections.lines().damaged("a line table of more than " + MAX_ROWS + " rows");
        }
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            files = Arrays.copyOf(files, 2 * count);
            lines = Arrays.copyOf(lines, 2 * count);
            columns = Arrays.copyOf(columns, 2 * count);
            statements = Arrays.copyOf(statements, 2 * count);
        }
        addresses[count] = address;
        files[count] = file;
        lines[count] = line;
        columns[count] = column;
        statements[count++] = isStatement;
    }

    /** The row for an address: the last one that is not behind it; -1 if the table does not know it. */
    int rowAt(long wanted) {
        int sequence = sequences.find(wanted, sections.budget());
        if (sequence < 0) {
            return -1;
        }
        int low = sequence == 0 ? 0 : sequenceEnds.get(sequence - 1);
        int high = sequenceEnds.get(sequence);
        while (low + 1 < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(addresses[middle], wanted) <= 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    int rows() {
        return count;
    }

    long address(int row) {
        return addresses[row];
    }

    int fileNumber(int row) {
        return files[row];
    }

    int line(int row) {
        return lines[row];
    }

    int column(int row) {
        return columns[row];
    }

    /** Whether the row is where a statement begins: a place for a breakpoint. */
    boolean isStatement(int row) {
        return statements[row];
    }

    LineHeader header() {
        return header;
    }
}
