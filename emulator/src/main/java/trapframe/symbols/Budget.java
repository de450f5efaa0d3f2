package trapframe.symbols;

import java.util.function.Supplier;

/**
 * How much work one question may cost. Every loop over a file's tables spends from it, so that tables that refer to each other in
 * circles, or to the same bytes over and over, end in an exception instead of taking hours. Files as compilers write them need a small
 * part of it.
 */
final class Budget {
    private static final long LEAST = 16L << 20;
    private static final long PER_BYTE = 8;

    private final String file;
    private final long limit;
    private long left;
    private int questions;

    Budget(String file, long fileLength) {
        this.file = file;
        limit = LEAST + PER_BYTE * fileLength;
        left = limit;
    }

    /** Answers a question; one at a time, whoever asks. A question that comes up on the way is part of it. */
    synchronized <T> T ask(Supplier<T> question) {
        if (questions == 0) {
            left = limit;
        }
        questions++;
        try {
            return question.get();
        } finally {
            questions--;
        }
    }

    void spend(long steps) {
        left -= steps;
        if (left < 0) {
            throw SymbolsException.of(file, "is damaged: its tables refer to the same bytes again and again");
        }
    }
}
