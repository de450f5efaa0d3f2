// Pipes: bytes in the order in which they were written, through a bounded buffer, between whoever holds the writing end and the reading end.
#pragma once

#include "ipc/object.h"

#define PIPE_SIZE 4096
// Writes up to this size are not mixed with others.
#define PIPE_ATOMIC 512

extern const struct object_type pipe_reader_type;
extern const struct object_type pipe_writer_type;

// Makes a pipe: its reading end and its writing end. ERROR_NO_MEMORY.
int64_t pipe_create(struct capability ends[2]);

// Reads what there is, up to size bytes, and waits for the first one if there is none and it is told to (else ERROR_WOULD_BLOCK). Returns
// how many; 0 when nobody holds the writing end any more.
int64_t pipe_read(struct object *reader, void *to, size_t size, bool wait);

// Writes up to PIPE_ATOMIC bytes in one piece, and waits until there is room for it. ERROR_BROKEN_PIPE if nobody holds the reading end.
int64_t pipe_write(struct object *writer, const void *from, size_t size);
