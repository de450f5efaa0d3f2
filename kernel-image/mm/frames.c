#include "mm/frames.h"

#include "init/boot_info.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/phys_map.h"
#include "x86_64/layout.h"

// Firmware data, option ROMs and video memory; later processors start there.
#define LOW_MEMORY_END (1 * MIB)

#define BITS_PER_WORD 64

extern const char __image_start_phys[], __image_end_phys[];

virt_addr phys_map_base = KERNEL_BASE;

static struct spinlock frames_lock = SPINLOCK("frames");
// One bit per frame, set if it is taken. Known by its physical address, because the physical map moves.
static phys_addr bitmap;
static size_t frame_count;
static size_t free_count;
static size_t search_start; // no word before this one has a clear bit

static uint64_t *words(void)
{
    return phys_to_virt(bitmap);
}

static bool is_taken(size_t frame)
{
    return (words()[frame / BITS_PER_WORD] >> frame % BITS_PER_WORD & 1) != 0;
}

static void set_taken(size_t frame, bool taken)
{
    uint64_t bit = 1ULL << frame % BITS_PER_WORD;
    uint64_t *word = &words()[frame / BITS_PER_WORD];
    *word = taken ? *word | bit : *word & ~bit;
}

static void set_range(phys_addr start, phys_addr end, bool taken)
{
    // A frame is free only if all of it is RAM: free ranges shrink to whole frames, taken ones grow.
    size_t first = (taken ? ALIGN_DOWN(start, PAGE_SIZE) : ALIGN_UP(start, PAGE_SIZE)) / PAGE_SIZE;
    size_t last = (taken ? ALIGN_UP(end, PAGE_SIZE) : ALIGN_DOWN(end, PAGE_SIZE)) / PAGE_SIZE;
    last = last < frame_count ? last : frame_count;
    for (size_t frame = first; frame < last;) {
        if (frame % BITS_PER_WORD == 0 && last - frame >= BITS_PER_WORD) {
            words()[frame / BITS_PER_WORD] = taken ? UINT64_MAX : 0;
            frame += BITS_PER_WORD;
        } else {
            set_taken(frame++, taken);
        }
    }
}

static size_t count_free(void)
{
    size_t count = 0;
    for (size_t i = 0; i < (frame_count + BITS_PER_WORD - 1) / BITS_PER_WORD; i++) {
        if (words()[i] == 0) {
            count += BITS_PER_WORD;
            continue;
        }
        // One round for each clear bit; it sets the lowest.
        for (uint64_t word = words()[i]; word != UINT64_MAX; word |= word + 1) {
            count++;
        }
    }
    return count;
}

// The end of a range in use that overlaps the given one; NO_FRAME if none does.
static phys_addr end_of_overlap(phys_addr start, phys_addr end)
{
    if (start < (phys_addr)__image_end_phys && end > (phys_addr)__image_start_phys) {
        return (phys_addr)__image_end_phys;
    }
    for (size_t i = 0; i < boot_info.module_count; i++) {
        if (start < boot_info.modules[i].end && end > boot_info.modules[i].start) {
            return boot_info.modules[i].end;
        }
    }
    for (size_t i = 0; i < boot_info.region_count; i++) {
        const struct memory_region *region = &boot_info.regions[i];
        if (!region->is_ram && start < region->end && end > region->start) {
            return region->end;
        }
    }
    return NO_FRAME;
}

// The lowest place for the bitmap that nothing uses and the boot page tables show.
static phys_addr find_place(uint64_t size)
{
    phys_addr best = NO_FRAME;
    for (size_t i = 0; i < boot_info.region_count; i++) {
        const struct memory_region *region = &boot_info.regions[i];
        if (!region->is_ram) {
            continue;
        }
        phys_addr start = ALIGN_UP(region->start < LOW_MEMORY_END ? LOW_MEMORY_END : region->start, PAGE_SIZE);
        for (phys_addr end; (end = end_of_overlap(start, start + size)) != NO_FRAME;) {
            start = ALIGN_UP(end, PAGE_SIZE);
        }
        bool fits = start + size <= region->end && start + size <= BOOT_WINDOW_SIZE;
        if (fits && (best == NO_FRAME || start < best)) {
            best = start;
        }
    }
    return best;
}

void frames_init(void)
{
    for (size_t i = 0; i < boot_info.region_count; i++) {
        size_t frames = boot_info.regions[i].end / PAGE_SIZE;
        if (boot_info.regions[i].is_ram && frames > frame_count) {
            frame_count = frames;
        }
    }
    uint64_t size = ALIGN_UP((frame_count + BITS_PER_WORD - 1) / BITS_PER_WORD * sizeof(uint64_t), PAGE_SIZE);
    bitmap = find_place(size);
    if (bitmap == NO_FRAME) {
        panic("no room for the list of page frames");
    }
    memset(words(), 0xff, size);

    for (size_t i = 0; i < boot_info.region_count; i++) {
        if (boot_info.regions[i].is_ram) {
            set_range(boot_info.regions[i].start, boot_info.regions[i].end, false);
        }
    }
    // Maps may overlap; then the more careful entry counts.
    for (size_t i = 0; i < boot_info.region_count; i++) {
        if (!boot_info.regions[i].is_ram) {
            set_range(boot_info.regions[i].start, boot_info.regions[i].end, true);
        }
    }
    set_range(0, LOW_MEMORY_END, true);
    set_range((phys_addr)__image_start_phys, (phys_addr)__image_end_phys, true);
    set_range(bitmap, bitmap + size, true);
    for (size_t i = 0; i < boot_info.module_count; i++) {
        set_range(boot_info.modules[i].start, boot_info.modules[i].end, true);
    }
    free_count = count_free();
    log_debug("frames: %zu of %zu free", free_count, frame_count);
}

// The first free frame of the word that a frame is in, from the frame on; the first frame of the next word if there is none.
static size_t next_free(size_t frame)
{
    uint64_t free = ~words()[frame / BITS_PER_WORD] >> frame % BITS_PER_WORD;
    return free != 0 ? frame + (size_t)__builtin_ctzll(free) : ALIGN_DOWN(frame, BITS_PER_WORD) + BITS_PER_WORD;
}

// The first of count free frames in a row, from a frame on; frame_count if there is none.
static size_t find_run(size_t count)
{
    size_t frame = search_start * BITS_PER_WORD;
    size_t run = 0;
    while (frame < frame_count && run < count) {
        if (is_taken(frame)) {
            run = 0;
            frame = next_free(frame);
        } else {
            run++;
            frame++;
        }
    }
    return run == count ? frame - run : frame_count;
}

phys_addr frames_alloc(size_t count)
{
    ASSERT(count > 0);
    uint64_t flags = spin_lock_irqsave(&frames_lock);
    size_t first = find_run(count);
    bool found = first < frame_count;
    if (found) {
        for (size_t i = 0; i < count; i++) {
            set_taken(first + i, true);
        }
        free_count -= count;
        while (search_start < frame_count / BITS_PER_WORD && words()[search_start] == UINT64_MAX) {
            search_start++;
        }
    }
    spin_unlock_irqrestore(&frames_lock, flags);
    return found ? first * PAGE_SIZE : NO_FRAME;
}

phys_addr frame_alloc(void)
{
    return frames_alloc(1);
}

phys_addr frame_alloc_zeroed(void)
{
    phys_addr frame = frame_alloc();
    if (frame == NO_FRAME) {
        panic("out of memory");
    }
    memset(phys_to_virt(frame), 0, PAGE_SIZE);
    return frame;
}

void frames_free(phys_addr start, size_t count)
{
    size_t first = start / PAGE_SIZE;
    uint64_t flags = spin_lock_irqsave(&frames_lock);
    for (size_t frame = first; frame < first + count; frame++) {
        if (start % PAGE_SIZE != 0 || frame >= frame_count || !is_taken(frame)) {
            panic("frame %lx freed that is not in use", frame * PAGE_SIZE);
        }
        set_taken(frame, false);
    }
    free_count += count;
    if (first / BITS_PER_WORD < search_start) {
        search_start = first / BITS_PER_WORD;
    }
    spin_unlock_irqrestore(&frames_lock, flags);
}

void frame_free(phys_addr frame)
{
    frames_free(frame, 1);
}

size_t frames_available(void)
{
    return free_count;
}

size_t frames_used(void)
{
    return frame_count - free_count;
}
