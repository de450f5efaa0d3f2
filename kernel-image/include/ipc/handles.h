// A process's capabilities, named by small numbers. Kernel tasks may have a table as well.
#pragma once

#include "abi/message.h"
#include "ipc/object.h"
#include "lib/spinlock.h"

#define MAX_HANDLES 64

struct handle_table {
    struct spinlock lock;
    bool closed; // takes no more
    size_t used; // slots that hold a capability or wait for theirs to come back
    struct capability slots[MAX_HANDLES];
    size_t channels; // made by its owner and not yet gone. Guarded by channels_lock
};

void handle_table_init(struct handle_table *table);

// Puts all capabilities, and takes no more. What its owner still does with the table finds nothing.
void handle_table_close(struct handle_table *table);

// Gives a capability a number, the lowest there is, and with it to the table. ERROR_NO_HANDLES: the capability is the caller's still.
int64_t handle_insert(struct handle_table *table, struct capability capability);

// The same for several, all of them or none.
int64_t handle_insert_all(struct handle_table *table, const struct capability *capabilities, uint32_t count, uint32_t *handles);

// Finds the object of a handle, with a reference for the caller to put. ERROR_BAD_HANDLE also if it is of another type, ERROR_NO_RIGHT if the
// capability lacks one of the rights.
int64_t handle_get(struct handle_table *table, uint64_t handle, const struct object_type *type, uint32_t rights, struct object **object);

// A capability of the caller's own with the same rights. Takes RIGHT_TRANSFER and RIGHT_DUPLICATE.
int64_t handle_copy(struct handle_table *table, uint64_t handle, struct capability *capability);

// Takes a capability out, and keeps its number until handle_free(), or handle_restore() if the caller could not use it. Takes RIGHT_TRANSFER.
int64_t handle_take(struct handle_table *table, uint64_t handle, struct capability *capability);
void handle_free(struct handle_table *table, uint64_t handle);
void handle_restore(struct handle_table *table, uint64_t handle, struct capability capability);

// A second handle, with those of the first one's rights that are asked for. Takes RIGHT_DUPLICATE.
int64_t handle_duplicate(struct handle_table *table, uint64_t handle, uint32_t rights);

int64_t handle_close(struct handle_table *table, uint64_t handle);
