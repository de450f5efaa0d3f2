#include "ipc/handles.h"

#include "abi/errors.h"
#include "ipc/channel.h"
#include "lib/panic.h"

// Stands in a slot whose capability was taken out and may come back.
static struct object taken;

void handle_table_init(struct handle_table *table)
{
    *table = (struct handle_table){.lock = SPINLOCK("handles")};
}

// The lock is held. NULL if the handle names no capability.
static struct capability *slot_of(struct handle_table *table, uint64_t handle)
{
    if (handle >= MAX_HANDLES || table->slots[handle].object == NULL || table->slots[handle].object == &taken) {
        return NULL;
    }
    return &table->slots[handle];
}

// The lock is held. The slot of a handle, or why it cannot be used.
static int64_t find(struct handle_table *table, uint64_t handle, uint32_t rights, struct capability **slot)
{
    *slot = slot_of(table, handle);
    if (*slot == NULL) {
        return -ERROR_BAD_HANDLE;
    }
    return ((*slot)->rights & rights) == rights ? 0 : -ERROR_NO_RIGHT;
}

// The lock is held.
static int64_t insert(struct handle_table *table, struct capability capability)
{
    for (size_t i = 0; i < MAX_HANDLES && !table->closed; i++) {
        if (table->slots[i].object == NULL) {
            table->slots[i] = capability;
            table->used++;
            return (int64_t)i;
        }
    }
    return -ERROR_NO_HANDLES;
}

// The lock is held.
static struct capability empty(struct handle_table *table, struct capability *slot)
{
    struct capability capability = *slot;
    *slot = (struct capability){0};
    table->used--;
    return capability;
}

void handle_table_close(struct handle_table *table)
{
    for (uint64_t handle = 0; handle < MAX_HANDLES; handle++) {
        struct capability capability = {0};
        uint64_t flags = spin_lock_irqsave(&table->lock);
        table->closed = true;
        struct capability *slot = slot_of(table, handle);
        if (slot != NULL) {
            capability = empty(table, slot);
        }
        spin_unlock_irqrestore(&table->lock, flags);
        if (capability.object != NULL) {
            capability_put(capability);
        }
    }
    channels_discharge(table);
}

int64_t handle_insert(struct handle_table *table, struct capability capability)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    int64_t handle = insert(table, capability);
    spin_unlock_irqrestore(&table->lock, flags);
    return handle;
}

int64_t handle_insert_all(struct handle_table *table, const struct capability *capabilities, uint32_t count, uint32_t *handles)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    bool fits = !table->closed && MAX_HANDLES - table->used >= count;
    for (uint32_t i = 0; fits && i < count; i++) {
        handles[i] = (uint32_t)insert(table, capabilities[i]);
    }
    spin_unlock_irqrestore(&table->lock, flags);
    return fits ? 0 : -ERROR_NO_HANDLES;
}

int64_t handle_get(struct handle_table *table, uint64_t handle, const struct object_type *type, uint32_t rights, struct object **object)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    struct capability *slot;
    int64_t error = find(table, handle, rights, &slot);
    if (slot != NULL && slot->object->type != type) {
        error = -ERROR_BAD_HANDLE;
    }
    if (error == 0) {
        *object = slot->object;
        object_get(*object);
    }
    spin_unlock_irqrestore(&table->lock, flags);
    return error;
}

int64_t handle_copy(struct handle_table *table, uint64_t handle, struct capability *capability)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    struct capability *slot;
    int64_t error = find(table, handle, RIGHT_TRANSFER | RIGHT_DUPLICATE, &slot);
    if (error == 0) {
        *capability = capability_to(slot->object, slot->rights);
    }
    spin_unlock_irqrestore(&table->lock, flags);
    return error;
}

int64_t handle_take(struct handle_table *table, uint64_t handle, struct capability *capability)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    struct capability *slot;
    int64_t error = find(table, handle, RIGHT_TRANSFER, &slot);
    if (error == 0) {
        *capability = *slot;
        *slot = (struct capability){.object = &taken};
    }
    spin_unlock_irqrestore(&table->lock, flags);
    return error;
}

void handle_free(struct handle_table *table, uint64_t handle)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    ASSERT(handle < MAX_HANDLES && table->slots[handle].object == &taken);
    empty(table, &table->slots[handle]);
    spin_unlock_irqrestore(&table->lock, flags);
}

void handle_restore(struct handle_table *table, uint64_t handle, struct capability capability)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    ASSERT(handle < MAX_HANDLES && table->slots[handle].object == &taken);
    bool closed = table->closed;
    if (closed) {
        empty(table, &table->slots[handle]);
    } else {
        table->slots[handle] = capability;
    }
    spin_unlock_irqrestore(&table->lock, flags);
    if (closed) {
        capability_put(capability);
    }
}

int64_t handle_duplicate(struct handle_table *table, uint64_t handle, uint32_t rights)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    struct capability *slot;
    int64_t result = find(table, handle, RIGHT_DUPLICATE, &slot);
    if (result == 0) {
        // Counted only when there is room: a capability cannot be put under the lock.
        result = insert(table, (struct capability){.object = slot->object, .rights = slot->rights & rights});
        if (result >= 0) {
            capability_to(slot->object, 0);
        }
    }
    spin_unlock_irqrestore(&table->lock, flags);
    return result;
}

int64_t handle_close(struct handle_table *table, uint64_t handle)
{
    uint64_t flags = spin_lock_irqsave(&table->lock);
    struct capability *slot = slot_of(table, handle);
    struct capability capability = {0};
    if (slot != NULL) {
        capability = empty(table, slot);
    }
    spin_unlock_irqrestore(&table->lock, flags);
    if (slot == NULL) {
        return -ERROR_BAD_HANDLE;
    }
    capability_put(capability);
    return 0;
}
