package trapframe.gdb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import trapframe.cpu.CpuSnapshot;
import trapframe.timeline.Input;
import trapframe.timeline.RegisterName;
import trapframe.unicorn.CpuState;

/**
 * The registers that gdb sees, always the same and always those of 64-bit mode, so that no mode switch needs another connection. The
 * program counter is the linear address, which is where gdb looks for code and sets breakpoints.
 */
final class Registers {
    private static final int X87 = 0;
    private static final int X87_BYTES = 10;
    private static final int X87_CONTROL = 80;
    private static final int MXCSR = 86;
    private static final int XMM = 90;
    private static final int XMM_BYTES = 16;
    private static final int SEGMENT_VALUES = 4;
    private static final int KERNEL_GS_BASE = 5;
    private static final int EFER = 0;

    private static final String FLOAT = "int\" group=\"float";
    private static final String CORE = "org.gnu.gdb.i386.core";
    private static final String SSE = "org.gnu.gdb.i386.sse";
    private static final String SEGMENTS = "org.gnu.gdb.i386.segments";
    private static final String SYSTEM = "org.trapframe.system";
    private static final String SYSTEM_TYPE = "int64\" group=\"system";

    private static final String FLAGS = """
            <flags id="i386_eflags" size="4">
            <field name="CF" start="0" end="0"/><field name="" start="1" end="1"/><field name="PF" start="2" end="2"/>
            <field name="AF" start="4" end="4"/><field name="ZF" start="6" end="6"/><field name="SF" start="7" end="7"/>
            <field name="TF" start="8" end="8"/><field name="IF" start="9" end="9"/><field name="DF" start="10" end="10"/>
            <field name="OF" start="11" end="11"/><field name="NT" start="14" end="14"/><field name="RF" start="16" end="16"/>
            <field name="VM" start="17" end="17"/><field name="AC" start="18" end="18"/><field name="VIF" start="19" end="19"/>
            <field name="VIP" start="20" end="20"/><field name="ID" start="21" end="21"/>
            </flags>
            """;
    private static final String VECTORS = """
            <vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>
            <vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/>
            <vector id="v4i32" type="int32" count="4"/><vector id="v2i64" type="int64" count="2"/>
            <union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>
            <field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/>
            <field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>
            """;

    /**
     * One register.
     *
     * @param writer writes it; empty if it cannot be written
     */
    record Register(String feature, String name, int bytes, String type, Function<CpuSnapshot, byte[]> value, Optional<Writer> writer) { }

    /** Writes a register of a CPU. */
    interface Writer {
        /** @throws RefusedException if the CPU does not take the value */
        void write(Debuggee debuggee, int cpu, byte[] value);

        static Optional<Writer> of(RegisterName name) {
            return Optional.of((debuggee, cpu, value) -> debuggee.setRegister(cpu, name,
                    ByteBuffer.wrap(Arrays.copyOf(value, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong()));
        }
    }

    private static final List<Register> ALL = all();
    private static final String DESCRIPTION = describe();

    private Registers() { }

    static List<Register> list() {
        return ALL;
    }

    /** The target description, an XML document. */
    static String description() {
        return DESCRIPTION;
    }

    /** All registers, one after the other, as packet {@code g} has them. */
    static byte[] read(CpuSnapshot cpu) {
        ByteBuffer bytes = ByteBuffer.allocate(ALL.stream().mapToInt(Register::bytes).sum());
        ALL.forEach(register -> bytes.put(register.value.apply(cpu)));
        return bytes.array();
    }

    /**
     * The low 64 bits of a register.
     *
     * @throws RefusedException if there is none of this name
     */
    static long value(CpuSnapshot cpu, String name) {
        Register register = ALL.stream().filter(each -> each.name.equals(name)).findFirst()
                .orElseThrow(() -> new RefusedException("no register " + name));
        return ByteBuffer.wrap(Arrays.copyOf(register.value.apply(cpu), Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static List<Register> all() {
        List<Register> registers = new ArrayList<>();
        String[] names = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
        int[] numbers = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
        for (int i = 0; i < names.length; i++) {
            int number = numbers[i];
            registers.add(new Register(CORE, names[i], Long.BYTES, i == 6 || i == 7 ? "data_ptr" : "int64",
                    cpu -> number(Long.BYTES, cpu.registers()[number]), Writer.of(RegisterName.values()[number])));
        }
        registers.add(new Register(CORE, "rip", Long.BYTES, "code_ptr", cpu -> number(Long.BYTES,
                cpu.rip() + base(cpu, CpuState.CS)), Writer.of(RegisterName.RIP)));
        registers.add(new Register(CORE, "eflags", Integer.BYTES, "i386_eflags", cpu -> number(Integer.BYTES, cpu.rflags()),
                Writer.of(RegisterName.RFLAGS)));
        String[] segments = {"cs", "ss", "ds", "es", "fs", "gs"};
        int[] segmentNumbers = {CpuState.CS, CpuState.SS, CpuState.DS, CpuState.ES, CpuState.FS, CpuState.GS};
        for (int i = 0; i < segments.length; i++) {
            int number = segmentNumbers[i];
            registers.add(readOnly(CORE, segments[i], Integer.BYTES, "int32", cpu -> number(Integer.BYTES,
                    cpu.segments()[SEGMENT_VALUES * number])));
        }
        for (int i = 0; i < 8; i++) {
            int number = i;
            registers.add(vector(CORE, "st" + i, cpu -> X87 + X87_BYTES * (top(cpu) + number & 7), X87_BYTES, X87_BYTES, "i387_ext"));
        }
        registers.add(vector(CORE, "fctrl", _ -> X87_CONTROL, Short.BYTES, Integer.BYTES, FLOAT));
        registers.add(vector(CORE, "fstat", _ -> X87_CONTROL + 2, Short.BYTES, Integer.BYTES, FLOAT));
        registers.add(vector(CORE, "ftag", _ -> X87_CONTROL + 4, Short.BYTES, Integer.BYTES, FLOAT));
        for (String name : new String[] {"fiseg", "fioff", "foseg", "fooff", "fop"}) {
            registers.add(readOnly(CORE, name, Integer.BYTES, FLOAT, cpu -> new byte[Integer.BYTES]));
        }
        for (int i = 0; i < 16; i++) {
            int offset = XMM + XMM_BYTES * i;
            registers.add(vector(SSE, "xmm" + i, _ -> offset, XMM_BYTES, XMM_BYTES, "vec128"));
        }
        registers.add(vector(SSE, "mxcsr", _ -> MXCSR, Integer.BYTES, Integer.BYTES, "int\" group=\"vector"));
        registers.add(new Register(SEGMENTS, "fs_base", Long.BYTES, "int64", cpu -> number(Long.BYTES, base(cpu, CpuState.FS)),
                Writer.of(RegisterName.FS_BASE)));
        registers.add(new Register(SEGMENTS, "gs_base", Long.BYTES, "int64", cpu -> number(Long.BYTES, base(cpu, CpuState.GS)),
                Writer.of(RegisterName.GS_BASE)));
        system(registers);
        return List.copyOf(registers);
    }

    private static void system(List<Register> registers) {
        registers.add(system("k_gs_base", cpu -> cpu.model()[KERNEL_GS_BASE]));
        int[] control = {0, 2, 3, 4};
        for (int i = 0; i < control.length; i++) {
            int index = i;
            Optional<Writer> writer = control[i] == 2 ? Writer.of(RegisterName.CR2) : control[i] == 3 ? Writer.of(RegisterName.CR3) : Optional.empty();
            registers.add(new Register(SYSTEM, "cr" + control[i], Long.BYTES, SYSTEM_TYPE, cpu -> number(Long.BYTES, cpu.control()[index]), writer));
        }
        registers.add(system("efer", cpu -> cpu.model()[EFER]));
        int[] debug = {0, 1, 2, 3, 6, 7};
        for (int i = 0; i < debug.length; i++) {
            int index = i;
            registers.add(system("dr" + debug[i], cpu -> cpu.debug()[index]));
        }
        registers.add(system("gdt_base", cpu -> cpu.segments()[32]));
        registers.add(system("gdt_limit", cpu -> cpu.segments()[33]));
        registers.add(system("idt_base", cpu -> cpu.segments()[34]));
        registers.add(system("idt_limit", cpu -> cpu.segments()[35]));
        registers.add(system("tr", cpu -> cpu.segments()[SEGMENT_VALUES * 7]));
        registers.add(system("tr_base", cpu -> cpu.segments()[SEGMENT_VALUES * 7 + 1]));
        for (int i = 0; i < 4; i++) {
            int segment = new int[] {CpuState.CS, CpuState.SS, CpuState.DS, CpuState.ES}[i];
            registers.add(system(new String[] {"cs_base", "ss_base", "ds_base", "es_base"}[i], cpu -> base(cpu, segment)));
        }
    }

    private static Register system(String name, Function<CpuSnapshot, Long> value) {
        return readOnly(SYSTEM, name, Long.BYTES, SYSTEM_TYPE, cpu -> number(Long.BYTES, value.apply(cpu)));
    }

    private static Register readOnly(String feature, String name, int bytes, String type, Function<CpuSnapshot, byte[]> value) {
        return new Register(feature, name, bytes, type, value, Optional.empty());
    }

    /**
     * @param offset of the register in the vector state
     * @param there  how many bytes of the vector state it is; the rest of the register is 0
     */
    private static Register vector(String feature, String name, ToIntFunction<CpuSnapshot> offset, int there, int bytes, String type) {
        return new Register(feature, name, bytes, type, cpu -> Arrays.copyOf(Arrays.copyOfRange(cpu.vector(), offset.applyAsInt(cpu),
                offset.applyAsInt(cpu) + there), bytes), Optional.of((debuggee, cpu, value) -> debuggee.apply(new Input.VectorState(cpu,
                        offset.applyAsInt(debuggee.machine().cpus().get(cpu).snapshot()), Arrays.copyOf(value, there)))));
    }

    /** The register that is ST(0): the status word's field TOP (SDM vol. 1, 8.1.3). */
    private static int top(CpuSnapshot cpu) {
        return cpu.vector()[X87_CONTROL + 3] >>> 3 & 7;
    }

    private static long base(CpuSnapshot cpu, int segment) {
        return cpu.segments()[SEGMENT_VALUES * segment + 1];
    }

    private static byte[] number(int bytes, long value) {
        return Arrays.copyOf(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array(), bytes);
    }

    private static String describe() {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">"
                + "<architecture>i386:x86-64</architecture>");
        String feature = "";
        for (int i = 0; i < ALL.size(); i++) {
            Register register = ALL.get(i);
            if (!register.feature.equals(feature)) {
                xml.append(feature.isEmpty() ? "" : "</feature>").append("<feature name=\"").append(register.feature).append("\">\n");
                feature = register.feature;
                xml.append(feature.equals(CORE) ? FLAGS : feature.equals(SSE) ? VECTORS : "");
            }
            xml.append("<reg name=\"").append(register.name).append("\" bitsize=\"").append(Byte.SIZE * register.bytes)
                    .append("\" type=\"").append(register.type).append("\" regnum=\"").append(i).append("\"/>\n");
        }
        return xml.append("</feature></target>\n").toString();
    }
}
