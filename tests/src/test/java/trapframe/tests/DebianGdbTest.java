package trapframe.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's kernel, of which nothing is known but names and addresses, in a real gdb. */
class DebianGdbTest {
    @TempDir
    Path folder;

    @Test
    void isDebuggedByName() throws Exception {
        Launcher.assumeBuilt();
        DebianKernel debian = DebianKernel.orSkip();
        try (DebuggedBoot boot = new DebuggedBoot(folder, debian.kernel().toString(), "--initrd", debian.initramfs().toString(), "--append",
                DebianKernel.COMMAND_LINE, "--symbols", debian.systemMap().toString())) {
            String output = boot.gdb("break start_kernel", "continue", "break timer_interrupt", "continue", "ignore 2 20", "continue", "bt 2",
                    "monitor where", "delete", "watch *(long *) &jiffies_64", "continue", "continue", "continue", "monitor position", "reverse-continue", "bt 3",
                    "continue", "monitor position", "monitor hash", "reverse-stepi 1000", "monitor hash", "stepi 1000", "monitor hash", "kill");
            boot.ends();

            assertThat(output).containsPattern("Breakpoint 1, 0xffffffff8[0-9a-f]+ in start_kernel \\(\\)")
                    .containsPattern("#0  0xffffffff8[0-9a-f]+ in timer_interrupt \\(\\)\n#1  0xffffffff8[0-9a-f]+ in __handle_irq_event_percpu \\(\\)")
                    .containsPattern("(?s)  #0  0xffffffff8[0-9a-f]+ timer_interrupt\n.* common_interrupt\n  #6  0xffffffff8[0-9a-f]+ asm_common_interrupt\n"
                            + "  <interrupted>\n.* start_kernel\n");
            List<Long> old = output.lines().filter(line -> line.startsWith("Old value = ")).map(line -> Long.parseLong(line.substring(12))).toList();
            long first = old.getFirst();
            assertThat(old).containsExactly(first, first + 1, first + 2, first + 3, first + 2);
            assertThat(output.lines().filter(line -> line.contains("in do_timer ()") && !line.startsWith("#"))).hasSize(6);
            assertThat(output).contains(" in tick_periodic ()", " in tick_handle_periodic ()");
            List<String> places = output.lines().filter(line -> line.matches("position .*|[0-9a-f]{32}")).toList();
            assertThat(places).hasSize(5);
            assertThat(places.get(1)).isEqualTo(places.get(0));
            assertThat(places.get(4)).isEqualTo(places.get(2)).isNotEqualTo(places.get(3));
        }
    }
}
