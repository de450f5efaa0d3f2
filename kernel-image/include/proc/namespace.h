// What a process can find by name: capabilities, most of all channels to servers. A new process has its parent's names, but for those that
// the parent replaces for it.
#pragma once

#include "ipc/object.h"

#define MAX_NAMES 8
#define NAME_SIZE 16

struct name_binding {
    char name[NAME_SIZE]; // empty: no binding
    struct capability capability;
};

struct namespace {
    struct name_binding bindings[MAX_NAMES];
};
