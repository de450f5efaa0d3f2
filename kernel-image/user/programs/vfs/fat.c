// FAT12 and FAT16, read only. A node is the place of a directory entry: its sector and its number there, and 0 for the root.
#include "fat.h"

#include "file_system.h"

#define ROOT 0
#define MAX_FOLDER_ENTRIES 65536 // the specification's limit, which a chain that goes in a circle does not keep

// Fields of a directory entry.
#define ENTRY_ATTRIBUTES 11
#define ENTRY_CASE 12
#define ENTRY_CLUSTER 26
#define ENTRY_SIZE 28
#define NAME_BASE 8
#define NAME_EXTENSION 3
#define SHORT_NAME (NAME_BASE + NAME_EXTENSION)

#define NAME_END 0x00
#define NAME_DELETED 0xe5
#define NAME_E5 0x05 // stands for 0xe5 as the first character
#define CASE_BASE_LOWER 0x08
#define CASE_EXTENSION_LOWER 0x10
#define ATTRIBUTE_VOLUME 0x08
#define ATTRIBUTE_FOLDER 0x10
#define ATTRIBUTES_LONG_NAME 0x0f
#define ATTRIBUTES_MASK 0x3f

// Fields of an entry that holds a part of a long name.
#define LONG_ORDER 0
#define LONG_CHECKSUM 13
#define LONG_LAST 0x40
#define LONG_ORDER_MASK 0x3f
#define LONG_CHARACTERS 13
#define LONG_COMPLETE UINT32_MAX // instead of the part that is wanted: it was the last
#define LONG_PARTS ((VFS_NAME_SIZE + LONG_CHARACTERS - 1) / LONG_CHARACTERS)

struct entry {
    uint64_t node;
    char name[VFS_NAME_SIZE];
    char short_name[SHORT_NAME + 2];
    bool is_folder;
    uint64_t cluster;
    uint64_t size;
};

// A long name as its parts come, the last one first. Nothing is wanted where there is none, or it is damaged or too long.
struct long_name {
    unsigned wanted;
    uint8_t checksum;
    char text[LONG_PARTS * LONG_CHARACTERS + 1];
};

static struct fat_volume volume;

// A sector of what begins at a cluster, by its number there; 0 behind the end.
static uint64_t sector_in_chain(uint64_t first_cluster, uint64_t number)
{
    uint64_t cluster = fat_cluster(&volume, first_cluster, number / volume.cluster_size);
    return cluster == 0 ? 0 : volume.data + (cluster - FAT_FIRST_CLUSTER) * volume.cluster_size + number % volume.cluster_size;
}

// The sector of a folder that an entry of it is in; 0 behind its end.
static uint64_t sector_of(uint64_t folder_cluster, uint64_t index)
{
    uint64_t number = index / FAT_ENTRIES_PER_SECTOR;
    if (folder_cluster == 0) {
        return index < volume.root_entries ? volume.root + number : 0;
    }
    return index < MAX_FOLDER_ENTRIES ? sector_in_chain(folder_cluster, number) : 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool equal_without_case(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

static size_t copy_name(char *to, const uint8_t *from, size_t size, bool is_lower)
{
    while (size > 0 && from[size - 1] == ' ') {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        char c = from[i] >= ' ' && from[i] < 0x7f && from[i] != '/' ? (char)from[i] : '?';
        to[i] = is_lower ? lower(c) : c;
    }
    return size;
}

static void parse_short_name(const uint8_t *raw, char *name)
{
    uint8_t base[NAME_BASE];
    memcpy(base, raw, sizeof base);
    base[0] = base[0] == NAME_E5 ? NAME_DELETED : base[0];
    size_t length = copy_name(name, base, NAME_BASE, (raw[ENTRY_CASE] & CASE_BASE_LOWER) != 0);
    size_t extension = copy_name(name + length + 1, raw + NAME_BASE, NAME_EXTENSION, (raw[ENTRY_CASE] & CASE_EXTENSION_LOWER) != 0);
    if (extension > 0) {
        name[length] = '.';
        length += 1 + extension;
    }
    name[length] = '\0';
}

static uint8_t short_name_checksum(const uint8_t *raw)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < SHORT_NAME; i++) {
        sum = (uint8_t)((sum >> 1 | sum << 7) + raw[i]);
    }
    return sum;
}

static void collect_long_name(struct long_name *name, const uint8_t *raw)
{
    static const uint8_t offsets[LONG_CHARACTERS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    unsigned part = raw[LONG_ORDER] & LONG_ORDER_MASK;
    if ((raw[LONG_ORDER] & LONG_LAST) != 0 && part > 0 && part <= LONG_PARTS) {
        *name = (struct long_name){.wanted = part, .checksum = raw[LONG_CHECKSUM]};
    }
    if (part == 0 || part > LONG_PARTS || part != name->wanted || raw[LONG_CHECKSUM] != name->checksum) {
        *name = (struct long_name){0};
        return;
    }
    char *text = name->text + (part - 1) * LONG_CHARACTERS;
    for (size_t i = 0; i < LONG_CHARACTERS; i++) {
        uint32_t c = fat_16(raw + offsets[i]);
        // The end, and what fills up behind it.
        if (c == 0 || c == 0xffff) {
            break;
        }
        text[i] = c >= ' ' && c < 0x7f && c != '/' ? (char)c : '?';
    }
    name->wanted = part > 1 ? part - 1 : LONG_COMPLETE;
}

static void fill_entry(struct entry *entry, uint64_t sector, uint64_t index, const uint8_t *raw)
{
    *entry = (struct entry){
        .node = sector * FAT_ENTRIES_PER_SECTOR + index % FAT_ENTRIES_PER_SECTOR,
        .is_folder = (raw[ENTRY_ATTRIBUTES] & ATTRIBUTE_FOLDER) != 0,
        .cluster = fat_16(raw + ENTRY_CLUSTER),
        .size = fat_32(raw + ENTRY_SIZE),
    };
    parse_short_name(raw, entry->short_name);
    memcpy(entry->name, entry->short_name, sizeof entry->short_name);
}

static bool is_hidden(const uint8_t *raw)
{
    return raw[0] == NAME_DELETED || (raw[ENTRY_ATTRIBUTES] & ATTRIBUTE_VOLUME) != 0;
}

// The first entry of a folder from an index on, which moves behind it. 1, 0 after the last, or a negative error.
static int64_t next_entry(uint64_t folder_cluster, uint64_t *index, struct entry *entry)
{
    struct long_name long_name = {0};
    for (uint64_t at; (at = sector_of(folder_cluster, *index)) != 0; (*index)++) {
        const uint8_t *sector = fat_sector(&volume, at);
        if (sector == NULL) {
            return -ERROR_DEVICE;
        }
        const uint8_t *raw = sector + *index % FAT_ENTRIES_PER_SECTOR * FAT_ENTRY_SIZE;
        if (raw[0] == NAME_END) {
            return 0;
        }
        if (raw[0] != NAME_DELETED && (raw[ENTRY_ATTRIBUTES] & ATTRIBUTES_MASK) == ATTRIBUTES_LONG_NAME) {
            collect_long_name(&long_name, raw);
        } else if (is_hidden(raw)) {
            long_name = (struct long_name){0};
        } else {
            fill_entry(entry, at, *index, raw);
            bool complete = long_name.wanted == LONG_COMPLETE && long_name.checksum == short_name_checksum(raw);
            if (complete && long_name.text[0] != '\0' && strlen(long_name.text) < VFS_NAME_SIZE - 1) {
                string_copy(entry->name, long_name.text, sizeof entry->name);
            }
            (*index)++;
            return 1;
        }
    }
    return 0;
}

// Whoever names a node may have invented it: what is there only counts as an entry, wherever it comes from.
static int64_t load(uint64_t node, struct entry *entry)
{
    if (node == ROOT) {
        *entry = (struct entry){.is_folder = true};
        return 0;
    }
    uint64_t sector = node / FAT_ENTRIES_PER_SECTOR;
    if (sector < volume.root || sector >= volume.data + volume.clusters * volume.cluster_size) {
        return -ERROR_NOT_FOUND;
    }
    const uint8_t *bytes = fat_sector(&volume, sector);
    if (bytes == NULL) {
        return -ERROR_DEVICE;
    }
    const uint8_t *raw = bytes + node % FAT_ENTRIES_PER_SECTOR * FAT_ENTRY_SIZE;
    if (raw[0] == NAME_END || is_hidden(raw)) {
        return -ERROR_NOT_FOUND;
    }
    fill_entry(entry, sector, node, raw);
    return 0;
}

static int64_t load_folder(uint64_t node, struct entry *entry)
{
    int64_t error = load(node, entry);
    if (error != 0) {
        return error;
    }
    // No folder but the root has cluster 0; ".." of a folder in the root names the root like this.
    return entry->is_folder ? 0 : -ERROR_NOT_A_FOLDER;
}

static int64_t lookup(uint64_t node, const char *name, uint64_t *found)
{
    struct entry folder, entry;
    int64_t result = load_folder(node, &folder);
    if (result != 0) {
        return result;
    }
    for (uint64_t index = 0; (result = next_entry(folder.cluster, &index, &entry)) > 0;) {
        if (equal_without_case(entry.name, name) || equal_without_case(entry.short_name, name)) {
            *found = entry.is_folder && entry.cluster == 0 ? ROOT : entry.node;
            return 0;
        }
    }
    return result < 0 ? result : -ERROR_NOT_FOUND;
}

static int64_t describe(uint64_t node, struct vfs_file *file)
{
    struct entry entry;
    int64_t error = load(node, &entry);
    if (error == 0) {
        file->size = entry.is_folder ? 0 : entry.size;
        file->is_folder = entry.is_folder;
    }
    return error;
}

static int64_t read(uint64_t node, uint64_t offset, void *to, size_t size)
{
    struct entry entry;
    int64_t error = load(node, &entry);
    if (error != 0 || entry.is_folder) {
        return error != 0 ? error : -ERROR_IS_A_FOLDER;
    }
    size_t wanted = offset >= entry.size ? 0 : entry.size - offset < size ? entry.size - offset : size;
    for (size_t done = 0; done < wanted;) {
        uint64_t sector = (offset + done) / FAT_SECTOR_SIZE;
        uint64_t in_sector = (offset + done) % FAT_SECTOR_SIZE;
        uint64_t place = sector_in_chain(entry.cluster, sector);
        const uint8_t *bytes = place != 0 ? fat_sector(&volume, place) : NULL;
        if (bytes == NULL) {
            return -ERROR_DEVICE;
        }
        size_t piece = wanted - done < FAT_SECTOR_SIZE - in_sector ? wanted - done : FAT_SECTOR_SIZE - in_sector;
        memcpy((char *)to + done, bytes + in_sector, piece);
        done += piece;
    }
    return (int64_t)wanted;
}

static int64_t list(uint64_t node, uint64_t *position, char name[VFS_NAME_SIZE], uint64_t *found)
{
    struct entry folder, entry;
    int64_t result = load_folder(node, &folder);
    if (result != 0) {
        return result;
    }
    do {
        result = next_entry(folder.cluster, position, &entry);
    } while (result > 0 && (string_equal(entry.name, ".") || string_equal(entry.name, "..")));
    if (result > 0) {
        memcpy(name, entry.name, VFS_NAME_SIZE);
        *found = entry.node;
    }
    return result;
}

const struct file_system *fat_mount(uint64_t device)
{
    static const struct file_system files = {.root = ROOT, .lookup = lookup, .describe = describe, .read = read, .list = list};

    return fat_find_volume(device, &volume) ? &files : NULL;
}
