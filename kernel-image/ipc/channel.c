#include "ipc/channel.h"

#include "abi/errors.h"
#include "lib/log.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/heap.h"

#ifdef VARIANT_CHANNELS_64
#define MAX_CHANNELS 64
#define MAX_CHANNELS_OF_PROCESS SIZE_MAX
#else
#define MAX_CHANNELS 1024
#define MAX_CHANNELS_OF_PROCESS 64
#endif

struct spinlock channels_lock = SPINLOCK("channels");
struct channel channels[MAX_CHANNELS];
const size_t max_channels = MAX_CHANNELS;
size_t channels_used;

static void end_dropped(struct object *object, uint64_t left);
static void end_destroy(struct object *object);

const struct object_type channel_end_type = {.name = "channel", .dropped = end_dropped, .destroy = end_destroy};

static struct channel_end *to_end(struct object *object)
{
    return (struct channel_end *)object;
}

struct channel_end *channel_end_of(struct capability capability)
{
    return capability.object->type == &channel_end_type ? to_end(capability.object) : NULL;
}

static struct channel_end *peer_of(struct channel_end *end)
{
    struct channel *channel = end->channel;
    return end == &channel->ends[0] ? &channel->ends[1] : &channel->ends[0];
}

static void queue_put(struct message_queue *queue, struct queued_message *message)
{
    message->next = NULL;
    if (queue->first == NULL) {
        queue->first = message;
    } else {
        queue->last->next = message;
    }
    queue->last = message;
    queue->count++;
}

static struct queued_message *queue_take(struct message_queue *queue)
{
    struct queued_message *message = queue->first;
    if (message != NULL) {
        queue->first = message->next;
        queue->count--;
    }
    return message;
}

void channel_close_end(struct channel_end *end, struct message_queue *dead)
{
    end->closed = true;
    for (struct queued_message *message; (message = queue_take(&end->messages)) != NULL;) {
        queue_put(dead, message);
    }
    wait_queue_wake_all(&end->receivers);
    wait_queue_wake_all(&peer_of(end)->receivers);
}

// The end that a capability was of which was in a dropped message: it closes if that was the last one, or if nobody can reach the others.
// The lock is held.
static void drop_from_message(struct channel_end *end, struct message_queue *dead)
{
    end->in_flight--;
    uint64_t left = atomic_fetch_sub(&end->object.capabilities, 1) - 1;
    if (left == 0) {
        channel_close_end(end, dead);
    } else if (left == end->in_flight) {
        channel_collect(dead);
    }
}

// Drops the messages of a queue, and those of the ends that close with them, with the lock held: the ends go one by one, not one inside the
// other, however deep they are nested. Returns the messages, whose memory and other capabilities are to go without the lock.
static struct message_queue drop_messages(struct message_queue *dead)
{
    struct message_queue dropped = {0};
    for (struct queued_message *message; (message = queue_take(dead)) != NULL;) {
        for (uint32_t i = 0; i < message->capability_count; i++) {
            struct channel_end *end = channel_end_of(message->capabilities[i]);
            if (end != NULL) {
                drop_from_message(end, dead);
            }
        }
        queue_put(&dropped, message);
    }
    return dropped;
}

static void free_messages(struct message_queue dropped)
{
    for (struct queued_message *message; (message = queue_take(&dropped)) != NULL;) {
        for (uint32_t i = 0; i < message->capability_count; i++) {
            if (channel_end_of(message->capabilities[i]) != NULL) {
                object_put(message->capabilities[i].object);
            } else {
                capability_put(message->capabilities[i]);
            }
        }
        kfree(message);
    }
}

static void end_dropped(struct object *object, uint64_t left)
{
    struct channel_end *end = to_end(object);
    struct message_queue dead = {0};
    uint64_t flags = spin_lock_irqsave(&channels_lock);
    if (left == 0) {
        channel_close_end(end, &dead);
    } else if (object->capabilities == end->in_flight) {
        channel_collect(&dead);
    }
    struct message_queue dropped = drop_messages(&dead);
    spin_unlock_irqrestore(&channels_lock, flags);
    free_messages(dropped);
}

static void end_destroy(struct object *object)
{
    struct channel *channel = to_end(object)->channel;
    uint64_t flags = spin_lock_irqsave(&channels_lock);
    if (--channel->live_ends == 0) {
        channels_used--;
        if (channel->charged_to != NULL) {
            channel->charged_to->channels--;
        }
    }
    spin_unlock_irqrestore(&channels_lock, flags);
}

void channels_discharge(const struct handle_table *account)
{
    uint64_t flags = spin_lock_irqsave(&channels_lock);
    for (size_t i = 0; i < MAX_CHANNELS && account->channels > 0; i++) {
        if (channels[i].live_ends > 0 && channels[i].charged_to == account) {
            channels[i].charged_to->channels--;
            channels[i].charged_to = NULL;
        }
    }
    spin_unlock_irqrestore(&channels_lock, flags);
}

// The lock is held.
static struct channel *find_free(void)
{
    for (size_t i = 0; i < MAX_CHANNELS; i++) {
        if (channels[i].live_ends == 0) {
            return &channels[i];
        }
    }
    return NULL;
}

// The lock is held.
static int64_t take_channel(struct handle_table *account, struct capability ends[2])
{
    if (account->channels >= MAX_CHANNELS_OF_PROCESS) {
        return -ERROR_CHANNEL_LIMIT;
    }
    struct channel *channel = find_free();
    if (channel == NULL) {
        return -ERROR_NO_CHANNELS;
    }
    *channel = (struct channel){.live_ends = 2, .charged_to = account};
    channels_used++;
    account->channels++;
    for (int i = 0; i < 2; i++) {
        struct channel_end *end = &channel->ends[i];
        *end = (struct channel_end){.channel = channel, .receivers = WAIT_QUEUE("channel")};
        object_init(&end->object, &channel_end_type);
        ends[i] = capability_to(&end->object, RIGHT_SEND | RIGHT_RECEIVE | RIGHT_TRANSFER | RIGHT_DUPLICATE);
    }
    return 0;
}

int64_t channel_create_pair(struct handle_table *account, struct capability ends[2])
{
    uint64_t flags = spin_lock_irqsave(&channels_lock);
    int64_t error = take_channel(account, ends);
    spin_unlock_irqrestore(&channels_lock, flags);
    if (error == 0) {
        // The capabilities have references of their own.
        object_put(ends[0].object);
        object_put(ends[1].object);
    } else if (error == -ERROR_NO_CHANNELS) {
        log_warn("channel_create_pair: all %d channels are in use", MAX_CHANNELS);
    }
    return error;
}

// Takes the capabilities of a message out of the table, or copies them, as far as they go.
static int64_t take_capabilities(struct handle_table *table, const struct message *message, struct queued_message *queued)
{
    for (uint32_t i = 0; i < message->handle_count; i++) {
        uint32_t handle = message->handles[i] & ~MESSAGE_COPY;
        bool copy = (message->handles[i] & MESSAGE_COPY) != 0;
        struct capability *capability = &queued->capabilities[i];
        int64_t error = copy ? handle_copy(table, handle, capability) : handle_take(table, handle, capability);
        if (error != 0) {
            return error;
        }
        queued->capability_count++;
    }
    return 0;
}

// Frees the numbers of what was sent, or puts everything back.
static void settle_capabilities(struct handle_table *table, const struct message *message, const struct capability *capabilities,
                                uint32_t count, bool sent)
{
    for (uint32_t i = 0; i < count; i++) {
        if ((message->handles[i] & MESSAGE_COPY) == 0) {
            if (sent) {
                handle_free(table, message->handles[i]);
            } else {
                handle_restore(table, message->handles[i], capabilities[i]);
            }
        } else if (!sent) {
            capability_put(capabilities[i]);
        }
    }
}

// The lock is held.
static int64_t enqueue(struct channel_end *to, struct queued_message *queued, struct message_queue *dead)
{
    if (to->closed) {
        return -ERROR_PEER_CLOSED;
    }
    if (to->messages.count >= MAX_QUEUED_MESSAGES) {
        return -ERROR_WOULD_BLOCK;
    }
    queue_put(&to->messages, queued);
    for (uint32_t i = 0; i < queued->capability_count; i++) {
        struct channel_end *end = channel_end_of(queued->capabilities[i]);
        if (end != NULL) {
            end->in_flight++;
        }
    }
    wait_queue_wake_one(&to->receivers);
    if (to->object.capabilities == to->in_flight) {
        channel_collect(dead);
    }
    return 0;
}

int64_t channel_send(struct channel_end *end, struct handle_table *table, const struct message *message)
{
    if (message->size > MESSAGE_SIZE || message->handle_count > MESSAGE_HANDLES) {
        return -ERROR_TOO_LONG;
    }
    struct queued_message *queued = kmalloc(sizeof *queued + message->size);
    if (queued == NULL) {
        return -ERROR_NO_MEMORY;
    }
    *queued = (struct queued_message){.size = message->size};
    memcpy(queued->data, message->data, message->size);
    int64_t error = take_capabilities(table, message, queued);
    // The message is the receiver's as soon as it is in the queue.
    struct capability capabilities[MESSAGE_HANDLES];
    uint32_t count = queued->capability_count;
    memcpy(capabilities, queued->capabilities, sizeof capabilities);
    struct message_queue dropped = {0};
    if (error == 0) {
        struct message_queue dead = {0};
        uint64_t flags = spin_lock_irqsave(&channels_lock);
        error = enqueue(peer_of(end), queued, &dead);
        dropped = drop_messages(&dead);
        spin_unlock_irqrestore(&channels_lock, flags);
    }
    settle_capabilities(table, message, capabilities, count, error == 0);
    free_messages(dropped);
    if (error != 0) {
        kfree(queued);
    }
    return error;
}

// The lock is held. The first message of an end, with its capabilities in the table.
static int64_t take_first(struct channel_end *end, struct handle_table *table, struct message *message, struct queued_message **taken)
{
    struct queued_message *first = end->messages.first;
    if (end->closed) {
        return -ERROR_BAD_HANDLE;
    }
    if (first == NULL) {
        return peer_of(end)->closed ? -ERROR_PEER_CLOSED : -ERROR_WOULD_BLOCK;
    }
    int64_t error = handle_insert_all(table, first->capabilities, first->capability_count, message->handles);
    if (error != 0) {
        return error;
    }
    for (uint32_t i = 0; i < first->capability_count; i++) {
        struct channel_end *carried = channel_end_of(first->capabilities[i]);
        if (carried != NULL) {
            carried->in_flight--;
        }
    }
    *taken = queue_take(&end->messages);
    return 0;
}

int64_t channel_receive(struct channel_end *end, struct handle_table *table, struct message *message, bool wait)
{
    struct queued_message *taken = NULL;
    uint64_t flags = spin_lock_irqsave(&channels_lock);
    int64_t error = take_first(end, table, message, &taken);
    while (error == -ERROR_WOULD_BLOCK && wait) {
        bool killed = !wait_queue_wait_killable(&end->receivers, &channels_lock);
        error = killed ? -ERROR_KILLED : take_first(end, table, message, &taken);
    }
    if (end->messages.first != NULL) {
        // Who was woken may not have taken the message that it was woken for.
        wait_queue_wake_one(&end->receivers);
    }
    spin_unlock_irqrestore(&channels_lock, flags);
    if (taken == NULL) {
        return error;
    }
    message->size = taken->size;
    message->handle_count = taken->capability_count;
    memcpy(message->data, taken->data, taken->size);
    kfree(taken);
    return 0;
}
