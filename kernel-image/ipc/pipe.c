#include "ipc/pipe.h"

#include "abi/errors.h"
#include "abi/message.h"
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sched/wait.h"

struct pipe {
    struct object reader;
    struct object writer;
    _Atomic unsigned live_ends;
    struct spinlock lock; // guards what follows
    bool reader_closed;
    bool writer_closed;
    struct wait_queue readers;
    struct wait_queue writers;
    size_t start; // of the bytes in the buffer, which go round
    size_t count;
    uint8_t buffer[PIPE_SIZE];
};

static void reader_dropped(struct object *object, uint64_t left);
static void writer_dropped(struct object *object, uint64_t left);
static void reader_destroy(struct object *object);
static void writer_destroy(struct object *object);

const struct object_type pipe_reader_type = {.name = "pipe reader", .dropped = reader_dropped, .destroy = reader_destroy};
const struct object_type pipe_writer_type = {.name = "pipe writer", .dropped = writer_dropped, .destroy = writer_destroy};

static struct pipe *pipe_of_reader(struct object *object)
{
    return (struct pipe *)((char *)object - offsetof(struct pipe, reader));
}

static struct pipe *pipe_of_writer(struct object *object)
{
    return (struct pipe *)((char *)object - offsetof(struct pipe, writer));
}

static void close(struct pipe *pipe, bool *closed)
{
    uint64_t flags = spin_lock_irqsave(&pipe->lock);
    *closed = true;
    wait_queue_wake_all(&pipe->readers);
    wait_queue_wake_all(&pipe->writers);
    spin_unlock_irqrestore(&pipe->lock, flags);
}

static void reader_dropped(struct object *object, uint64_t left)
{
    if (left == 0) {
        close(pipe_of_reader(object), &pipe_of_reader(object)->reader_closed);
    }
}

static void writer_dropped(struct object *object, uint64_t left)
{
    if (left == 0) {
        close(pipe_of_writer(object), &pipe_of_writer(object)->writer_closed);
    }
}

static void destroy(struct pipe *pipe)
{
    if (atomic_fetch_sub(&pipe->live_ends, 1) == 1) {
        kfree(pipe);
    }
}

static void reader_destroy(struct object *object)
{
    destroy(pipe_of_reader(object));
}

static void writer_destroy(struct object *object)
{
    destroy(pipe_of_writer(object));
}

int64_t pipe_create(struct capability ends[2])
{
    struct pipe *pipe = kcalloc(1, sizeof *pipe);
    if (pipe == NULL) {
        return -ERROR_NO_MEMORY;
    }
    pipe->lock = (struct spinlock)SPINLOCK("pipe");
    pipe->readers = (struct wait_queue)WAIT_QUEUE("pipe: readers");
    pipe->writers = (struct wait_queue)WAIT_QUEUE("pipe: writers");
    pipe->live_ends = 2;
    object_init(&pipe->reader, &pipe_reader_type);
    object_init(&pipe->writer, &pipe_writer_type);
    ends[0] = capability_to(&pipe->reader, RIGHT_RECEIVE | RIGHT_TRANSFER | RIGHT_DUPLICATE);
    ends[1] = capability_to(&pipe->writer, RIGHT_SEND | RIGHT_TRANSFER | RIGHT_DUPLICATE);
    object_put(&pipe->reader);
    object_put(&pipe->writer);
    return 0;
}

// The lock is held.
static void take_bytes(struct pipe *pipe, uint8_t *to, size_t size)
{
    size_t until_end = PIPE_SIZE - pipe->start;
    size_t first = size < until_end ? size : until_end;
    memcpy(to, &pipe->buffer[pipe->start], first);
    memcpy(to + first, pipe->buffer, size - first);
    pipe->start = (pipe->start + size) % PIPE_SIZE;
    pipe->count -= size;
}

// The lock is held.
static void put_bytes(struct pipe *pipe, const uint8_t *from, size_t size)
{
    size_t end = (pipe->start + pipe->count) % PIPE_SIZE;
    size_t until_end = PIPE_SIZE - end;
    size_t first = size < until_end ? size : until_end;
    memcpy(&pipe->buffer[end], from, first);
    memcpy(pipe->buffer, from + first, size - first);
    pipe->count += size;
}

int64_t pipe_read(struct object *reader, void *to, size_t size, bool wait)
{
    struct pipe *pipe = pipe_of_reader(reader);
    int64_t result = 0;
    uint64_t flags = spin_lock_irqsave(&pipe->lock);
    while (result == 0 && pipe->count == 0 && !pipe->writer_closed && size > 0) {
        if (pipe->reader_closed) {
            result = -ERROR_BAD_HANDLE; // by another task, while this one waited
        } else if (!wait) {
            result = -ERROR_WOULD_BLOCK;
        } else if (!wait_queue_wait_killable(&pipe->readers, &pipe->lock)) {
            result = -ERROR_KILLED;
        }
    }
    if (result == 0) {
        size_t length = size < pipe->count ? size : pipe->count;
        take_bytes(pipe, to, length);
        result = (int64_t)length;
        // Pieces of several writers may fit now.
        wait_queue_wake_all(&pipe->writers);
    }
    if (pipe->count > 0) {
        wait_queue_wake_one(&pipe->readers);
    }
    spin_unlock_irqrestore(&pipe->lock, flags);
    return result;
}

int64_t pipe_write(struct object *writer, const void *from, size_t size)
{
    ASSERT(size <= PIPE_ATOMIC);
    struct pipe *pipe = pipe_of_writer(writer);
    int64_t result = 0;
    uint64_t flags = spin_lock_irqsave(&pipe->lock);
    while (result == 0 && !pipe->reader_closed && !pipe->writer_closed && PIPE_SIZE - pipe->count < size) {
        result = wait_queue_wait_killable(&pipe->writers, &pipe->lock) ? 0 : -ERROR_KILLED;
    }
    if (pipe->reader_closed) {
        result = -ERROR_BROKEN_PIPE;
    } else if (pipe->writer_closed) {
        result = -ERROR_BAD_HANDLE; // by another task, while this one waited
    }
    if (result == 0) {
        put_bytes(pipe, from, size);
        result = (int64_t)size;
        wait_queue_wake_one(&pipe->readers);
    }
    spin_unlock_irqrestore(&pipe->lock, flags);
    return result;
}
