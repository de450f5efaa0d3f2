// Channels: two ends, each with a queue of messages from the other. An end is a kernel object, held by whoever has a capability of it; a
// message may carry capabilities, ends of channels as well. With its last capability an end closes: what waits in its queue is dropped, who
// receives at the other end still gets what was sent before, and is then told that the peer is closed.
//
// Ends can lie in queues that can be reached through each other only. Nobody will ever receive them: channel_collect.c finds and closes such
// circles, at the moment in which they form.
#pragma once

#include "abi/message.h"
#include "ipc/handles.h"
#include "ipc/object.h"
#include "lib/spinlock.h"
#include "sched/wait.h"

#define MAX_QUEUED_MESSAGES 16

struct queued_message {
    struct queued_message *next;
    uint32_t size;
    uint32_t capability_count;
    struct capability capabilities[MESSAGE_HANDLES];
    uint8_t data[];
};

struct message_queue {
    struct queued_message *first;
    struct queued_message *last;
    size_t count;
};

struct channel_end {
    struct object object;
    struct channel *channel;
    bool closed;                   // nobody has a capability of it
    struct message_queue messages; // sent from the other end and not yet received
    struct wait_queue receivers;
    uint64_t in_flight;            // capabilities of this end that lie in queues
    struct channel_end *marked;    // the collector's list of ends that somebody can reach
    bool is_marked;
};

struct channel {
    struct channel_end ends[2];
    unsigned live_ends;             // ends that are not destroyed; 0: the slot is free
    struct handle_table *charged_to; // its maker's, as long as that is there
};

extern struct spinlock channels_lock; // guards all channels, and which capabilities are in flight
extern struct channel channels[];
extern const size_t max_channels;
extern size_t channels_used;
extern const struct object_type channel_end_type;

// Makes a channel on the account of a handle table. ERROR_NO_CHANNELS, ERROR_CHANNEL_LIMIT.
int64_t channel_create_pair(struct handle_table *account, struct capability ends[2]);

// Sends a message to the other end, with the capabilities that its handles name in the table: all of it or nothing. Never waits:
// ERROR_WOULD_BLOCK if the queue is full.
int64_t channel_send(struct channel_end *end, struct handle_table *table, const struct message *message);

// Receives the oldest message; its capabilities get handles in the table. If there is none, waits for one or returns ERROR_WOULD_BLOCK.
// With ERROR_NO_HANDLES the message stays.
int64_t channel_receive(struct channel_end *end, struct handle_table *table, struct message *message, bool wait);

// The owner of a table is gone: nobody pays for its channels any more.
void channels_discharge(const struct handle_table *account);

// For the collector, which runs with the lock held: puts the messages of all unreachable ends into a queue, and closes the ends.
void channel_close_end(struct channel_end *end, struct message_queue *dead);
void channel_collect(struct message_queue *dead);

// The end that a capability is of; NULL if it is of something else.
struct channel_end *channel_end_of(struct capability capability);
