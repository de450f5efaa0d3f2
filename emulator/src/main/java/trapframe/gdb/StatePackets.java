package trapframe.gdb;

import java.util.Arrays;
import trapframe.cpu.CpuSnapshot;

/** Packets that read or write what a CPU has and sees while it stands: registers and memory. */
final class StatePackets {
    private final Debuggee debuggee;

    StatePackets(Debuggee debuggee) {
        this.debuggee = debuggee;
    }

    private CpuSnapshot snapshot(int cpu) {
        return debuggee.machine().cpus().get(cpu).snapshot();
    }

    private Registers.Register register(String digits) {
        int number = Packet.length(digits);
        if (number >= Registers.list().size()) {
            throw new RefusedException("no register " + number);
        }
        return Registers.list().get(number);
    }

    /** {@code p}. */
    String readRegister(int cpu, String rest) {
        return Packet.hex(register(rest).value().apply(snapshot(cpu)));
    }

    /** {@code P}. */
    String writeRegister(int cpu, String rest) {
        int equals = rest.indexOf('=');
        if (equals < 0) {
            throw new RefusedException("no value");
        }
        write(cpu, register(rest.substring(0, equals)), Packet.unhex(rest.substring(equals + 1)));
        return Session.OK;
    }

    private void write(int cpu, Registers.Register register, byte[] value) {
        if (value.length != register.bytes()) {
            throw new RefusedException("register " + register.name() + " has " + register.bytes() + " bytes");
        }
        register.writer().orElseThrow(() -> new RefusedException("register " + register.name()
                + " is changed by the guest's own instructions only: more than its value depends on it")).write(debuggee, cpu, value);
    }

    /** {@code g}. */
    String readRegisters(int cpu) {
        return Packet.hex(Registers.read(snapshot(cpu)));
    }

    /** {@code G}. Of all registers those are written that change, which must be some that can. */
    String writeRegisters(int cpu, String rest) {
        byte[] before = Registers.read(snapshot(cpu));
        byte[] after = Packet.unhex(rest);
        if (after.length != before.length) {
            throw new RefusedException("all registers have " + before.length + " bytes");
        }
        int at = 0;
        for (Registers.Register register : Registers.list()) {
            byte[] value = Arrays.copyOfRange(after, at, at + register.bytes());
            if (!Arrays.equals(value, Arrays.copyOfRange(before, at, at + register.bytes()))) {
                write(cpu, register, value);
            }
            at += register.bytes();
        }
        return Session.OK;
    }

    /** {@code m} and {@code x}. */
    byte[] readMemory(int cpu, String rest) {
        int comma = rest.indexOf(',');
        if (comma < 0) {
            throw new RefusedException("no length");
        }
        long address = Packet.number(rest.substring(0, comma));
        int length = Math.min(Packet.length(rest.substring(comma + 1)), Packet.MAX_BYTES / 2 - 1);
        byte[] bytes = debuggee.machine().cpus().get(cpu).look(address, length);
        if (bytes.length == 0 && length > 0) {
            throw new RefusedException("no RAM is mapped at 0x" + Long.toHexString(address));
        }
        return bytes;
    }

    /** {@code M} and {@code X}. */
    String writeMemory(int cpu, String rest, boolean binary) {
        int comma = rest.indexOf(',');
        int colon = rest.indexOf(':');
        if (comma < 0 || colon < comma) {
            throw new RefusedException("no length or no data");
        }
        long address = Packet.number(rest.substring(0, comma));
        int length = Packet.length(rest.substring(comma + 1, colon));
        String data = rest.substring(colon + 1);
        byte[] bytes = binary ? Packet.bytes(data) : Packet.unhex(data);
        if (bytes.length != length) {
            throw new RefusedException("the length says " + length + " bytes, there are " + bytes.length);
        }
        if (length > 0) {
            debuggee.write(cpu, address, bytes);
        }
        return Session.OK;
    }
}
