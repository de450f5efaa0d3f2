package trapframe.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** Each test of {@link SproutRegressionsTest} on the kernel with the bug that it is named after. */
class RegressionsCatchTheirBugsTest {
    private static final Path IMAGES = Path.of(System.getProperty("trapframe.root"), "kernel-image", "target");

    static Stream<Method> regressions() {
        return Arrays.stream(SproutRegressionsTest.class.getDeclaredMethods()).filter(method -> method.isAnnotationPresent(Test.class));
    }

    /** As in sprout-log-in-switch.elf for logInSwitch. */
    private static Path image(Method regression) {
        return IMAGES.resolve("sprout-" + regression.getName().replaceAll("([A-Z]|64)", "-$1").toLowerCase(Locale.ROOT) + ".elf");
    }

    @ParameterizedTest
    @MethodSource("regressions")
    void failsOnTheKernelWithTheBug(Method regression) {
        Events tests = EngineTestKit.engine("junit-jupiter").selectors(selectMethod(SproutRegressionsTest.class, regression))
                .configurationParameter("sprout", image(regression).toString()).configurationParameter("trapframe.failures", "target/regressions").execute().testEvents();
        assertThat(tests.failed().list()).as("failures of %s", regression.getName()).hasSize(1);
        Throwable failure = tests.failed().list().getFirst().getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class).getThrowable().orElseThrow();
        assertThat(failure).isInstanceOf(AssertionError.class).hasMessageContaining("replay: trapframe replay target/regressions/SproutRegressionsTest." + regression.getName());
    }

    @Test
    void thereIsOneForEachVariant() {
        List<String> images = Arrays.stream(IMAGES.toFile().list()).filter(name -> name.matches("sprout-.*\\.elf")).sorted().toList();
        assertThat(regressions().map(regression -> image(regression).getFileName().toString()).sorted().collect(Collectors.toList())).isEqualTo(images);
    }
}
