#include "proc/user_memory.h"

#include "abi/errors.h"
#include "lib/string.h"
#include "x86_64/layout.h"
#include "x86_64/user_copy.h"

bool is_user_range(virt_addr start, size_t size)
{
    return start >= USER_BASE && start <= USER_LIMIT && size <= USER_LIMIT - start;
}

int64_t copy_from_user(void *to, virt_addr from, size_t size)
{
    return size == 0 || (is_user_range(from, size) && user_copy(to, (const void *)from, size)) ? 0 : -ERROR_BAD_ADDRESS;
}

int64_t copy_to_user(virt_addr to, const void *from, size_t size)
{
    return size == 0 || (is_user_range(to, size) && user_copy((void *)to, from, size)) ? 0 : -ERROR_BAD_ADDRESS;
}

// A page at a time: what follows the string need not be there.
int64_t copy_string_from_user(char *to, virt_addr from, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t rest_of_page = PAGE_SIZE - (from + done) % PAGE_SIZE;
        size_t piece = size - done < rest_of_page ? size - done : rest_of_page;
        int64_t error = copy_from_user(to + done, from + done, piece);
        if (error != 0) {
            return error;
        }
        for (size_t end = done + piece; done < end; done++) {
            if (to[done] == '\0') {
                return (int64_t)done;
            }
        }
    }
    return -ERROR_TOO_LONG;
}
