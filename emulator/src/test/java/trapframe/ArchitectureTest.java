package trapframe;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import trapframe.time.EventQueue;

/** The order of the packages, and what must not be near a machine whose runs are all the same. */
class ArchitectureTest {
    /** The folder of the emulator's own classes, without the tests'. */
    private static final JavaClasses EMULATOR = new ClassFileImporter()
            .importUrl(EventQueue.class.getProtectionDomain().getCodeSource().getLocation());

    @Test
    void importsPointDownTheListOfPackages() {
        check(layeredArchitecture().consideringOnlyDependenciesInAnyPackage("trapframe..").withOptionalLayers(true)
                .layer("harness").definedBy("trapframe.harness..")
                .layer("observers").definedBy("trapframe.explore..", "trapframe.diagnose..", "trapframe.gdb..")
                .layer("timeline").definedBy("trapframe.timeline..")
                .layer("symbols").definedBy("trapframe.symbols..")
                .layer("machine").definedBy("trapframe.machine..")
                .layer("parts").definedBy("trapframe.device..", "trapframe.boot..", "trapframe.firmware..")
                .layer("core").definedBy("trapframe.cpu..", "trapframe.bus..", "trapframe.time..", "trapframe.memory..", "trapframe.freeze..")
                .layer("libraries").definedBy("trapframe.unicorn..", "trapframe.capstone..")
                .layer("codec").definedBy("trapframe.codec..")
                .layer("natives").definedBy("trapframe.natives..")
                .layer("x86").definedBy("trapframe.x86..")
                .layer("console").definedBy("trapframe.console..")
                .whereLayer("harness").mayNotBeAccessedByAnyLayer()
                .whereLayer("observers").mayOnlyBeAccessedByLayers("harness")
                .whereLayer("timeline").mayOnlyBeAccessedByLayers("harness", "observers")
                .whereLayer("symbols").mayOnlyBeAccessedByLayers("harness", "observers")
                .whereLayer("machine").mayOnlyBeAccessedByLayers("harness", "observers", "timeline")
                .whereLayer("parts").mayOnlyBeAccessedByLayers("harness", "observers", "timeline", "machine")
                .whereLayer("core").mayOnlyBeAccessedByLayers("harness", "observers", "timeline", "machine", "parts")
                .whereLayer("libraries").mayOnlyBeAccessedByLayers("harness", "observers", "timeline", "machine", "core")
                .whereLayer("codec").mayOnlyBeAccessedByLayers("observers", "timeline", "machine")
                .whereLayer("x86").mayOnlyBeAccessedByLayers("observers", "timeline", "core", "libraries")
                .whereLayer("console").mayOnlyBeAccessedByLayers("harness", "observers")
                .whereLayer("natives").mayOnlyBeAccessedByLayers("libraries")
                .ensureAllClassesAreContainedInArchitecture());
    }

    @Test
    void symbolsFreezesInstructionsAsBytesAndTextsKnowNoMachine() {
        for (String room : List.of("trapframe.symbols", "trapframe.freeze", "trapframe.x86", "trapframe.console")) {
            check(noClasses().that().resideInAPackage(room + "..").should().dependOnClassesThat(
                    DescribedPredicate.describe("other rooms", type -> type.getPackageName().startsWith("trapframe.")
                            && !type.getPackageName().startsWith(room))));
        }
    }

    @Test
    void insideTheCoreNobodyUsesTheCpuAndTimeAndMemoryUseNothingBesideThem() {
        check(noClasses().that().resideInAnyPackage("trapframe.bus..", "trapframe.time..", "trapframe.memory..")
                .should().dependOnClassesThat().resideInAPackage("trapframe.cpu.."));
        check(noClasses().that().resideInAnyPackage("trapframe.time..", "trapframe.memory..")
                .should().dependOnClassesThat().resideInAPackage("trapframe.bus.."));
    }

    @Test
    void devicesKnowNoCpuAndLoadersOnlyHowItIsEntered() {
        check(noClasses().that().resideInAPackage("trapframe.device..").should().dependOnClassesThat()
                .resideInAnyPackage("trapframe.cpu..", "trapframe.boot..", "trapframe.firmware.."));
        check(noClasses().that().resideInAPackage("trapframe.firmware..").should().dependOnClassesThat()
                .resideInAnyPackage("trapframe.cpu..", "trapframe.boot.."));
        check(noClasses().that().resideInAPackage("trapframe.boot..").should().dependOnClassesThat(
                DescribedPredicate.describe("the CPU but for EntryState", type -> type.getPackageName().equals("trapframe.cpu")
                        && !type.getName().startsWith("trapframe.cpu.EntryState"))));
    }

    @Test
    void nativeFunctionsAreCalledOnlyWhereTheLibrariesAre() {
        check(noClasses().that().resideOutsideOfPackages("trapframe.unicorn..", "trapframe.capstone..", "trapframe.natives..")
                .should().dependOnClassesThat().areAssignableTo(Linker.class)
                .orShould().dependOnClassesThat().areAssignableTo(SymbolLookup.class)
                .orShould().callMethod(java.lang.foreign.MemorySegment.class, "reinterpret", long.class));
    }

    /** EngineProbe looks for the host's time in the engine's own state, to take it out of there. */
    @Test
    void nothingInTheMachineAsksTheHostForTimeOrChance() {
        check(noClasses().that().resideOutsideOfPackage("trapframe.natives..")
                .and().doNotHaveFullyQualifiedName("trapframe.unicorn.EngineProbe")
                .should().callMethodWhere(call("System.nanoTime, currentTimeMillis or identityHashCode", System.class, "nanoTime",
                        "currentTimeMillis", "identityHashCode"))
                .orShould().callMethodWhere(call("Math.random", Math.class, "random"))
                .orShould().callMethodWhere(call("hashCode of Object", Object.class, "hashCode"))
                .orShould().callMethodWhere(call("now", Instant.class, "now"))
                .orShould().callMethodWhere(call("now", LocalDate.class, "now"))
                .orShould().callMethodWhere(call("now", LocalDateTime.class, "now"))
                .orShould().callMethodWhere(call("now", ZonedDateTime.class, "now"))
                .orShould().callMethodWhere(call("the system's clock", Clock.class, "systemUTC", "systemDefaultZone", "system"))
                .orShould().callConstructor(Date.class)
                .orShould().dependOnClassesThat().areAssignableTo(Random.class)
                .orShould().dependOnClassesThat().areAssignableTo(SecureRandom.class)
                .orShould().dependOnClassesThat().areAssignableTo(ThreadLocalRandom.class));
    }

    /**
     * The drives' thread is the one that there is; the machine waits for it at positions that do not depend on it. A debugger's
     * threads read and listen; what it wants is done between two runs. An explorer's run machines that know nothing of each other.
     */
    @Test
    void nothingInTheMachineWalksAHashTableOrAFolderOrStartsAThread() {
        check(noClasses().that().resideOutsideOfPackage("trapframe.natives..")
                .and().doNotHaveFullyQualifiedName("trapframe.device.drive.DriveWorker")
                .and().doNotHaveFullyQualifiedName("trapframe.gdb.Connection")
                .and().doNotHaveFullyQualifiedName("trapframe.gdb.GdbServer")
                .and().doNotHaveFullyQualifiedName("trapframe.explore.Explorer")
                .should().callMethodWhere(iterationOfAHashTable())
                .orShould().dependOnClassesThat().areAssignableTo(HashSet.class)
                .orShould().dependOnClassesThat().areAssignableTo(IdentityHashMap.class)
                .orShould().dependOnClassesThat().areAssignableTo(ConcurrentHashMap.class)
                .orShould().dependOnClassesThat().areAssignableTo(DirectoryStream.class)
                .orShould().callMethodWhere(call("a walk of files", Files.class, "list", "walk", "find"))
                .orShould().callMethodWhere(call("parallel streams", java.util.Collection.class, "parallelStream"))
                .orShould().dependOnClassesThat().areAssignableTo(Thread.class));
    }

    /**
     * A hash table may be asked for keys; walking it would bring an order into the machine that is another one on another host, or
     * (Map.of) in each JVM. A call does not tell which table it walks, so that a class that makes one may walk none.
     */
    private static DescribedPredicate<JavaCall<?>> iterationOfAHashTable() {
        return DescribedPredicate.describe("a walk over a hash table", call -> makesHashTables(call.getOriginOwner())
                && (call.getTargetOwner().isAssignableTo(Map.class) || call.getTargetOwner().isAssignableTo(Set.class))
                && switch (call.getName()) {
                    case "entrySet", "keySet", "values", "forEach", "replaceAll", "iterator", "stream" -> true;
                    default -> false;
                });
    }

    private static boolean makesHashTables(JavaClass type) {
        return type.getConstructorCallsFromSelf().stream().anyMatch(made -> made.getTargetOwner().isAssignableTo(HashMap.class))
                || type.getMethodCallsFromSelf().stream().anyMatch(made -> (made.getTargetOwner().isEquivalentTo(Map.class)
                        || made.getTargetOwner().isEquivalentTo(Set.class))
                        && (made.getName().startsWith("of") || made.getName().equals("copyOf")));
    }

    private static DescribedPredicate<JavaCall<?>> call(String what, Class<?> owner, String... names) {
        return DescribedPredicate.describe(what, call -> {
            JavaClass target = call.getTargetOwner();
            for (String name : names) {
                if (target.isEquivalentTo(owner) && call.getName().equals(name)) {
                    return true;
                }
            }
            return false;
        });
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(EMULATOR);
    }
}
