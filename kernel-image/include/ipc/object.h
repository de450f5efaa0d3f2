// What capabilities are for: kernel objects, counted in two ways. Capabilities are what user programs can name, in handle tables or in
// messages on their way; when the last one is gone nobody can ask the object for anything, and it closes. References are pointers inside the
// kernel, one for each capability among them; when the last one is gone, the memory goes.
//
// Locks of this folder, in the order in which they are taken: channels_lock; a handle table's lock; a pipe's or a bucket's of the futexes;
// sched_lock; the heap's. No lock of these is held across a switch of tasks. capability_put() and object_put() are called with none of them.
#pragma once

#include <stdatomic.h>

#include "types.h"

struct object;

struct object_type {
    const char *name;
    // After each capability that is put, with how many there were left then: 0 for the last. May be NULL.
    void (*dropped)(struct object *object, uint64_t left);
    void (*destroy)(struct object *object); // after the last reference; frees the memory
};

struct object {
    const struct object_type *type;
    _Atomic uint64_t references;
    _Atomic uint64_t capabilities;
};

struct capability {
    struct object *object; // NULL: none
    uint32_t rights;       // enum right
};

// With one reference, the caller's, and no capability yet.
void object_init(struct object *object, const struct object_type *type);

void object_get(struct object *object);
void object_put(struct object *object);

// A capability of its own for an object that the caller has a capability of, or that never had one: a closed object stays closed.
struct capability capability_to(struct object *object, uint32_t rights);

void capability_put(struct capability capability);
