package trapframe.symbols;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads types from their entries (DWARF, chapter 5). */
final class TypeReader {
    private static final int KEPT = 1 << 14;

    private static final int ATE_ADDRESS = 0x01;
    private static final int ATE_BOOLEAN = 0x02;
    private static final int ATE_FLOAT = 0x04;
    private static final int ATE_SIGNED = 0x05;
    private static final int ATE_SIGNED_CHAR = 0x06;
    private static final int ATE_UNSIGNED = 0x07;
    private static final int ATE_UNSIGNED_CHAR = 0x08;
    private static final int ATE_UTF = 0x10;

    private final Units units;
    private final Budget budget;
    private final NameIndex names;
    private final Map<Long, Type> types = new Recent<>(KEPT);

    TypeReader(Units units, Budget budget, NameIndex names) {
        this.units = units;
        this.budget = budget;
        this.names = names;
    }

    Type type(long offset) {
        return budget.ask(() -> {
            Type known = types.get(offset);
            if (known == null) {
                known = read(entry(offset));
                types.put(offset, known);
            }
            return known;
        });
    }

    private EntryReader entry(long offset) {
        EntryReader entry = units.entry(offset);
        if (entry == null) {
            throw new SymbolsException("the debug information is damaged: no type is at offset " + Names.hex(offset));
        }
        return entry;
    }

    /** The type of a variable, a member, a pointer's target; void if there is none. */
    TypeReference reference(EntryReader entry) {
        if (entry.isSignature(Dw.AT_TYPE)) {
            long offset = units.typeOf(entry.number(Dw.AT_TYPE, 0));
            return offset < 0 ? TypeReference.to(new Type.Unspecified("?")) : TypeReference.at(this, offset);
        }
        long offset = entry.reference(Dw.AT_TYPE);
        return offset >= 0 ? TypeReference.at(this, offset)
                : entry.has(Dw.AT_TYPE) ? TypeReference.to(new Type.Unspecified("?")) : TypeReference.VOID;
    }

    private Type read(EntryReader entry) {
        String name = entry.text(Dw.AT_NAME);
        return switch (entry.tag()) {
            case Dw.TAG_BASE_TYPE -> new Type.Base(name == null ? "?" : name, size(entry), encoding((int) entry.number(Dw.AT_ENCODING, 0)));
            case Dw.TAG_POINTER_TYPE, Dw.TAG_REFERENCE_TYPE, Dw.TAG_RVALUE_REFERENCE_TYPE ->
                    new Type.Pointer(reference(entry), entry.number(Dw.AT_BYTE_SIZE, entry.unit().addressSize()));
            case Dw.TAG_STRUCTURE_TYPE -> struct(entry, Type.Kind.STRUCT);
            case Dw.TAG_UNION_TYPE -> struct(entry, Type.Kind.UNION);
            case Dw.TAG_CLASS_TYPE -> struct(entry, Type.Kind.CLASS);
            case Dw.TAG_ENUMERATION_TYPE -> enumeration(entry);
            case Dw.TAG_TYPEDEF -> new Type.Typedef(name == null ? "?" : name, reference(entry));
            case Dw.TAG_CONST_TYPE -> new Type.Qualified(Type.Qualifier.CONST, reference(entry));
            case Dw.TAG_VOLATILE_TYPE -> new Type.Qualified(Type.Qualifier.VOLATILE, reference(entry));
            case Dw.TAG_RESTRICT_TYPE -> new Type.Qualified(Type.Qualifier.RESTRICT, reference(entry));
            case Dw.TAG_ATOMIC_TYPE -> new Type.Qualified(Type.Qualifier.ATOMIC, reference(entry));
            case Dw.TAG_ARRAY_TYPE -> array(entry);
            case Dw.TAG_SUBROUTINE_TYPE, Dw.TAG_SUBPROGRAM -> function(entry);
            default -> new Type.Unspecified(name == null ? "?" : name);
        };
    }

    private static Type.Encoding encoding(int code) {
        return switch (code) {
            case ATE_BOOLEAN -> Type.Encoding.BOOLEAN;
            case ATE_FLOAT -> Type.Encoding.FLOAT;
            case ATE_SIGNED -> Type.Encoding.SIGNED;
            case ATE_UNSIGNED, ATE_ADDRESS -> Type.Encoding.UNSIGNED;
            case ATE_SIGNED_CHAR -> Type.Encoding.CHARACTER;
            case ATE_UNSIGNED_CHAR, ATE_UTF -> Type.Encoding.UNSIGNED_CHARACTER;
            default -> Type.Encoding.OTHER;
        };
    }

    private static long size(EntryReader entry) {
        long size = entry.number(Dw.AT_BYTE_SIZE, 0);
        if (size < 0) {
            throw new SymbolsException("the debug information is damaged: a type of " + Long.toUnsignedString(size) + " bytes");
        }
        return size;
    }

    /** If the unit only declares it, the definition of another unit, should there be one. */
    private Type struct(EntryReader entry, Type.Kind kind) {
        if (entry.isSignature(Dw.AT_SIGNATURE)) {
            long offset = units.typeOf(entry.number(Dw.AT_SIGNATURE, 0));
            if (offset >= 0 && offset != entry.offset()) {
                return type(offset);
            }
        }
        String name = entry.text(Dw.AT_NAME);
        if (entry.flag(Dw.AT_DECLARATION)) {
            Optional<Long> definition = name == null ? Optional.empty() : names.type(entry.tag(), name);
            return definition.map(this::type).orElseGet(() -> new Type.Struct(kind, Optional.ofNullable(name), 0, List.of()));
        }
        long size = size(entry);
        List<Type.Member> members = new ArrayList<>();
        if (entry.hasChildren()) {
            while (entry.next()) {
                boolean isMember = entry.tag() == Dw.TAG_MEMBER || entry.tag() == Dw.TAG_INHERITANCE;
                if (isMember && !entry.flag(Dw.AT_EXTERNAL) && !entry.flag(Dw.AT_DECLARATION)) {
                    members.add(member(entry));
                }
                entry.skipChildren();
            }
        }
        return new Type.Struct(kind, Optional.ofNullable(name), size, List.copyOf(members));
    }

    /** Members and bit-fields (5.7.6; the older form of bit-fields: DWARF 4, 5.5.6). */
    private Type.Member member(EntryReader entry) {
        Optional<String> name = Optional.ofNullable(entry.text(Dw.AT_NAME));
        TypeReference type = reference(entry);
        Cursor expression = entry.block(Dw.AT_DATA_MEMBER_LOCATION);
        long offset = expression != null ? new Expression(budget).evaluate(expression, 0) : entry.number(Dw.AT_DATA_MEMBER_LOCATION, 0);
        int bitSize = Math.clamp(entry.number(Dw.AT_BIT_SIZE, 0), 0, Long.SIZE);
        if (bitSize == 0) {
            return new Type.Member(name, type, offset, 0, 0);
        }
        long bits;
        if (entry.has(Dw.AT_DATA_BIT_OFFSET)) {
            bits = entry.number(Dw.AT_DATA_BIT_OFFSET, 0);
        } else {
            // Counted from the highest bit of a unit of storage.
            long storage = entry.has(Dw.AT_BYTE_SIZE) ? entry.number(Dw.AT_BYTE_SIZE, 0) : type.get().size();
            bits = Byte.SIZE * storage - entry.number(Dw.AT_BIT_OFFSET, 0) - bitSize;
        }
        return new Type.Member(name, type, offset + Math.floorDiv(bits, Byte.SIZE), Math.floorMod(bits, Byte.SIZE), bitSize);
    }

    private Type enumeration(EntryReader entry) {
        String name = entry.text(Dw.AT_NAME);
        if (entry.flag(Dw.AT_DECLARATION) && name != null) {
            Optional<Long> definition = names.type(entry.tag(), name);
            if (definition.isPresent()) {
                return type(definition.get());
            }
        }
        TypeReference underlying = reference(entry);
        boolean known = entry.has(Dw.AT_ENCODING) || entry.has(Dw.AT_TYPE);
        Type.Encoding encoding = entry.has(Dw.AT_ENCODING) ? encoding((int) entry.number(Dw.AT_ENCODING, 0))
                : underlying.get().plain() instanceof Type.Base base ? base.encoding() : Type.Encoding.OTHER;
        long size = entry.has(Dw.AT_BYTE_SIZE) ? size(entry) : underlying.get().size();
        List<Type.Constant> constants = new ArrayList<>();
        boolean anyNegative = false;
        if (entry.hasChildren()) {
            while (entry.next()) {
                if (entry.tag() == Dw.TAG_ENUMERATOR) {
                    String constant = entry.text(Dw.AT_NAME);
                    long value = entry.number(Dw.AT_CONST_VALUE, 0);
                    anyNegative |= value < 0 && entry.form(Dw.AT_CONST_VALUE) == Dw.FORM_SDATA;
                    constants.add(new Type.Constant(constant == null ? "?" : constant, value));
                }
                entry.skipChildren();
            }
        }
        boolean isSigned = known ? encoding == Type.Encoding.SIGNED || encoding == Type.Encoding.CHARACTER : anyNegative;
        return new Type.Enumeration(Optional.ofNullable(name), size, isSigned, constants.stream()
                .map(each -> new Type.Constant(each.name(), Value.extend(each.value(), (int) Math.min(size, Long.BYTES) * Byte.SIZE, isSigned)))
                .toList());
    }

    private Type array(EntryReader entry) {
        TypeReference element = reference(entry);
        List<Long> counts = new ArrayList<>();
        if (entry.hasChildren()) {
            while (entry.next()) {
                if (entry.tag() == Dw.TAG_SUBRANGE_TYPE) {
                    long bound = entry.number(Dw.AT_UPPER_BOUND, -1);
                    long count = entry.number(Dw.AT_COUNT, bound < 0 || bound == 0xffff_ffffL ? -1 : bound + 1);
                    counts.add(Math.max(count, -1));
                }
                entry.skipChildren();
            }
        }
        Type array = new Type.Array(element, counts.isEmpty() ? -1 : counts.getLast());
        for (int i = counts.size() - 2; i >= 0; i--) {
            array = new Type.Array(TypeReference.to(array), counts.get(i));
        }
        return array;
    }

    private Type function(EntryReader entry) {
        TypeReference returned = reference(entry);
        List<TypeReference> parameters = new ArrayList<>();
        boolean variadic = false;
        if (entry.hasChildren()) {
            while (entry.next()) {
                if (entry.tag() == Dw.TAG_FORMAL_PARAMETER) {
                    parameters.add(reference(entry));
                }
                variadic |= entry.tag() == Dw.TAG_UNSPECIFIED_PARAMETERS;
                entry.skipChildren();
            }
        }
        return new Type.Function(returned, List.copyOf(parameters), variadic);
    }
}
