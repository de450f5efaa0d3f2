// Files in memory. The contents of the initial archive stay where the archive is until somebody writes to them.
#include "file_system.h"

#include "lib/cpio.h"
#include "memory.h"
#include "scrub.h"

#define MAX_NODES 256 // also what numbers of nodes are made of: slot + MAX_NODES * serial number

struct node {
    uint64_t id; // 0: the slot is free
    char name[VFS_NAME_SIZE];
    bool is_folder;
    bool is_borrowed; // the data are the archive's
    struct node *parent;
    struct node *first; // of a folder's entries, in the order of their names
    struct node *next;
    uint8_t *data;
    size_t size;
    size_t capacity;
};

static struct node nodes[MAX_NODES];
static uint64_t next_serial = 1;

static struct node *find(uint64_t id)
{
    struct node *node = &nodes[id % MAX_NODES];
    return id != 0 && node->id == id ? node : NULL;
}

static int compare(const char *a, const char *b)
{
    size_t left = strlen(a) + 1;
    size_t right = strlen(b) + 1;
    return memcmp(a, b, left < right ? left : right);
}

static struct node *find_entry(const struct node *folder, const char *name)
{
    struct node *entry = folder->first;
    while (entry != NULL && !string_equal(entry->name, name)) {
        entry = entry->next;
    }
    return entry;
}

static struct node *folder_of(uint64_t id, int64_t *error)
{
    struct node *folder = find(id);
    *error = folder == NULL ? -ERROR_NOT_FOUND : !folder->is_folder ? -ERROR_NOT_A_FOLDER : 0;
    return folder;
}

static struct node *file_of(uint64_t id, int64_t *error)
{
    struct node *file = find(id);
    *error = file == NULL ? -ERROR_NOT_FOUND : file->is_folder ? -ERROR_IS_A_FOLDER : 0;
    return file;
}

static struct node *add(struct node *folder, const char *name, bool is_folder)
{
    struct node *node = nodes;
    while (node < nodes + MAX_NODES && node->id != 0) {
        node++;
    }
    if (node == nodes + MAX_NODES) {
        return NULL;
    }
    *node = (struct node){.id = next_serial++ * MAX_NODES + (uint64_t)(node - nodes), .is_folder = is_folder, .parent = folder};
    string_copy(node->name, name, sizeof node->name);
    if (folder != NULL) {
        struct node **place = &folder->first;
        while (*place != NULL && compare((*place)->name, name) < 0) {
            place = &(*place)->next;
        }
        node->next = *place;
        *place = node;
    }
    return node;
}

// Makes room for a file of a size in memory of its own.
static int64_t reserve(struct node *file, size_t size)
{
    if (!file->is_borrowed && size <= file->capacity) {
        return 0;
    }
    size_t capacity = size < 2 * file->capacity ? 2 * file->capacity : size;
    uint8_t *data = memory_resize(file->is_borrowed ? NULL : file->data, capacity);
    if (data == NULL) {
        return -ERROR_NO_SPACE;
    }
    if (file->is_borrowed) {
        memcpy(data, file->data, file->size);
    }
    file->data = data;
    file->capacity = capacity;
    file->is_borrowed = false;
    return 0;
}

static int64_t lookup(uint64_t id, const char *name, uint64_t *node)
{
    int64_t error;
    const struct node *folder = folder_of(id, &error);
    if (error != 0) {
        return error;
    }
    const struct node *entry = string_equal(name, "..") ? folder->parent : find_entry(folder, name);
    if (entry == NULL) {
        return -ERROR_NOT_FOUND;
    }
    *node = entry->id;
    return 0;
}

static int64_t describe(uint64_t id, struct vfs_file *file)
{
    const struct node *node = find(id);
    if (node == NULL) {
        return -ERROR_NOT_FOUND;
    }
    file->size = node->size;
    file->is_folder = node->is_folder;
    return 0;
}

static int64_t read(uint64_t id, uint64_t offset, void *to, size_t size)
{
    int64_t error;
    const struct node *file = file_of(id, &error);
    if (error != 0 || offset >= file->size) {
        return error;
    }
    size_t count = file->size - offset < size ? file->size - offset : size;
    memcpy(to, file->data + offset, count);
    return (int64_t)count;
}

static int64_t list(uint64_t id, uint64_t *position, char name[VFS_NAME_SIZE], uint64_t *node)
{
    int64_t error;
    const struct node *folder = folder_of(id, &error);
    if (error != 0) {
        return error;
    }
    const struct node *entry = folder->first;
    for (uint64_t i = 0; entry != NULL && i < *position; i++) {
        entry = entry->next;
    }
    if (entry == NULL) {
        return 0;
    }
    memcpy(name, entry->name, VFS_NAME_SIZE);
    *node = entry->id;
    (*position)++;
    return 1;
}

static int64_t create(uint64_t id, const char *name, bool is_folder, uint64_t *node)
{
    int64_t error;
    struct node *folder = folder_of(id, &error);
    if (error != 0) {
        return error;
    }
    if (find_entry(folder, name) != NULL) {
        return -ERROR_EXISTS;
    }
    const struct node *new = add(folder, name, is_folder);
    if (new == NULL) {
        return -ERROR_NO_SPACE;
    }
    *node = new->id;
    return 0;
}

static int64_t remove(uint64_t id, const char *name)
{
    int64_t error;
    struct node *folder = folder_of(id, &error);
    struct node *entry = error == 0 ? find_entry(folder, name) : NULL;
    if (entry == NULL) {
        return error != 0 ? error : -ERROR_NOT_FOUND;
    }
    if (entry->first != NULL) {
        return -ERROR_NOT_EMPTY;
    }
    struct node **place = &folder->first;
    while (*place != entry) {
        place = &(*place)->next;
    }
    *place = entry->next;
    if (!entry->is_borrowed) {
        memory_free(entry->data);
    }
    *entry = (struct node){0};
    return 0;
}

static int64_t write(uint64_t id, uint64_t offset, const void *from, size_t size)
{
    int64_t error;
    struct node *file = file_of(id, &error);
    if (error != 0) {
        return error;
    }
    uint64_t start = offset == VFS_END ? file->size : offset;
    if (start > SIZE_MAX / 4) {
        return -ERROR_NO_SPACE;
    }
    error = reserve(file, start + size > file->size ? start + size : file->size);
    if (error != 0) {
        return error;
    }
    if (start > file->size) {
        memset(file->data + file->size, 0, start - file->size);
    }
    memcpy(file->data + start, from, size);
    file->size = start + size > file->size ? start + size : file->size;
    return (int64_t)size;
}

static int64_t truncate(uint64_t id)
{
    int64_t error;
    struct node *file = file_of(id, &error);
    if (error != 0) {
        return error;
    }
    if (file->is_borrowed) {
        file->data = NULL;
        file->capacity = 0;
        file->is_borrowed = false;
    }
    file->size = 0;
    return 0;
}

// The archive names every folder before what is in it.
static void add_archived(struct node *root, const struct cpio_file *file)
{
    struct node *folder = root;
    const char *name = file->name;
    for (const char *c = file->name; *c != '\0'; c++) {
        if (*c == '/' && folder != NULL) {
            char part[VFS_NAME_SIZE];
            string_copy(part, name, (size_t)(c - name) + 1 < sizeof part ? (size_t)(c - name) + 1 : sizeof part);
            folder = find_entry(folder, part);
            name = c + 1;
        }
    }
    struct node *node = folder != NULL ? add(folder, name, file->is_folder) : NULL;
    if (node == NULL) {
        complain("vfs: no room for %s of the initial archive\n", file->name);
    } else if (!file->is_folder) {
        node->data = (uint8_t *)(uintptr_t)file->data;
        node->size = file->size;
        node->is_borrowed = true;
    }
}

static uint8_t *load_archive(size_t *size)
{
    *size = (size_t)sys_archive_read(0, NULL, 0);
    uint8_t *archive = memory_allocate(*size);
    if (archive == NULL) {
        complain("vfs: no room for the initial archive\n");
        sys_exit(1);
    }
    sys_archive_read(0, archive, *size);
    return archive;
}

const struct file_system *ramfs_start(void)
{
    static struct file_system files = {
        .lookup = lookup, .describe = describe, .read = read, .list = list, .create = create, .remove = remove, .write = write,
        .truncate = truncate};

    size_t size;
    const uint8_t *archive = load_archive(&size);
    scrub_start(archive, size);
    struct node *root = add(NULL, "", true);
    struct cpio_file file;
    for (size_t position = 0; cpio_next(archive, size, &position, &file);) {
        add_archived(root, &file);
    }
    files.root = root->id;
    return &files;
}
