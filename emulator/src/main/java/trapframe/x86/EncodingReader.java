package trapframe.x86;

import java.util.Optional;

/** Reads the parts of an instruction, one after the other. */
final class EncodingReader {
    /**
     * What follows an opcode of the one-byte map (SDM vol. 2D, appendix A), in order: . nothing, m ModRM, r ModRM of registers only, b a byte, w two
     * bytes, z two or four bytes by operand size, v as many as the operand, j the displacement of a near branch, f a far pointer, o an address, e two
     * bytes and one, M ModRM and a byte, Z ModRM and z, g ModRM and perhaps an immediate, p prefix, x no instruction.
     */
    private static final String ONE_BYTE_64 = "mmmmbzxxmmmmbzx." + "mmmmbzxxmmmmbzxx" + "mmmmbzpxmmmmbzpx" + "mmmmbzpxmmmmbzpx"
            + "pppppppppppppppp" + "................" + "xxxmppppzZbM...." + "bbbbbbbbbbbbbbbb"
            + "MZxMmmmmmmmmmmmm" + "..........x....." + "oooo....bz......" + "bbbbbbbbvvvvvvvv"
            + "MMw.xxMZe.w..bx." + "mmmmxxx.mmmmmmmm" + "bbbbbbbbjjxb...." + "p.pp..gg......mm";
    private static final String ONE_BYTE_32 = "mmmmbz..mmmmbz.." + "mmmmbz..mmmmbz.." + "mmmmbzp.mmmmbzp." + "mmmmbzp.mmmmbzp."
            + "................" + "................" + "..mmppppzZbM...." + "bbbbbbbbbbbbbbbb"
            + "MZMMmmmmmmmmmmmm" + "..........f....." + "oooo....bz......" + "bbbbbbbbvvvvvvvv"
            + "MMw.mmMZe.w..b.." + "mmmmbb..mmmmmmmm" + "bbbbbbbbjjfb...." + "p.pp..gg......mm";
    private static final String TWO_BYTES = "mmmmx.....x.xm.M" + "mmmmmmmmmmmmmmmm" + "rrrrxxxxmmmmmmmm" + "......x.xxxxxxxx"
            + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "MMMMmmm.mmmmmmmm"
            + "jjjjjjjjjjjjjjjj" + "mmmmmmmmmmmmmmmm" + "...mMmxx...mMmmm" + "mmmmmmmmmmMmmmmm"
            + "mmMmMMMm........" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm";
    private static final String WITH_MODRM = "mrMZg";

    /** Base and index of 16-bit addresses by the r/m field (SDM vol. 2A, table 2-1): BX, BP, SI and DI. */
    private static final int[] BASES_16 = {3, 3, 5, 5, 6, 7, 5, 3};
    private static final int[] INDEXES_16 = {6, 7, 6, 7, MemoryOperand.NONE, MemoryOperand.NONE, MemoryOperand.NONE, MemoryOperand.NONE};
    private static final int NO_BASE_16 = 6;
    /** In SIB or as r/m: no base, but a displacement. */
    private static final int NO_BASE = 5;
    private static final int HAS_SIB = 4;

    private final byte[] bytes;
    private final int start;
    private final CodeSize size;
    private int at;
    private Prefixes prefixes;
    private int map = 1;
    private int opcode;
    private char form;
    private int modrm = -1;

    EncodingReader(byte[] bytes, int start, CodeSize size) {
        this.bytes = bytes;
        this.start = start;
        this.size = size;
        at = start;
    }

    static int operandSize(CodeSize size, boolean wide, boolean prefix) {
        return wide ? 8 : (size == CodeSize.BITS_16) == prefix ? 4 : 2;
    }

    static int addressSize(CodeSize size, boolean prefix) {
        return switch (size) {
            case BITS_16 -> prefix ? 4 : 2;
            case BITS_32 -> prefix ? 2 : 4;
            case BITS_64 -> prefix ? 4 : 8;
        };
    }

    /** Null if it is none. */
    Encoding read(long address) {
        readPrefixes();
        readOpcode();
        if (form == 'x' || form == 'p') {
            return null;
        }
        MemoryOperand memory = null;
        boolean relative = false;
        if (WITH_MODRM.indexOf(form) >= 0) {
            modrm = next();
            if (modrm >> 6 != 3 && form != 'r') {
                memory = addressSize(size, prefixes.addressSize()) == 2 ? memory16() : memory();
                relative = size == CodeSize.BITS_64 && (modrm & 0xc7) == NO_BASE;
            }
        }
        long immediate = number(immediateBytes());
        int length = at - start;
        if (length > Encoding.MAX_LENGTH) {
            return null;
        }
        if (relative) {
            memory = new MemoryOperand(memory.base(), memory.index(), memory.scale(), memory.displacement() + address + length, memory.segment(),
                    memory.addressSize());
        }
        return new Encoding(size, address, length, prefixes, map, opcode, modrm, Optional.ofNullable(memory), immediate);
    }

    private void readPrefixes() {
        boolean lock = false;
        boolean operand = false;
        boolean shortened = false;
        boolean data = false;
        boolean ignored = false;
        int repeat = 0;
        int segment = MemoryOperand.NONE;
        int rex = 0;
        boolean is64 = size == CodeSize.BITS_64;
        String forms = is64 ? ONE_BYTE_64 : ONE_BYTE_32;
        while (forms.charAt(bytes[at] & 0xff) == 'p') {
            int prefix = next();
            ignored |= rex != 0;
            rex = 0;
            switch (prefix) {
                case 0xf0 -> lock = true;
                case 0xf2, 0xf3 -> repeat = prefix;
                case 0x66 -> operand = true;
                case 0x67 -> shortened = true;
                case 0x26, 0x2e, 0x36, 0x3e -> {
                    data |= prefix == 0x3e;
                    segment = is64 ? segment : prefix >> 3 & 3;
                }
                case 0x64, 0x65 -> segment = prefix - 0x60;
                default -> rex = prefix;
            }
        }
        prefixes = new Prefixes(at - start, rex, ignored, false, repeat, lock, operand, shortened, data, segment);
    }

    private void readOpcode() {
        opcode = next();
        form = (size == CodeSize.BITS_64 ? ONE_BYTE_64 : ONE_BYTE_32).charAt(opcode);
        if (opcode == 0x0f) {
            opcode = next();
            map = opcode == 0x38 || opcode == 0x3a ? 3 : 2;
            form = opcode == 0x38 ? 'm' : opcode == 0x3a ? 'M' : TWO_BYTES.charAt(opcode);
            if (map == 3) {
                opcode = next();
            }
        } else if ((opcode == 0xc4 || opcode == 0xc5) && (size == CodeSize.BITS_64 || (bytes[at] & 0xc0) == 0xc0)) {
            readVex();
        }
    }

    /** What REX has is inverted in VEX (SDM vol. 2A, section 2.3.5). */
    private void readVex() {
        boolean isShort = opcode == 0xc5;
        int first = next();
        int vexMap = isShort ? 1 : first & 0x1f;
        int second = isShort ? 0 : next();
        int registers = size == CodeSize.BITS_64 ? ~first >> 5 & (isShort ? 4 : 7) : 0;
        prefixes = prefixes.withVex(registers | second >> 4 & 8);
        opcode = next();
        map = vexMap == 1 ? 2 : 3;
        form = vexMap == 3 ? 'M' : vexMap == 2 ? 'm' : TWO_BYTES.charAt(opcode);
    }

    private int immediateBytes() {
        int operand = operandSize(size, prefixes.wide(), prefixes.operandSize());
        int address = addressSize(size, prefixes.addressSize());
        boolean isTest = form == 'g' && (modrm >> 3 & 7) < 2;
        return switch (form) {
            case 'b', 'M' -> 1;
            case 'w' -> 2;
            case 'e' -> 3;
            case 'z', 'Z' -> Math.min(operand, 4);
            case 'v' -> operand;
            // Intel's processors ignore the prefix in 64-bit code (SDM vol. 2A, "CALL").
            case 'j' -> size == CodeSize.BITS_64 ? 4 : operand;
            case 'f' -> operand + 2;
            case 'o' -> address;
            case 'g' -> !isTest ? 0 : opcode == 0xf6 ? 1 : Math.min(operand, 4);
            default -> 0;
        };
    }

    private MemoryOperand memory() {
        int mode = modrm >> 6;
        int base = modrm & 7;
        int index = MemoryOperand.NONE;
        int scale = 1;
        if (base == HAS_SIB) {
            int sib = next();
            int number = sib >> 3 & 7 | prefixes.indexHigh();
            index = number == 4 ? MemoryOperand.NONE : number;
            scale = 1 << (sib >> 6);
            base = sib & 7;
        }
        boolean noBase = base == NO_BASE && mode == 0;
        long displacement = number(mode == 1 ? 1 : mode == 2 || noBase ? 4 : 0);
        return new MemoryOperand(noBase ? MemoryOperand.NONE : base | prefixes.rmHigh(), index, scale, displacement, prefixes.segment(),
                addressSize(size, prefixes.addressSize()));
    }

    private MemoryOperand memory16() {
        int mode = modrm >> 6;
        int rm = modrm & 7;
        boolean noBase = rm == NO_BASE_16 && mode == 0;
        long displacement = number(noBase ? 2 : mode);
        return new MemoryOperand(noBase ? MemoryOperand.NONE : BASES_16[rm], INDEXES_16[rm], 1, displacement, prefixes.segment(), 2);
    }

    private int next() {
        return bytes[at++] & 0xff;
    }

    private long number(int width) {
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= (long) next() << 8 * i;
        }
        return width == 0 ? 0 : value << 64 - 8 * width >> 64 - 8 * width;
    }
}
