package trapframe.symbols;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Walks a stack from callee to caller: by call frame information where the file has it, across interrupts as well; where it has none by
 * frame records, by interrupt frames, and in the end by return addresses that lie on the stack. For one moment of the guest.
 */
public final class Unwinder {
    /** How far above the stack pointer a caller is looked for. */
    private static final int SCANNED_WORDS = 512;
    private static final int PAGE = 4096;
    /** No stack of a kernel is larger. */
    private static final int STACK_BYTES = 64 << 10;
    /** All that a function pushes of its caller's registers. */
    private static final int MAX_POPPED = 8 * Long.BYTES;
    private static final int MAX_PUSHED = 2 * Long.BYTES;

    private final KernelSymbols symbols;
    private final Budget budget;
    private final MemoryView memory;
    private final Calls calls;
    private final InterruptFrames interrupts;

    Unwinder(KernelSymbols symbols, Budget budget, MemoryView memory) {
        this.symbols = symbols;
        this.budget = budget;
        this.memory = memory;
        calls = new Calls(memory);
        interrupts = new InterruptFrames(symbols, memory);
    }

    /**
     * The frames from the one with these registers on.
     *
     * @param most how many at most
     * @throws SymbolsException if the file's call frame information is damaged
     */
    public Backtrace backtrace(FrameRegisters running, int most) {
        return backtrace(new Frame(running, false, Frame.Found.RUNNING), most);
    }

    /** The same from a frame that is there already. */
    public Backtrace backtrace(Frame first, int most) {
        return budget.ask(() -> {
            List<Frame> frames = new ArrayList<>();
            Frame frame = first;
            while (true) {
                if (frames.size() >= most) {
                    return new Backtrace(List.copyOf(frames), Backtrace.End.LIMIT);
                }
                frames.add(frame);
                Step step = step(frame);
                switch (step) {
                    case Step.Caller(Frame caller) when caller.isCall() && caller.registers().rip() == 0 -> {
                        // Kernels begin a task's stack so.
                        return new Backtrace(List.copyOf(frames), Backtrace.End.OUTERMOST);
                    }
                    case Step.Caller caller -> frame = caller.frame;
                    case Step.Nobody nobody -> {
                        return new Backtrace(List.copyOf(frames), nobody.end);
                    }
                }
            }
        });
    }

    /** The frame that called a frame, or was interrupted by it; empty if there is none, or nothing tells. */
    public Optional<Frame> caller(Frame frame) {
        return budget.ask(() -> step(frame) instanceof Step.Caller(Frame caller) ? Optional.of(caller) : Optional.empty());
    }

    private sealed interface Step {
        record Caller(Frame frame) implements Step { }

        record Nobody(Backtrace.End end) implements Step { }
    }

    private static final Step LOST = new Step.Nobody(Backtrace.End.LOST);

    private Step step(Frame frame) {
        FrameRegisters registers = frame.registers();
        if (!symbols.isCode(frame.address())) {
            // Whoever jumps to where no code is has called it, most likely.
            Optional<Step> caller = frame.found() == Frame.Found.RUNNING ? returnTo(registers, registers.rsp()) : Optional.empty();
            return caller.orElse(new Step.Nobody(Backtrace.End.FOREIGN_CODE));
        }
        CallFrames.Found row = symbols.callFrameRow(frame.address());
        if (row != null) {
            return byCallFrameInformation(frame, row);
        }
        return withoutInformation(frame);
    }

    private Step byCallFrameInformation(Frame frame, CallFrames.Found found) {
        FrameRegisters callee = frame.registers();
        CallFrameRow row = found.row();
        if (row.rule(FrameRegisters.RIP) instanceof CallFrameRow.Rule.Undefined) {
            return new Step.Nobody(Backtrace.End.OUTERMOST);
        }
        OptionalLong cfa = cfa(row, callee);
        if (cfa.isEmpty()) {
            return LOST;
        }
        if (row.cfaRegister == FrameRegisters.RSP && !frame.isCall() && !found.isSignalFrame()) {
            cfa = OptionalLong.of(cfa.getAsLong() + pushedBehindTheCompiler(row, cfa.getAsLong()));
        }
        FrameRegisters caller = callee;
        for (int register = 0; register < FrameRegisters.COUNT; register++) {
            OptionalLong value = value(row.rule(register), register, cfa.getAsLong(), callee);
            caller = value.isPresent() ? caller.with(register, value.getAsLong()) : caller.without(register);
        }
        if (caller.get(FrameRegisters.RIP).isEmpty() || caller.get(FrameRegisters.RSP).isEmpty()) {
            return LOST;
        }
        // A stack is left behind only where an interrupt took another one.
        boolean goesOn = found.isSignalFrame() ? caller.rip() != callee.rip() || caller.rsp() != callee.rsp()
                : Long.compareUnsigned(caller.rsp(), callee.rsp()) > 0;
        return goesOn ? new Step.Caller(new Frame(caller, !found.isSignalFrame(), Frame.Found.CALL_FRAME_INFORMATION)) : LOST;
    }

    /**
     * How much lies on the stack that the compiler does not know of: assembler code in a C function may push a word or two, and pop them soon.
     * The return address tells: a call is before it.
     */
    private long pushedBehindTheCompiler(CallFrameRow row, long cfa) {
        if (row.rule(FrameRegisters.RIP) instanceof CallFrameRow.Rule.Offset at) {
            for (long pushed = 0; pushed <= MAX_PUSHED; pushed += Long.BYTES) {
                OptionalLong rip = load(cfa + pushed + at.offset());
                if (rip.isPresent() && isReturnAddress(rip.getAsLong())) {
                    return pushed;
                }
            }
        }
        return 0;
    }

    private boolean isReturnAddress(long address) {
        return symbols.isCode(address - 1) && calls.before(address, 0) != Calls.Before.NO_CALL;
    }

    private OptionalLong cfa(CallFrameRow row, FrameRegisters registers) {
        if (row.cfaExpression != null) {
            return OptionalLong.of(new Expression(budget).inFrame(registers, memory).evaluate(row.cfaExpression, 0));
        }
        OptionalLong base = registers.get(row.cfaRegister);
        return base.isPresent() ? OptionalLong.of(base.getAsLong() + row.cfaOffset) : base;
    }

    private OptionalLong value(CallFrameRow.Rule rule, int register, long cfa, FrameRegisters callee) {
        return switch (rule) {
            case CallFrameRow.Rule.Unspecified _ -> register == FrameRegisters.RSP ? OptionalLong.of(cfa)
                    : isPreserved(register) ? callee.get(register) : OptionalLong.empty();
            case CallFrameRow.Rule.Undefined _ -> OptionalLong.empty();
            case CallFrameRow.Rule.SameValue _ -> callee.get(register);
            case CallFrameRow.Rule.Register other -> callee.get(other.number());
            case CallFrameRow.Rule.Offset at -> isPopped(register, cfa + at.offset(), callee) ? callee.get(register) : load(cfa + at.offset());
            case CallFrameRow.Rule.ValueOffset at -> OptionalLong.of(cfa + at.offset());
            case CallFrameRow.Rule.AtExpression at -> load(evaluate(at.bytes(), cfa, callee));
            case CallFrameRow.Rule.ValueExpression at -> OptionalLong.of(evaluate(at.bytes(), cfa, callee));
        };
    }

    /**
     * Whether a place where a register was saved is no longer part of a kernel's stack. Compilers do not always say that POP has brought a
     * register back, and what an interrupt pushed may be there since. (In user mode the 128 bytes below RSP are in use: psABI, 3.2.2.)
     */
    private static boolean isPopped(int register, long address, FrameRegisters callee) {
        long below = callee.rsp() - address;
        return isPreserved(register) && callee.rsp() < 0 && below > 0 && below <= MAX_POPPED;
    }

    /** What a function must leave as it was (psABI, 3.2.1), so that compilers say nothing of it while they do. */
    private static boolean isPreserved(int register) {
        return register == FrameRegisters.RBX || register == FrameRegisters.RBP || register >= FrameRegisters.R12 && register <= FrameRegisters.R15;
    }

    private long evaluate(Cursor expression, long cfa, FrameRegisters callee) {
        return new Expression(budget).inFrame(callee, memory).evaluate(expression, cfa);
    }

    private OptionalLong load(long address) {
        return memory.read(address, Long.BYTES).length == Long.BYTES ? OptionalLong.of(memory.number(address, Long.BYTES)) : OptionalLong.empty();
    }

    private Step withoutInformation(Frame frame) {
        FrameRegisters registers = frame.registers();
        long function = symbols.symbolAt(frame.address()).map(Symbol::address).orElse(0L);
        if (!frame.isCall()) {
            OptionalInt above = calls.returnAddressAt(registers.rip(), function);
            Optional<Step> caller = above.isEmpty() ? Optional.empty() : returnTo(registers, registers.rsp() + above.getAsInt());
            if (caller.isPresent()) {
                return caller.get();
            }
        }
        // Of a function that has no name nobody knows where it begins, and what it begins with.
        Optional<Step> caller = function == 0 || calls.prologueLength(function) >= 0 ? byFramePointer(registers) : Optional.empty();
        return caller.or(() -> byScan(registers, function, true)).or(() -> byFramePointer(registers)).orElse(LOST);
    }

    /** The caller whose return address is at the top of the stack. RBP is its own: of the callee nothing changed it, or POP brought it back. */
    private Optional<Step> returnTo(FrameRegisters callee, long at) {
        OptionalLong rip = load(at);
        if (rip.isEmpty() || !isReturnAddress(rip.getAsLong())) {
            return Optional.empty();
        }
        FrameRegisters caller = FrameRegisters.of(rip.getAsLong(), at + Long.BYTES);
        OptionalLong rbp = callee.get(FrameRegisters.RBP);
        return Optional.of(new Step.Caller(new Frame(rbp.isPresent() ? caller.with(FrameRegisters.RBP, rbp.getAsLong()) : caller, true,
                Frame.Found.FRAME_POINTER)));
    }

    /** The record that RBP points to: the caller's RBP, and the return address (psABI, figure 3.3). */
    private Optional<Step> byFramePointer(FrameRegisters callee) {
        OptionalLong rbp = callee.get(FrameRegisters.RBP);
        if (rbp.isEmpty() || Long.compareUnsigned(rbp.getAsLong(), callee.rsp()) < 0) {
            return Optional.empty();
        }
        OptionalLong saved = load(rbp.getAsLong());
        OptionalLong rip = load(rbp.getAsLong() + Long.BYTES);
        if (saved.isEmpty() || rip.isEmpty() || !isReturnAddress(rip.getAsLong())) {
            return Optional.empty();
        }
        return Optional.of(new Step.Caller(new Frame(FrameRegisters.of(rip.getAsLong(), rbp.getAsLong() + 2 * Long.BYTES)
                .with(FrameRegisters.RBP, saved.getAsLong()), true, Frame.Found.FRAME_POINTER)));
    }

    /**
     * What an interrupt or a call can have left above the stack pointer: of the calls before the next interrupt the one that fits best, and of
     * those that fit equally well the nearest.
     *
     * @param goesOn whether a stack without any may lead to another one
     */
    private Optional<Step> byScan(FrameRegisters callee, long function, boolean goesOn) {
        byte[] bytes = memory.read(callee.rsp(), SCANNED_WORDS * Long.BYTES);
        long[] words = new long[bytes.length / Long.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
        // Code that ends in IRET was not called: nothing but the interrupt's frame leads on.
        boolean isEntry = calls.findIret(function).stream()
                .anyMatch(at -> symbols.symbolAt(at).filter(symbol -> symbol.address() == function).isPresent());
        int best = -1;
        Calls.Before bestCall = Calls.Before.NO_CALL;
        for (int i = 0; i < words.length; i++) {
            budget.spend(1);
            long address = callee.rsp() + (long) i * Long.BYTES;
            if (i + 5 <= words.length && interrupts.isFrame(words, i, address)) {
                return Optional.of(best >= 0 ? scanned(callee, words, best) : new Step.Caller(new Frame(
                        interrupts.registers(words, i, address, callee), false, Frame.Found.INTERRUPT_FRAME)));
            }
            Calls.Before call = !isEntry && symbols.isCode(words[i] - 1) ? calls.before(words[i], function) : Calls.Before.NO_CALL;
            if (call.compareTo(bestCall) < 0) {
                best = i;
                bestCall = call;
            }
            if (call == Calls.Before.CALL_OF_FUNCTION) {
                break;
            }
        }
        if (best < 0) {
            return goesOn ? otherStack(callee, words).flatMap(rsp -> byScan(callee.with(FrameRegisters.RSP, rsp), function, false)) : Optional.empty();
        }
        return Optional.of(scanned(callee, words, best));
    }

    /**
     * The stack that a handler of interrupts was on before it took one of its own: the last word of a stack that ends where no memory is, if
     * that is an address on another stack.
     */
    private Optional<Long> otherStack(FrameRegisters callee, long[] words) {
        long last = words.length > 0 && words.length < SCANNED_WORDS ? words[words.length - 1] : 0;
        long end = callee.rsp() + (long) words.length * Long.BYTES;
        boolean isElsewhere = last % Long.BYTES == 0 && (last < callee.rsp() - STACK_BYTES || last >= end) && last < 0;
        return isElsewhere && end % PAGE == 0 && memory.read(last, Long.BYTES).length == Long.BYTES ? Optional.of(last) : Optional.empty();
    }

    private static Step scanned(FrameRegisters callee, long[] words, int index) {
        return new Step.Caller(new Frame(FrameRegisters.of(words[index], callee.rsp() + (index + 1L) * Long.BYTES), true,
                Frame.Found.STACK_SCAN));
    }
}
