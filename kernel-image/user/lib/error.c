#include "program.h"

static const char *const texts[] = {
    [ERROR_NO_SYSCALL] = "no such system call",
    [ERROR_BAD_ARGUMENT] = "wrong argument",
    [ERROR_BAD_ADDRESS] = "wrong address",
    [ERROR_NO_MEMORY] = "out of memory",
    [ERROR_BAD_HANDLE] = "wrong handle",
    [ERROR_NO_RIGHT] = "not allowed",
    [ERROR_NO_HANDLES] = "too many handles",
    [ERROR_NO_CHANNELS] = "out of channels",
    [ERROR_CHANNEL_LIMIT] = "too many channels",
    [ERROR_PEER_CLOSED] = "the other end is closed",
    [ERROR_WOULD_BLOCK] = "not now",
    [ERROR_TOO_LONG] = "too long",
    [ERROR_NO_TASK] = "no such task",
    [ERROR_NOT_WAITING] = "nobody waits for a reply",
    [ERROR_KILLED] = "killed",
    [ERROR_BROKEN_PIPE] = "nobody reads",
    [ERROR_VALUE_CHANGED] = "the value changed",
    [ERROR_NOT_FOUND] = "not found",
    [ERROR_EXISTS] = "exists already",
    [ERROR_NOT_A_FOLDER] = "not a folder",
    [ERROR_IS_A_FOLDER] = "is a folder",
    [ERROR_NO_SPACE] = "no space left",
    [ERROR_READ_ONLY] = "read only",
    [ERROR_BAD_PROGRAM] = "not a program",
    [ERROR_NO_DEVICE] = "no such device",
    [ERROR_DEVICE] = "the device failed",
    [ERROR_NO_PROCESS] = "no such process",
    [ERROR_NOT_EMPTY] = "not empty",
};

const char *error_text(int64_t error)
{
    uint64_t number = (uint64_t)(error < 0 ? -error : error);
    return number < ARRAY_LENGTH(texts) && texts[number] != NULL ? texts[number] : "unknown error";
}
