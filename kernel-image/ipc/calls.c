// System calls: what they take is a program's word only. Messages and bytes come into the kernel before a call begins and go out after it
// has ended, so that no lock is held while the program's memory is used.
#include "ipc/calls.h"

#include "abi/message.h"
#include "ipc/channel.h"
#include "ipc/futex.h"
#include "ipc/pipe.h"
#include "ipc/rendezvous.h"
#include "proc/process.h"
#include "proc/user_memory.h"

#define MESSAGE_HEADER offsetof(struct message, data)

static struct handle_table *handles(void)
{
    return &current_process()->handles;
}

static int64_t message_from_user(struct message *message, virt_addr from)
{
    int64_t error = copy_from_user(message, from, MESSAGE_HEADER);
    if (error != 0) {
        return error;
    }
    if (message->size > MESSAGE_SIZE || message->handle_count > MESSAGE_HANDLES) {
        return -ERROR_TOO_LONG;
    }
    return copy_from_user(message->data, from + MESSAGE_HEADER, message->size);
}

static int64_t message_to_user(virt_addr to, const struct message *message)
{
    return copy_to_user(to, message, MESSAGE_HEADER + message->size);
}

// The result of a call that received a message, or why the message cannot be delivered.
static int64_t deliver(int64_t result, virt_addr to, const struct message *message)
{
    int64_t error = result < 0 ? 0 : message_to_user(to, message);
    return error != 0 ? error : result;
}

int64_t sys_handle_close(const uint64_t argument[])
{
    return handle_close(handles(), argument[0]);
}

int64_t sys_handle_duplicate(const uint64_t argument[])
{
    return handle_duplicate(handles(), argument[0], (uint32_t)argument[1]);
}

// Gives two capabilities handles and tells the program which; without either, neither is kept.
static int64_t insert_pair(virt_addr to, const struct capability pair[2])
{
    uint32_t numbers[2];
    int64_t error = handle_insert_all(handles(), pair, 2, numbers);
    if (error != 0) {
        capability_put(pair[0]);
        capability_put(pair[1]);
        return error;
    }
    uint64_t told[2] = {numbers[0], numbers[1]};
    error = copy_to_user(to, told, sizeof told);
    if (error != 0) {
        handle_close(handles(), numbers[0]);
        handle_close(handles(), numbers[1]);
    }
    return error;
}

int64_t sys_channel_create_pair(const uint64_t argument[])
{
    struct capability ends[2];
    int64_t error = channel_create_pair(handles(), ends);
    if (error != 0) {
        const uint64_t none[2] = {HANDLE_NONE, HANDLE_NONE};
        copy_to_user(argument[0], none, sizeof none);
        return error;
    }
    return insert_pair(argument[0], ends);
}

int64_t sys_channel_send(const uint64_t argument[])
{
    struct message message;
    struct object *end;
    int64_t error = message_from_user(&message, argument[1]);
    if (error == 0) {
        error = handle_get(handles(), argument[0], &channel_end_type, RIGHT_SEND, &end);
    }
    if (error != 0) {
        return error;
    }
    error = channel_send((struct channel_end *)end, handles(), &message);
    object_put(end);
    return error;
}

#ifdef VARIANT_CHANNELS_64
// Where there is nothing to receive there may be something later: until the task is to end.
static void wait_for_nothing(void)
{
    static struct spinlock lock = SPINLOCK("no channel");
    static struct wait_queue queue = WAIT_QUEUE("no channel");
    uint64_t flags = spin_lock_irqsave(&lock);
    while (wait_queue_wait_killable(&queue, &lock)) {
    }
    spin_unlock_irqrestore(&lock, flags);
}
#endif

// A message that the program's memory does not take is lost, and its capabilities with it.
static int64_t receive(uint64_t handle, virt_addr to, bool wait)
{
    struct object *end;
    int64_t error = handle_get(handles(), handle, &channel_end_type, RIGHT_RECEIVE, &end);
#ifdef VARIANT_CHANNELS_64
    if (error != 0 && wait) {
        wait_for_nothing();
    }
#endif
    if (error != 0) {
        return error;
    }
    struct message message = {0};
    error = channel_receive((struct channel_end *)end, handles(), &message, wait);
    object_put(end);
    if (error != 0) {
        return error;
    }
    error = message_to_user(to, &message);
    for (uint32_t i = 0; error != 0 && i < message.handle_count; i++) {
        handle_close(handles(), message.handles[i]);
    }
    return error;
}

int64_t sys_channel_receive(const uint64_t argument[])
{
    return receive(argument[0], argument[1], false);
}

int64_t sys_channel_receive_blocking(const uint64_t argument[])
{
    return receive(argument[0], argument[1], true);
}

int64_t sys_pipe_create(const uint64_t argument[])
{
    struct capability ends[2];
    int64_t error = pipe_create(ends);
    return error != 0 ? error : insert_pair(argument[0], ends);
}

// At most what one piece holds: programs read until they have what they need.
int64_t sys_pipe_read(const uint64_t argument[])
{
    struct object *reader;
    int64_t result = handle_get(handles(), argument[0], &pipe_reader_type, RIGHT_RECEIVE, &reader);
    if (result != 0) {
        return result;
    }
    uint8_t piece[PIPE_ATOMIC];
    result = pipe_read(reader, piece, argument[2] < sizeof piece ? argument[2] : sizeof piece, true);
    object_put(reader);
    int64_t error = result > 0 ? copy_to_user(argument[1], piece, (size_t)result) : 0;
    return error != 0 ? error : result;
}

int64_t sys_pipe_write(const uint64_t argument[])
{
    struct object *writer;
    int64_t result = handle_get(handles(), argument[0], &pipe_writer_type, RIGHT_SEND, &writer);
    if (result != 0) {
        return result;
    }
    uint64_t done = 0;
    while (result >= 0 && done < argument[2]) {
        uint8_t piece[PIPE_ATOMIC];
        size_t size = argument[2] - done < sizeof piece ? argument[2] - done : sizeof piece;
        result = copy_from_user(piece, argument[1] + done, size);
        result = result == 0 ? pipe_write(writer, piece, size) : result;
        done += result >= 0 ? size : 0;
    }
    object_put(writer);
    return done > 0 ? (int64_t)done : result;
}

int64_t sys_send(const uint64_t argument[])
{
    struct message message = {0};
    int64_t error = message_from_user(&message, argument[1]);
    return error != 0 ? error : rendezvous_send(argument[0], &message);
}

int64_t sys_recv(const uint64_t argument[])
{
    struct message message = {0};
    return deliver(rendezvous_receive(argument[0], &message), argument[1], &message);
}

int64_t sys_call(const uint64_t argument[])
{
    struct message message = {0};
    int64_t error = message_from_user(&message, argument[1]);
    return error != 0 ? error : deliver(rendezvous_call(argument[0], &message), argument[1], &message);
}

int64_t sys_reply(const uint64_t argument[])
{
    struct message message = {0};
    int64_t error = message_from_user(&message, argument[1]);
    return error != 0 ? error : rendezvous_reply(argument[0], &message);
}

int64_t sys_futex_wait(const uint64_t argument[])
{
    return futex_wait(&current_process()->space, argument[0], (uint32_t)argument[1]);
}

int64_t sys_futex_wake(const uint64_t argument[])
{
    return futex_wake(&current_process()->space, argument[0], argument[1]);
}
