package trapframe.unicorn;

/** The engine refused a call, or is not the engine that Trapframe was made for. */
public final class EngineException extends RuntimeException {
    public EngineException(String message) {
        super(message);
    }
}
