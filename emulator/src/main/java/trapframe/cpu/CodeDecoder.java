package trapframe.cpu;

import java.util.Optional;
import trapframe.unicorn.CpuState;

/** Finds the borders of instructions in 64-bit code (SDM vol. 2A, chapter 2, and the opcode maps of vol. 2D, appendix A). */
public final class CodeDecoder {
    private static final int MAX_LENGTH = 15;
    /**
     * What follows an opcode of the one-byte map, in order: . nothing, m ModRM, b a byte, w two bytes, z two or four bytes by operand size, d four
     * bytes, v as many as the operand, o an address, e two bytes and one, M ModRM and a byte, Z ModRM and z, g ModRM and perhaps an immediate, p prefix,
     * x not in 64-bit code.
     */
    private static final String ONE_BYTE = "mmmmbzxxmmmmbzx." + "mmmmbzxxmmmmbzxx" + "mmmmbzpxmmmmbzpx" + "mmmmbzpxmmmmbzpx"
            + "pppppppppppppppp" + "................" + "xxxmppppzZbM...." + "bbbbbbbbbbbbbbbb"
            + "MZxMmmmmmmmmmmmm" + "..........x....." + "oooo....bz......" + "bbbbbbbbvvvvvvvv"
            + "MMw.xxMZe.w..bx." + "mmmmxxx.mmmmmmmm" + "bbbbbbbbddxb...." + "p.pp..gg......mm";
    private static final String TWO_BYTES = "mmmmx.....x.xm.x" + "mmmmmmmmmmmmmmmm" + "mmmmxxxxmmmmmmmm" + "......x.xxxxxxxx"
            + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "MMMMmmm.mmmmmmmm"
            + "dddddddddddddddd" + "mmmmmmmmmmmmmmmm" + "...mMmxx...mMmmm" + "mmmmmmmmmmMmmmmm"
            + "mmMmMMMm........" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm" + "mmmmmmmmmmmmmmmm";

    private final byte[] bytes;
    private final int start;
    private int at;

    private CodeDecoder(byte[] bytes, int start) {
        this.bytes = bytes;
        this.start = start;
        at = start;
    }

    /**
     * Decodes the instruction at an offset.
     *
     * @param linear address of the instruction
     * @return empty if it is none of 64-bit code, or not the whole of one
     */
    public static Optional<CodeInstruction> decode(byte[] bytes, int offset, long linear) {
        try {
            return Optional.ofNullable(new CodeDecoder(bytes, offset).decode(linear));
        } catch (ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    private CodeInstruction decode(long linear) {
        boolean locked = false;
        boolean unlocked = false;
        boolean wordOperand = false;
        boolean shortAddress = false;
        int segment = -1;
        int rex = 0;
        while (true) {
            int prefix = bytes[at] & 0xff;
            if (ONE_BYTE.charAt(prefix) != 'p' || at - start > MAX_LENGTH) {
                break;
            }
            at++;
            if ((prefix & 0xf0) == 0x40) {
                rex = prefix;
                continue;
            }
            rex = 0;
            switch (prefix) {
                case 0xf0 -> locked = true;
                case 0x3e -> unlocked = true;
                case 0x66 -> wordOperand = true;
                case 0x67 -> shortAddress = true;
                case 0x64 -> segment = CpuState.FS;
                case 0x65 -> segment = CpuState.GS;
                default -> { }
            }
        }
        int map = 1;
        int code = next();
        char form = ONE_BYTE.charAt(code);
        if (code == 0x0f) {
            code = next();
            map = code == 0x38 || code == 0x3a ? 3 : 2;
            form = code == 0x38 ? 'm' : code == 0x3a ? 'M' : TWO_BYTES.charAt(code);
            if (map == 3) {
                code = next();
            }
        } else if (code == 0xc4 || code == 0xc5) {
            // VEX: the map is in the byte behind C4, and 0F behind C5.
            int vexMap = code == 0xc5 ? 1 : next() & 0x1f;
            next();
            code = next();
            map = vexMap == 1 ? 2 : 3;
            form = vexMap == 3 ? 'M' : vexMap == 2 ? 'm' : TWO_BYTES.charAt(code);
        }
        if (form == 'x' || form == 'p') {
            return null;
        }
        int modrm = -1;
        int sib = -1;
        int displacement = 0;
        if ("mMZg".indexOf(form) >= 0) {
            modrm = next();
            int mode = modrm >> 6;
            if (mode != 3) {
                int base = modrm & 7;
                if (base == 4) {
                    sib = next();
                    base = sib & 7;
                }
                displacement = (int) (mode == 1 ? number(1) : mode == 2 || base == 5 && mode == 0 ? number(4) : 0);
            }
        }
        int size = (rex & 8) != 0 ? 8 : wordOperand ? 2 : 4;
        boolean isTest = form == 'g' && (modrm >> 3 & 7) < 2;
        long immediate = number(switch (form) {
            case 'b', 'M' -> 1;
            case 'w' -> 2;
            case 'z', 'Z' -> Math.min(size, 4);
            case 'd' -> 4;
            case 'v' -> size;
            case 'o' -> shortAddress ? 4 : 8;
            case 'e' -> 3;
            case 'g' -> !isTest ? 0 : code == 0xf6 ? 1 : Math.min(size, 4);
            default -> 0;
        });
        if (at > bytes.length || at - start > MAX_LENGTH || shortAddress && modrm >= 0 && modrm >> 6 != 3) {
            return null;
        }
        return new CodeInstruction(linear, at - start, map, code, modrm, sib, rex, displacement, immediate, locked, unlocked, isOfBytes(map, code) ? 1 : size,
                segment);
    }

    /** Whether the operand is a byte whatever the prefixes say. */
    private static boolean isOfBytes(int map, int code) {
        if (map == 1) {
            return code < 0x40 && (code & 5) == 0
                    || code == 0x80 || code == 0x84 || code == 0x86 || code == 0x88 || code == 0x8a || code == 0xc6 || code == 0xf6 || code == 0xfe;
        }
        return map == 2 && (code == 0xb0 || code == 0xc0);
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
