package trapframe.symbols;

import java.util.Optional;

/** Writes values as C writes initialisers. Long arrays and deep structures are cut. */
final class ValueText {
    private static final int MAX_ELEMENTS = 200;
    private static final int MAX_DEPTH = 8;
    private static final char DELETE = 0x7f;
    private static final int MAX_LENGTH = 1 << 16;

    private final StringBuilder text = new StringBuilder();

    ValueText(Value value) {
        write(value, 0);
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private void write(Value value, int depth) {
        if (depth > MAX_DEPTH || text.length() > MAX_LENGTH) {
            text.append("...");
            return;
        }
        switch (value.type().plain()) {
            case Type.Base base -> writeBase(value, base);
            case Type.Enumeration enumeration -> {
                long number = value.number();
                text.append(enumeration.nameOf(number).orElse(Long.toString(number)));
            }
            case Type.Pointer pointer -> writePointer(value, pointer);
            case Type.Struct struct -> writeStruct(value, struct, depth);
            case Type.Array array -> writeArray(value, array, depth);
            default -> text.append("{...}");
        }
    }

    private void writeBase(Value value, Type.Base base) {
        switch (base.encoding()) {
            case BOOLEAN -> text.append(value.number() == 0 ? "false" : value.number() == 1 ? "true" : Long.toUnsignedString(value.number()));
            case UNSIGNED -> text.append(Long.toUnsignedString(value.number()));
            case SIGNED -> text.append(value.number());
            case CHARACTER, UNSIGNED_CHARACTER -> {
                long code = value.number();
                text.append(code);
                if (code >= ' ' && code < DELETE) {
                    text.append(" '").append((char) code).append('\'');
                }
            }
            case FLOAT, OTHER -> writeBytes(value.bytes(), base);
        }
    }

    private void writeBytes(byte[] bytes, Type.Base base) {
        long bits = 0;
        for (int i = Math.min(bytes.length, Long.BYTES) - 1; i >= 0; i--) {
            bits = bits << Byte.SIZE | bytes[i] & 0xff;
        }
        if (base.encoding() == Type.Encoding.FLOAT && bytes.length == Float.BYTES) {
            text.append(Float.intBitsToFloat((int) bits));
        } else if (base.encoding() == Type.Encoding.FLOAT && bytes.length == Double.BYTES) {
            text.append(Double.longBitsToDouble(bits));
        } else {
            text.append("0x");
            for (int i = Math.min(bytes.length, MAX_ELEMENTS) - 1; i >= 0; i--) {
                text.append(String.format("%02x", bytes[i]));
            }
        }
    }

    private void writePointer(Value value, Type.Pointer pointer) {
        long address = value.number();
        text.append(Names.hex(address));
        if (address == 0) {
            return;
        }
        if (isCharacter(pointer.target().get())) {
            try {
                writeString(value.stringBytes());
            } catch (SymbolsException unreadable) {
                // A pointer to nowhere is a value all the same.
            }
            return;
        }
        value.symbols().describe(address).ifPresent(name -> text.append(" <").append(name).append('>'));
    }

    private void writeString(byte[] bytes) {
        char last = text.isEmpty() ? ' ' : text.charAt(text.length() - 1);
        text.append(last == ' ' || last == '{' ? "\"" : " \"");
        for (byte each : bytes) {
            if (each == '"' || each == '\\') {
                text.append('\\').append((char) each);
            } else if (each >= ' ' && each < DELETE) {
                text.append((char) each);
            } else {
                text.append(String.format("\\%03o", each & 0xff));
            }
        }
        text.append('"');
    }

    private void writeStruct(Value value, Type.Struct struct, int depth) {
        text.append('{');
        String separator = "";
        for (Type.Member member : struct.members()) {
            text.append(separator);
            Optional<String> name = member.name();
            name.ifPresent(known -> text.append(known).append(" = "));
            write(value.of(member, value.address()), depth + 1);
            separator = ", ";
        }
        text.append('}');
    }

    private void writeArray(Value value, Type.Array array, int depth) {
        Type element = array.element().get();
        if (isCharacter(element) && array.count() >= 0) {
            writeString(value.stringBytes());
            return;
        }
        text.append('{');
        for (long i = 0; i < array.count(); i++) {
            text.append(i == 0 ? "" : ", ");
            if (i == MAX_ELEMENTS || text.length() > MAX_LENGTH) {
                text.append("...");
                break;
            }
            write(value.at(i), depth + 1);
        }
        text.append('}');
    }

    private static boolean isCharacter(Type type) {
        return type.plain() instanceof Type.Base base && base.size() == 1
                && (base.encoding() == Type.Encoding.CHARACTER || base.encoding() == Type.Encoding.UNSIGNED_CHARACTER);
    }
}
