#include "lib/random.h"

#include "lib/spinlock.h"

#define POOL_WORDS 16
#define ROUNDS 8

static struct spinlock pool_lock = SPINLOCK("random numbers");
static uint64_t pool[POOL_WORDS];
static size_t drawn;

// The finalizer of splitmix64: each bit of the result depends on each bit of the number.
static uint64_t scatter(uint64_t number)
{
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

// After a few rounds each word depends on all the others.
void random_stir(uint64_t number)
{
    uint64_t mixed[POOL_WORDS];
    for (size_t i = 0; i < POOL_WORDS; i++) {
        mixed[i] = pool[i];
    }
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < POOL_WORDS; i++) {
            number = scatter(number + mixed[i]);
            mixed[i] = number;
        }
    }
    uint64_t flags = spin_lock_irqsave(&pool_lock);
    for (size_t i = 0; i < POOL_WORDS; i++) {
        pool[i] ^= mixed[i];
    }
    spin_unlock_irqrestore(&pool_lock, flags);
}

uint64_t random_number(void)
{
    uint64_t flags = spin_lock_irqsave(&pool_lock);
    drawn++;
    uint64_t number = scatter(pool[drawn % POOL_WORDS] + drawn);
    spin_unlock_irqrestore(&pool_lock, flags);
    return number;
}
