// What a process can find by name: capabilities, above all of servers. A new process has its parent's names, but for those that the parent
// replaces for it; they stay as they are as long as it lives.
#pragma once

#include "abi/process.h"
#include "ipc/object.h"

#define MAX_NAMES 8

struct name_binding {
    char name[NAME_SIZE];
    struct capability capability;
};

struct namespace {
    size_t count;
    struct name_binding bindings[MAX_NAMES];
};

// Binds a name, instead of what it was bound to. ERROR_NO_MEMORY if there is no room: the capability is the caller's still.
int64_t namespace_bind(struct namespace *namespace, const char *name, struct capability capability);

// Binds the names of another namespace, each to a capability of its own.
void namespace_inherit(struct namespace *namespace, const struct namespace *from);

void namespace_remove(struct namespace *namespace, const char *name);

// What a name is bound to; no object if to nothing. The capability stays the namespace's.
struct capability namespace_find(const struct namespace *namespace, const char *name);

// Puts all capabilities.
void namespace_close(struct namespace *namespace);
