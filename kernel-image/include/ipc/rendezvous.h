// Messages from task to task, without a queue of messages in between: one copy, made when both are there. Who sends waits until the other one
// receives (TASK_SEND_BLOCKED), who receives until somebody sends (TASK_RECV_BLOCKED), and a call, which is a send that wants an answer,
// until the other one replies (TASK_REPLY_BLOCKED). States, senders and messages are guarded by sched_lock.
//
// A message is the sender's or receiver's own memory, in the kernel, as long as it is blocked. Tasks are named by their ids. All return a
// negative error if the partner is not there or ends meanwhile (ERROR_NO_TASK), or if the caller is to end (ERROR_KILLED).
#pragma once

#include "abi/message.h"
#include "sched/task.h"

int64_t rendezvous_send(uint64_t to, struct message *message);

// Receives from a task, or from anybody; returns the sender's id. If the sender called, it waits for a reply from here on.
int64_t rendezvous_receive(uint64_t from, struct message *message);

// Sends a message and waits for the reply, which takes its place.
int64_t rendezvous_call(uint64_t to, struct message *message);

// Replies to a task that called the caller. Never waits: ERROR_NOT_WAITING if that one awaits no reply from here.
int64_t rendezvous_reply(uint64_t to, const struct message *message);

// For the scheduler, with its lock held. A task exits: who waits for it is told. A task is to end: its own wait is over.
void rendezvous_exit(struct task *task);
void rendezvous_interrupt(struct task *task);
