package trapframe.symbols;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Something in the guest's memory, and its type. It is read when it is asked for, so that a value kept while the guest runs shows what is
 * there then; {@link #fetched} keeps it as it is.
 *
 * <p>What cannot be done with the type, and memory that is not there, is a {@link SymbolsException}.
 */
public final class Value {
    private static final int MAX_FETCHED = 16 << 20;
    private static final int MAX_TEXT = 4096;
    private static final int MAX_ELEMENTS = 1 << 20;

    private final KernelSymbols symbols;
    private final MemoryView memory;
    private final Type type;
    private final long address;
    private final int bitOffset;
    private final int bitSize;
    /** The value itself, if it lies nowhere. */
    private final OptionalLong literal;

    Value(KernelSymbols symbols, MemoryView memory, Type type, long address) {
        this(symbols, memory, type, address, 0, 0, OptionalLong.empty());
    }

    /** A pointer that somebody typed. */
    static Value pointer(KernelSymbols symbols, MemoryView memory, Type.Pointer type, long value) {
        return new Value(symbols, memory, type, 0, 0, 0, OptionalLong.of(value));
    }

    private Value(KernelSymbols symbols, MemoryView memory, Type type, long address, int bitOffset, int bitSize, OptionalLong literal) {
        this.literal = literal;
        this.symbols = symbols;
        this.memory = memory;
        this.type = type;
        this.address = address;
        this.bitOffset = bitOffset;
        this.bitSize = bitSize;
    }

    /** The type as it was declared. */
    public Type type() {
        return type;
    }

    /** Where it begins, of a bit-field the byte in which it begins; 0 for a pointer that is a number in an expression. */
    public long address() {
        return address;
    }

    KernelSymbols symbols() {
        return symbols;
    }

    /** The value as the memory holds it now: all of its bytes are read at once, pointers lead out of them. */
    public Value fetched() {
        if (literal.isPresent()) {
            return this;
        }
        long size = bitSize > 0 ? (bitOffset + bitSize + Byte.SIZE - 1) / Byte.SIZE : type.size();
        if (size > MAX_FETCHED) {
            throw new SymbolsException("a value of " + size + " bytes is too large to be read at once");
        }
        byte[] bytes = bytes(address, (int) size);
        MemoryView kept = (from, length) -> {
            long at = from - address;
            return at >= 0 && at <= bytes.length - length ? Arrays.copyOfRange(bytes, (int) at, (int) at + length) : memory.read(from, length);
        };
        return new Value(symbols, kept, type, address, bitOffset, bitSize, OptionalLong.empty());
    }

    private byte[] bytes(long from, int length) {
        byte[] bytes = memory.read(from, length);
        if (bytes.length < length) {
            throw new SymbolsException("the guest has no memory at " + Names.hex(from + bytes.length));
        }
        return bytes;
    }

    /** The value's own bytes. */
    public byte[] bytes() {
        long size = type.size();
        if (size > MAX_FETCHED) {
            throw new SymbolsException("a value of " + size + " bytes is too large to be read at once");
        }
        return bytes(address, (int) size);
    }

    /** A member of a structure or union; one of a structure without a name in it as well. Pointers are followed. */
    public Value member(String name) {
        Type plain = type.plain();
        if (plain instanceof Type.Pointer) {
            return target().member(name);
        }
        if (!(plain instanceof Type.Struct struct)) {
            throw new SymbolsException("a value of type " + type + " has no members, so no " + name);
        }
        return find(struct, address, name, 0).orElseThrow(() -> new SymbolsException(struct.size() == 0 && struct.members().isEmpty()
                ? "nothing is known of the members of " + type + ", so of no " + name : type + " has no member " + name));
    }

    private Optional<Value> find(Type.Struct struct, long at, String name, int depth) {
        if (depth > CSyntax.MAX_DEPTH) {
            throw CSyntax.circle();
        }
        for (Type.Member member : struct.members()) {
            if (member.name().isPresent()) {
                if (member.name().get().equals(name)) {
                    return Optional.of(of(member, at));
                }
            } else if (member.type().get().plain() instanceof Type.Struct inner) {
                Optional<Value> found = find(inner, at + member.offset(), name, depth + 1);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    Value of(Type.Member member, long at) {
        return new Value(symbols, memory, member.type().get(), at + member.offset(), member.bitOffset(), member.bitSize(),
                OptionalLong.empty());
    }

    /** An element of an array, or of what a pointer points to, as C has it: the index is not compared with the array's size. */
    public Value at(long index) {
        return switch (type.plain()) {
            case Type.Array array -> element(array.element().get(), address, index);
            case Type.Pointer pointer -> element(pointer.target().get(), number(), index);
            default -> throw new SymbolsException("a value of type " + type + " has no elements");
        };
    }

    private Value element(Type of, long start, long index) {
        return new Value(symbols, memory, of, start + index * of.size());
    }

    /** The elements of an array whose size the type tells. */
    public List<Value> elements() {
        if (!(type.plain() instanceof Type.Array array) || array.count() < 0) {
            throw new SymbolsException("a value of type " + type + " is no array of known size");
        }
        if (array.count() > MAX_ELEMENTS) {
            throw new SymbolsException("an array of " + array.count() + " elements is too large to be listed");
        }
        List<Value> elements = new ArrayList<>();
        for (long i = 0; i < array.count(); i++) {
            elements.add(at(i));
        }
        return elements;
    }

    /** What a pointer points to. */
    public Value target() {
        if (!(type.plain() instanceof Type.Pointer pointer)) {
            throw new SymbolsException("a value of type " + type + " is no pointer");
        }
        return new Value(symbols, memory, pointer.target().get(), number());
    }

    /** The same bytes as another type. */
    public Value as(Type other) {
        return new Value(symbols, memory, other, address);
    }

    /** Whether this is a null pointer, or the number 0. */
    public boolean isNull() {
        return number() == 0;
    }

    /** A number, a character, a truth value, an enumeration's or a pointer's value, with the sign that its type has. */
    public long number() {
        if (literal.isPresent()) {
            return literal.getAsLong();
        }
        Type plain = type.plain();
        boolean isSigned = switch (plain) {
            case Type.Base base when base.encoding() != Type.Encoding.FLOAT && base.encoding() != Type.Encoding.OTHER ->
                    base.encoding() == Type.Encoding.SIGNED || base.encoding() == Type.Encoding.CHARACTER;
            case Type.Enumeration enumeration -> enumeration.isSigned();
            case Type.Pointer _ -> false;
            default -> throw new SymbolsException("a value of type " + type + " is no number");
        };
        if (bitSize > 0) {
            return bits(isSigned);
        }
        int size = (int) Math.min(plain.size(), MAX_FETCHED);
        if (size < 1 || size > Long.BYTES) {
            throw new SymbolsException("a value of type " + type + " has " + size + " bytes, and is no number of at most 8");
        }
        return extend(memory.number(address, size), size * Byte.SIZE, isSigned);
    }

    private long bits(boolean isSigned) {
        int last = bitOffset + bitSize;
        long low = memory.number(address, Math.min((last + Byte.SIZE - 1) / Byte.SIZE, Long.BYTES)) >>> bitOffset;
        long high = last > Long.SIZE ? memory.number(address + Long.BYTES, 1) << Long.SIZE - bitOffset : 0;
        return extend(low | high, bitSize, isSigned);
    }

    /** Keeps the low bits of a value, and gives the others those that its sign asks for. */
    static long extend(long value, int bits, boolean isSigned) {
        int unused = Long.SIZE - bits;
        return unused >= Long.SIZE ? 0 : isSigned ? value << unused >> unused : value << unused >>> unused;
    }

    /** The name of an enumeration's value; empty if no constant has it. */
    public Optional<String> constant() {
        if (!(type.plain() instanceof Type.Enumeration enumeration)) {
            throw new SymbolsException("a value of type " + type + " is no enumeration");
        }
        return enumeration.nameOf(number());
    }

    /** The characters of an array of them up to a zero, or those that a pointer points to. */
    public String string() {
        return new String(stringBytes(), StandardCharsets.UTF_8);
    }

    byte[] stringBytes() {
        long from = address;
        int most = MAX_TEXT;
        switch (type.plain()) {
            case Type.Array array when array.count() >= 0 -> most = (int) Math.min(MAX_TEXT, array.count());
            case Type.Array _ -> { }
            case Type.Pointer _ -> from = number();
            default -> throw new SymbolsException("a value of type " + type + " is no string");
        }
        byte[] bytes = memory.read(from, most);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        if (bytes.length < most && length == bytes.length) {
            throw new SymbolsException("the guest has no memory at " + Names.hex(from + length));
        }
        return Arrays.copyOf(bytes, length);
    }

    /** The value as C would write it: names of constants, members in braces, addresses with the symbol that is there. */
    @Override
    public String toString() {
        return new ValueText(this).toString();
    }
}
