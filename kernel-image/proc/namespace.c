#include "proc/namespace.h"

#include "abi/errors.h"
#include "lib/string.h"

static struct name_binding *find(struct namespace *namespace, const char *name)
{
    for (size_t i = 0; i < namespace->count; i++) {
        if (string_equal(namespace->bindings[i].name, name)) {
            return &namespace->bindings[i];
        }
    }
    return NULL;
}

int64_t namespace_bind(struct namespace *namespace, const char *name, struct capability capability)
{
    namespace_remove(namespace, name);
    if (namespace->count == MAX_NAMES) {
        return -ERROR_NO_MEMORY;
    }
    struct name_binding *binding = &namespace->bindings[namespace->count++];
    memcpy(binding->name, name, strlen(name) + 1);
    binding->capability = capability;
    return 0;
}

void namespace_inherit(struct namespace *namespace, const struct namespace *from)
{
    *namespace = *from;
    for (size_t i = 0; i < namespace->count; i++) {
        capability_to(namespace->bindings[i].capability.object, 0);
    }
}

void namespace_remove(struct namespace *namespace, const char *name)
{
    struct name_binding *binding = find(namespace, name);
    if (binding != NULL) {
        struct capability capability = binding->capability;
        *binding = namespace->bindings[--namespace->count];
        capability_put(capability);
    }
}

struct capability namespace_find(const struct namespace *namespace, const char *name)
{
    const struct name_binding *binding = find((struct namespace *)namespace, name);
    return binding != NULL ? binding->capability : (struct capability){0};
}

void namespace_close(struct namespace *namespace)
{
    while (namespace->count > 0) {
        capability_put(namespace->bindings[--namespace->count].capability);
    }
}
