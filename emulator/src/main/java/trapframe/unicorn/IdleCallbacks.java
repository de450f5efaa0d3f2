package trapframe.unicorn;

/** Callbacks for an engine that runs code of which nobody wants to know anything. */
abstract class IdleCallbacks implements EngineCallbacks {
    @Override
    public void blockPastLimit() { }

    @Override
    public void blockTranslated(long address, int instructions, int size) { }

    @Override
    public void instruction(long linear) { }

    @Override
    public void interrupt(int vector) { }

    @Override
    public void invalidInstruction() { }

    @Override
    public int portIn(int port, int width) {
        return 0;
    }

    @Override
    public void portOut(int port, int width, int value) { }

    @Override
    public void syscall() { }

    @Override
    public void sysenter() { }

    @Override
    public boolean cpuid() {
        return false;
    }

    @Override
    public void rdtsc(boolean withAux) { }

    @Override
    public long deviceRead(long address, int width) {
        return 0;
    }

    @Override
    public void deviceWrite(long address, int width, long value) { }
}
