package trapframe.junit;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;
import org.opentest4j.AssertionFailedError;
import trapframe.harness.Session;
import trapframe.timeline.Recording;
import trapframe.timeline.RecordingFile;
import trapframe.timeline.TimelineException;

/** Gives tests their guests, and failures of them what is to be known of those. {@link BootImage} registers it. */
public final class TrapframeExtension implements ParameterResolver, InvocationInterceptor, TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(TrapframeExtension.class);
    private static final String FOLDER = "trapframe.failures";
    private static final String EXPLORE_BUDGET = "trapframe.explore.budget";

    /** What is booted once: equal annotations mean one boot. */
    private record BootKey(BootImage image, List<Stage> stages) { }

    /** The guests of a test, by the order of the parameters. */
    private static final class Guests implements AutoCloseable {
        private final List<Guest> all = new ArrayList<>();

        @Override
        public void close() {
            all.forEach(Guest::close);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Guest.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (context.getTestMethod().isEmpty()) {
            throw new ParameterResolutionException("a guest belongs to one test: a test method or @BeforeEach can have it, not "
                    + parameter.getDeclaringExecutable());
        }
        List<Parameter> before = Arrays.asList(parameter.getDeclaringExecutable().getParameters()).subList(0, parameter.getIndex());
        int number = (int) before.stream().filter(other -> other.getType() == Guest.class).count();
        Guests guests = guests(context);
        while (guests.all.size() <= number) {
            guests.all.add(make(context, guests.all.size()));
        }
        return guests.all.get(number);
    }

    private static Guests guests(ExtensionContext context) {
        return context.getStore(STORE).getOrComputeIfAbsent(context.getUniqueId(), id -> new Guests(), Guests.class);
    }

    private static Guest make(ExtensionContext context, int number) {
        Evidence evidence = new Evidence(recording(context, number == 0 ? "" : "-" + (number + 1)));
        evidence.forget();
        try {
            Optional<Guest> replayed = find(context, Replay.class, found -> replay(Path.of(found.value()), evidence));
            return replayed.orElseGet(() -> boot(context, evidence));
        } catch (GuestFailure notThere) {
            return new Guest(Optional.empty(), Optional.of(notThere), Plan.NONE, evidence, 0);
        }
    }

    private static Guest boot(ExtensionContext context, Evidence evidence) {
        BootKey key = key(context);
        Plan plan = plan(context, key);
        Optional<String> from = find(context, FromStage.class, FromStage::value);
        Session session = from.isEmpty() ? new Session(plan.setup()) : new Session(plan.setup(), shared(context, key, plan).at(plan.stage(from.get())));
        return new Guest(Optional.of(session), Optional.empty(), plan, evidence, plan.budgetNanos());
    }

    private static Guest replay(Path file, Evidence evidence) {
        try {
            Recording recording = RecordingFile.read(file);
            Session session = Session.replayed(recording, recording.run().opener(Plan.bundledKernel()));
            return new Guest(Optional.of(session), Optional.empty(), Plan.NONE, evidence, Plan.DEFAULT_BUDGET);
        } catch (TimelineException e) {
            throw new GuestFailure(e.getMessage(), e);
        } catch (IllegalStateException e) {
            throw new GuestFailure(file + ": " + e.getMessage(), e);
        }
    }

    private static BootKey key(ExtensionContext context) {
        BootImage image = find(context, BootImage.class, Function.identity()).orElseThrow(
                () -> new ExtensionConfigurationException("a guest needs @BootImage or @Replay on the test or its class"));
        return new BootKey(image, find(context, Stages.class, found -> List.of(found.value())).orElse(List.of()));
    }

    private static Plan plan(ExtensionContext context, BootKey key) {
        return context.getRoot().getStore(STORE).getOrComputeIfAbsent(List.of("plan", key),
                any -> Plan.of(key.image, key.stages, context.getRequiredTestClass().getClassLoader(), name -> parameter(context, name)), Plan.class);
    }

    /** What a parameter of JUnit's configuration, or a system property, says. */
    private static String parameter(ExtensionContext context, String name) {
        return context.getConfigurationParameter(name).or(() -> Optional.ofNullable(System.getProperty(name)))
                .orElseThrow(() -> new IllegalArgumentException("neither a configuration parameter nor a system property is called " + name));
    }

    private static Path recording(ExtensionContext context, String more) {
        return folder(context).resolve(name(context) + more + ".rec");
    }

    private static SharedBoot shared(ExtensionContext context, BootKey key, Plan plan) {
        SharedBoot.obstacle(plan.setup(), "@FromStage").ifPresent(why -> {
            throw new ExtensionConfigurationException(why);
        });
        return context.getRoot().getStore(STORE).getOrComputeIfAbsent(List.of("boot", key), any -> new SharedBoot(plan,
                new Evidence(folder(context).resolve(context.getRequiredTestClass().getSimpleName() + ".boot.rec"))), SharedBoot.class);
    }

    /** An annotation of the test, else of its class or one around it, also where it is on another annotation. */
    private static <A extends java.lang.annotation.Annotation, T> Optional<T> find(ExtensionContext context, Class<A> type, Function<A, T> content) {
        List<AnnotatedElement> places = new ArrayList<>();
        context.getTestMethod().ifPresent(places::add);
        for (Class<?> at = context.getRequiredTestClass(); at != null; at = at.getEnclosingClass()) {
            places.add(at);
        }
        return places.stream().map(place -> AnnotationSupport.findAnnotation(place, type)).flatMap(Optional::stream).findFirst().map(content);
    }

    /** Where recordings go: the configuration parameter, else the build folder of Maven or Gradle. */
    private static Path folder(ExtensionContext context) {
        return context.getConfigurationParameter(FOLDER).map(Path::of).orElseGet(
                () -> Path.of(Files.exists(Path.of("pom.xml")) || !Files.isDirectory(Path.of("build")) ? "target" : "build", "trapframe"));
    }

    private static String name(ExtensionContext context) {
        String name = context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName();
        String id = context.getUniqueId();
        int invocation = id.lastIndexOf("invocation:#");
        return invocation < 0 ? name : name + "-" + id.substring(invocation + "invocation:#".length(), id.indexOf(']', invocation));
    }

    @Override
    public void interceptTestMethod(Invocation<Void> test, ReflectiveInvocationContext<Method> method, ExtensionContext context) throws Throwable {
        run(test, method, context);
    }

    @Override
    public void interceptTestTemplateMethod(Invocation<Void> test, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        run(test, method, context);
    }

    private static void run(Invocation<Void> test, ReflectiveInvocationContext<Method> method, ExtensionContext context) throws Throwable {
        checkGuests(context);
        Optional<Explore> explore = find(context, Explore.class, Function.identity());
        if (explore.isEmpty()) {
            test.proceed();
            return;
        }
        Guest guest = onlyGuest(context);
        new ExploredTest(explore.get(), most(context), guest, () -> ReflectionSupport.invokeMethod(method.getExecutable(), method.getTarget().orElse(null),
                method.getArguments().toArray())).run(test::proceed);
    }

    private static int most(ExtensionContext context) {
        return context.getConfigurationParameter(EXPLORE_BUDGET, Integer::valueOf).orElse(Integer.MAX_VALUE);
    }

    private static Guest onlyGuest(ExtensionContext context) {
        List<Guest> all = guests(context).all;
        if (all.size() != 1) {
            throw new ExtensionConfigurationException("@Explore needs a test of one guest, not " + (all.isEmpty() ? "none" : all.size()));
        }
        SharedBoot.obstacle(all.getFirst().session().setup(), "@Explore").ifPresent(why -> {
            throw new ExtensionConfigurationException(why);
        });
        return all.getFirst();
    }

    /** A guest that could not be booted fails the test; the parameter's resolution would make an error of it. */
    private static void checkGuests(ExtensionContext context) {
        guests(context).all.forEach(Guest::check);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withReport(context, failure);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw withReport(context, failure);
    }

    /** A failed assertion says of the guests what is known, unless it does already. */
    private static Throwable withReport(ExtensionContext context, Throwable failure) {
        List<Guest> guests = guests(context).all.stream().filter(Guest::isBooted).toList();
        if (guests.isEmpty() || failure instanceof GuestFailure || !(failure instanceof AssertionError)) {
            return failure;
        }
        String headline = GuestFailure.headline(failure);
        String message = guests.size() == 1 ? guests.getFirst().report(headline)
                : headline + IntStream.range(0, guests.size()).mapToObj(i -> "\n" + guests.get(i).report("guest " + (i + 1))).collect(Collectors.joining());
        AssertionError reported = failure instanceof AssertionFailedError compared && compared.isExpectedDefined()
                ? new AssertionFailedError(message, compared.getExpected(), compared.getActual(), failure)
                : new GuestFailure(message, failure);
        reported.setStackTrace(failure.getStackTrace());
        return reported;
    }
}
