package trapframe.symbols;

/** Text and numbers as they appear in messages. */
public final class Names {
    private Names() { }

    /** Text from a file or a guest, which may hold anything, as something that can be shown on a line of a terminal. */
    public static String printable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isControl(text.charAt(i))) {
                StringBuilder clean = new StringBuilder(text);
                for (int k = i; k < clean.length(); k++) {
                    if (isControl(clean.charAt(k))) {
                        clean.setCharAt(k, '?');
                    }
                }
                return clean.toString();
            }
        }
        return text;
    }

    private static boolean isControl(char c) {
        return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
