package trapframe.tools.stages;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import trapframe.boot.BootException;
import trapframe.device.drive.DriveException;

/** Runs variants, several at a time. None of them can tell, and whatever one does, the others are run. */
public final class Suite {
    private static final int MIB = 1 << 20;

    private final List<Variant> variants;
    private final int jobs;
    private final Optional<Path> recordings;
    private final Display display;
    /** RAM, in MiB, that machines may have at the same time. */
    private final Semaphore memory;
    private final int allMemory;

    /**
     * @param jobs       how many variants run at the same time
     * @param recordings the folder, which is there, for recordings of those that fail
     * @param hostMemory bytes that machines may have at the same time; one that needs more runs alone
     */
    public Suite(List<Variant> variants, int jobs, Optional<Path> recordings, Display display, long hostMemory) {
        this.variants = variants;
        this.jobs = jobs;
        this.recordings = recordings;
        this.display = display;
        allMemory = (int) Math.max(1, Math.min(Integer.MAX_VALUE, hostMemory / MIB));
        memory = new Semaphore(allMemory, true);
    }

    /** Runs all; the results are in the order of the variants. */
    public List<VariantResult> run() throws InterruptedException {
        try (ExecutorService threads = Executors.newFixedThreadPool(jobs, Thread.ofPlatform().daemon().name("variant-", 0).factory())) {
            List<Future<VariantResult>> running = IntStream.range(0, variants.size()).mapToObj(number -> threads.submit(() -> run(number))).toList();
            return IntStream.range(0, running.size()).mapToObj(number -> result(number, running.get(number))).toList();
        }
    }

    private VariantResult result(int number, Future<VariantResult> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            return VariantResult.notRun(variants.get(number).name(), VariantResult.Status.ERROR, "internal error, please report it: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return VariantResult.notRun(variants.get(number).name(), VariantResult.Status.ERROR, "interrupted");
        }
    }

    private VariantResult run(int number) throws InterruptedException {
        Variant variant = variants.get(number);
        int needed = (int) Math.min(allMemory, Math.max(1, variant.setup().machine().memoryBytes() / MIB));
        memory.acquire(needed);
        VariantResult result;
        try {
            result = new VariantRun(variant, recordings.map(folder -> folder.resolve(fileName(number, variant.name()))),
                    (stage, status) -> display.stage(number, stage, status)).run();
        } catch (BootException | DriveException e) {
            result = VariantResult.notRun(variant.name(), VariantResult.Status.UNUSABLE, e.getMessage());
        } catch (OutOfMemoryError e) {
            result = VariantResult.notRun(variant.name(), VariantResult.Status.UNUSABLE, "this computer has too little memory free for it: " + e.getMessage());
        } catch (RuntimeException e) {
            result = VariantResult.notRun(variant.name(), VariantResult.Status.ERROR, "internal error, please report it: " + e);
        } finally {
            memory.release(needed);
        }
        display.done(number, result);
        return result;
    }

    private static String fileName(int number, String variant) {
        return number + 1 + "-" + variant.replaceAll("[^A-Za-z0-9._-]+", "-").replaceAll("^-|-$", "") + ".rec";
    }
}
