// Finds the ends of channels that nobody can reach: every capability of them lies in a queue, and so on round in a circle. What is counted
// in references alone would stay for ever.
#include "ipc/channel.h"

static void mark(struct channel_end *end, struct channel_end **list)
{
    if (!end->is_marked) {
        end->is_marked = true;
        end->marked = *list;
        *list = end;
    }
}

// A capability that is in no queue is in a handle table, or about to be: somebody can receive from its end.
static bool is_held(const struct channel_end *end)
{
    return end->object.capabilities > end->in_flight;
}

static void mark_messages(const struct channel_end *end, struct channel_end **list)
{
    for (const struct queued_message *message = end->messages.first; message != NULL; message = message->next) {
        for (uint32_t i = 0; i < message->capability_count; i++) {
            struct channel_end *carried = channel_end_of(message->capabilities[i]);
            if (carried != NULL) {
                mark(carried, list);
            }
        }
    }
}

// Calls visit for every end that is open and has a capability.
static void for_each_open_end(void (*visit)(struct channel_end *end, void *context), void *context)
{
    for (size_t i = 0; i < 2 * max_channels; i++) {
        struct channel_end *end = &channels[i / 2].ends[i % 2];
        if (channels[i / 2].live_ends > 0 && !end->closed && end->object.capabilities > 0) {
            visit(end, context);
        }
    }
}

static void mark_if_held(struct channel_end *end, void *list)
{
    end->is_marked = false;
    if (is_held(end)) {
        mark(end, list);
    }
}

static void close_if_unmarked(struct channel_end *end, void *dead)
{
    if (!end->is_marked) {
        channel_close_end(end, dead);
    }
}

void channel_collect(struct message_queue *dead)
{
    struct channel_end *list = NULL;
    for_each_open_end(mark_if_held, &list);
    while (list != NULL) {
        struct channel_end *end = list;
        list = end->marked;
        mark_messages(end, &list);
    }
    for_each_open_end(close_if_unmarked, dead);
}
