#include "ipc/object.h"

#include "lib/panic.h"

void object_init(struct object *object, const struct object_type *type)
{
    *object = (struct object){.type = type, .references = 1};
}

void object_get(struct object *object)
{
    uint64_t before = atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
    ASSERT(before > 0);
}

// Release, so that what was done by way of a reference comes before the end of the object; acquire, so that the end comes after all of it.
void object_put(struct object *object)
{
    uint64_t before = atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (before == 1) {
        object->type->destroy(object);
    }
}

struct capability capability_to(struct object *object, uint32_t rights)
{
    object_get(object);
    atomic_fetch_add_explicit(&object->capabilities, 1, memory_order_relaxed);
    return (struct capability){.object = object, .rights = rights};
}

void capability_put(struct capability capability)
{
    struct object *object = capability.object;
    uint64_t before = atomic_fetch_sub_explicit(&object->capabilities, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    if (object->type->dropped != NULL) {
        object->type->dropped(object, before - 1);
    }
    object_put(object);
}
