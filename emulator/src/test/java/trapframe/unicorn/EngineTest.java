package trapframe.unicorn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Opening engines, and the self-test of their layout. */
class EngineTest {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int WARM_UP = 10;
    private static final int ENGINES = 60;
    /** An engine takes several MiB; this is far less than one for each of them. */
    private static final long ALLOWED_KIB = 64 << 10;

    @Test
    void anEngineHasTheLayoutThatTheProbeChecks() {
        try (Engine engine = new Engine(new Silent())) {
            engine.state().setRegister(CpuState.RDX, 0x1234);

            assertThat(engine.state().register(CpuState.RDX)).isEqualTo(0x1234);
            assertThat(engine.state().is64Bit()).isTrue();
        }
    }

    @Test
    void blocksOnX86HostsCountWithoutACall() {
        assumeTrue(List.of("amd64", "x86_64").contains(System.getProperty("os.arch")), "the clock is inline on x86-64 hosts only");
        assumeTrue(HostMemory.CODE_STAYS_WRITABLE, "this system does not let translated code be changed");
        try (Arena arena = Arena.ofConfined(); Engine engine = new Engine(new OnePage())) {
            MemorySegment ram = HostMemory.zeros(4096, arena);
            engine.mapRam(0, ram);
            byte[] program = {(byte) 0xb9, 100, 0, 0, 0, (byte) 0xff, (byte) 0xc9, 0x75, (byte) 0xfc, (byte) 0xf4};   // mov ecx, 100; dec ecx; jnz -4; hlt
            MemorySegment.copy(program, 0, ram, ValueLayout.JAVA_BYTE, 0, program.length);
            engine.counter().setCount(0);
            engine.counter().callPast(Long.MAX_VALUE);

            engine.run(0);

            assertThat(engine.counter().count()).isEqualTo(5 + 100 * 4 + 1);
            assertThat(engine.counter().isRewriting()).as("every block looked as expected").isTrue();
        }
    }

    @Test
    void enginesDoNotShareState() {
        try (Engine first = new Engine(new Silent()); Engine second = new Engine(new Silent())) {
            first.state().setRegister(CpuState.RAX, 1);
            second.state().setRegister(CpuState.RAX, 2);

            assertThat(first.state().register(CpuState.RAX)).isEqualTo(1);
        }
    }

    @Test
    void anotherLayoutIsRefusedInOneLineThatNamesWhatDiffers() {
        assertThatThrownBy(() -> new Engine(new Silent(), env -> new CpuState(env.asSlice(8))).close())
                .isInstanceOf(EngineException.class)
                .hasMessageMatching("libunicorn [0-9.]+ is laid out differently from 2\\.1\\.4: "
                        + "RAX is 0x[0-9a-f]+ where 0x1122334455667788 was expected");
    }

    @Test
    void closingTwiceIsAllowed() {
        Engine engine = new Engine(new Silent());
        engine.close();
        engine.close();
    }

    @Test
    void closedEnginesLeaveNoMemoryBehind() throws IOException {
        assumeTrue(Files.exists(STATUS), "this system does not tell how much memory a process has");
        openAndClose(WARM_UP);
        long before = residentKib();

        openAndClose(ENGINES);

        assertThat(residentKib() - before).isLessThan(ALLOWED_KIB);
    }

    private static void openAndClose(int engines) {
        for (int i = 0; i < engines; i++) {
            new Engine(new Silent()).close();
        }
    }

    private static long residentKib() throws IOException {
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
    }

    /** Answers nothing: these engines run no guest. */
    private static final class Silent extends IdleCallbacks {
        @Override
        public boolean fillTlb(long page, Access access, TlbAnswer answer) {
            return false;
        }
    }

    /** The first page of memory at address 0. */
    private static final class OnePage extends IdleCallbacks {
        @Override
        public boolean fillTlb(long page, Access access, TlbAnswer answer) {
            answer.set(page, true, true, true);
            return page == 0;
        }
    }
}
