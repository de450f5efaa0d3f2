package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;

/** Executes call frame instructions (DWARF, 6.4.2 and 7.24), up to the row for one address. */
final class CallFrameProgram {
    private static final int MAX_REMEMBERED = 64;

    private static final int PRIMARY = 0xc0;
    private static final int CFA_ADVANCE_LOC = 0x40;
    private static final int CFA_OFFSET = 0x80;
    private static final int CFA_RESTORE = 0xc0;
    private static final int CFA_NOP = 0x00;
    private static final int CFA_SET_LOC = 0x01;
    private static final int CFA_ADVANCE_LOC1 = 0x02;
    private static final int CFA_ADVANCE_LOC2 = 0x03;
    private static final int CFA_ADVANCE_LOC4 = 0x04;
    private static final int CFA_OFFSET_EXTENDED = 0x05;
    private static final int CFA_RESTORE_EXTENDED = 0x06;
    private static final int CFA_UNDEFINED = 0x07;
    private static final int CFA_SAME_VALUE = 0x08;
    private static final int CFA_REGISTER = 0x09;
    private static final int CFA_REMEMBER_STATE = 0x0a;
    private static final int CFA_RESTORE_STATE = 0x0b;
    private static final int CFA_DEF_CFA = 0x0c;
    private static final int CFA_DEF_CFA_REGISTER = 0x0d;
    private static final int CFA_DEF_CFA_OFFSET = 0x0e;
    private static final int CFA_DEF_CFA_EXPRESSION = 0x0f;
    private static final int CFA_EXPRESSION = 0x10;
    private static final int CFA_OFFSET_EXTENDED_SF = 0x11;
    private static final int CFA_DEF_CFA_SF = 0x12;
    private static final int CFA_DEF_CFA_OFFSET_SF = 0x13;
    private static final int CFA_VAL_OFFSET = 0x14;
    private static final int CFA_VAL_OFFSET_SF = 0x15;
    private static final int CFA_VAL_EXPRESSION = 0x16;
    /** LSB, 10.5.1: how much a call pushed, which the CFA knows already. */
    private static final int CFA_GNU_ARGS_SIZE = 0x2e;
    private static final int CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f;

    private final CommonInformation common;
    private final Budget budget;
    private final long wanted;
    private final List<CallFrameRow> remembered = new ArrayList<>();
    private CallFrameRow initial = new CallFrameRow();
    private CallFrameRow row = new CallFrameRow();
    private long location;

    /**
     * @param start  the first address of the function
     * @param wanted the address in it that the row is for
     */
    CallFrameProgram(CommonInformation common, long start, long wanted, Budget budget) {
        this.common = common;
        this.budget = budget;
        this.wanted = wanted;
        location = start;
    }

    CallFrameRow run(Cursor function) {
        execute(new Cursor(common.instructions().section(), common.instructions().position(), common.instructions().end()));
        initial = new CallFrameRow(row);
        execute(function);
        return row;
    }

    private void execute(Cursor c) {
        while (!c.atEnd() && Long.compareUnsigned(location, wanted) <= 0) {
            budget.spend(1);
            int op = c.u8();
            int operand = op & ~PRIMARY;
            switch (op & PRIMARY) {
                case CFA_ADVANCE_LOC -> advance(operand);
                case CFA_OFFSET -> offset(operand, c.uleb());
                case CFA_RESTORE -> row.restore(operand, initial);
                default -> extended(op, c);
            }
        }
    }

    private void extended(int op, Cursor c) {
        switch (op) {
            case CFA_NOP -> { }
            case CFA_SET_LOC -> location = common.readAddress(c);
            case CFA_ADVANCE_LOC1 -> advance(c.u8());
            case CFA_ADVANCE_LOC2 -> advance(c.u16());
            case CFA_ADVANCE_LOC4 -> advance(c.u32());
            case CFA_OFFSET_EXTENDED -> offset(c.ulebInt(), c.uleb());
            case CFA_OFFSET_EXTENDED_SF -> offset(c.ulebInt(), c.sleb());
            case CFA_GNU_NEGATIVE_OFFSET_EXTENDED -> offset(c.ulebInt(), -c.uleb());
            case CFA_RESTORE_EXTENDED -> row.restore(c.ulebInt(), initial);
            case CFA_UNDEFINED -> row.set(c.ulebInt(), new CallFrameRow.Rule.Undefined());
            case CFA_SAME_VALUE -> row.set(c.ulebInt(), new CallFrameRow.Rule.SameValue());
            case CFA_REGISTER -> row.set(c.ulebInt(), new CallFrameRow.Rule.Register(c.ulebInt()));
            case CFA_REMEMBER_STATE -> remember(c);
            case CFA_RESTORE_STATE -> {
                if (!remembered.isEmpty()) {
                    row = remembered.removeLast();
                }
            }
            case CFA_DEF_CFA -> row.defineCfa(c.ulebInt(), c.uleb());
            case CFA_DEF_CFA_SF -> row.defineCfa(c.ulebInt(), c.sleb() * common.dataAlignment());
            case CFA_DEF_CFA_REGISTER -> row.defineCfa(c.ulebInt(), row.cfaOffset);
            case CFA_DEF_CFA_OFFSET -> row.cfaOffset = c.uleb();
            case CFA_DEF_CFA_OFFSET_SF -> row.cfaOffset = c.sleb() * common.dataAlignment();
            case CFA_DEF_CFA_EXPRESSION -> {
                row.cfaRegister = -1;
                row.cfaExpression = c.slice(c.uleb());
            }
            case CFA_EXPRESSION -> row.set(c.ulebInt(), new CallFrameRow.Rule.AtExpression(c.slice(c.uleb())));
            case CFA_VAL_EXPRESSION -> row.set(c.ulebInt(), new CallFrameRow.Rule.ValueExpression(c.slice(c.uleb())));
            case CFA_VAL_OFFSET -> row.set(c.ulebInt(), new CallFrameRow.Rule.ValueOffset(c.uleb() * common.dataAlignment()));
            case CFA_VAL_OFFSET_SF -> row.set(c.ulebInt(), new CallFrameRow.Rule.ValueOffset(c.sleb() * common.dataAlignment()));
            case CFA_GNU_ARGS_SIZE -> c.uleb();
            default -> throw c.section().damaged("the unknown call frame instruction " + Names.hex(op));
        }
    }

    private void advance(long delta) {
        location += delta * common.codeAlignment();
    }

    private void offset(int register, long factored) {
        row.set(register, new CallFrameRow.Rule.Offset(factored * common.dataAlignment()));
    }

    private void remember(Cursor c) {
        if (remembered.size() == MAX_REMEMBERED) {
            throw c.section().damaged("call frame instructions remember without end");
        }
        remembered.add(new CallFrameRow(row));
    }
}
