#include "drivers/uart16550.h"

#include "drivers/timer.h"
#include "lib/spinlock.h"
#include "x86_64/cpu.h"
#include "x86_64/irq.h"

#define COM1 0x3f8

// Registers and bits by the names of the National PC16550D data sheet, section 8. DLL and DLM take the place of RBR/THR and IER while
// LCR.DLAB is set.
#define RBR_THR (COM1 + 0)
#define DLL (COM1 + 0)
#define IER (COM1 + 1)
#define DLM (COM1 + 1)
#define IIR_FCR (COM1 + 2)
#define LCR (COM1 + 3)
#define MCR (COM1 + 4)
#define LSR (COM1 + 5)
#define MSR (COM1 + 6)

#define IER_RECEIVED_DATA 0x01
#define IER_THR_EMPTY 0x02
#define IER_MODEM_STATUS 0x08
#define IER_ALWAYS (IER_RECEIVED_DATA | IER_MODEM_STATUS)
#define IIR_NONE_PENDING 0x01
#define IIR_ID 0x0e
#define IIR_MODEM_STATUS 0x00
#define IIR_THR_EMPTY 0x02
#define IIR_RECEIVED_DATA 0x04
#define IIR_LINE_STATUS 0x06
#define IIR_RECEIVE_TIMEOUT 0x0c
#define IIR_FIFOS_ENABLED 0xc0
#define FCR_ENABLE 0x01
#define FCR_RESET_RECEIVER 0x02
#define FCR_RESET_TRANSMITTER 0x04
#define FCR_TRIGGER_8 0x80
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT2 0x08 // on a PC this gate lets the interrupt through
#define MCR_LOOP 0x10
#define LSR_DATA_READY 0x01
#define LSR_OVERRUN 0x02
#define LSR_THR_EMPTY 0x20
#define MSR_DCD 0x80

#define DIVISOR_115200 1
#define LOOPBACK_BYTE 0xae
#define LOOPBACK_POLLS 1000
#define SPINS_BETWEEN_POLLS 4096
#define INTERRUPT_TICKS 10
#define FIFO_SIZE 16

#define BUFFER_SIZE 1024 // a power of two: the indices run freely

static unsigned fifo_size = 1; // until the chip says that it has one
static unsigned room; // bytes that the transmitter takes before it has to be asked again

static struct spinlock receive_lock = SPINLOCK("uart receive");
static uint8_t buffer[BUFFER_SIZE];
static uint32_t put, taken;
static bool is_held; // the sender
static uint64_t lost;
static _Atomic bool carrier;
static const struct uart16550_listener *listener;
static volatile unsigned transmitter_interrupts;

// A look at a port costs as much as hundreds of instructions, on real hardware and more so on a virtual machine, and a character takes
// 87 microseconds: there is no hurry to look again.
static void spin_between_polls(void)
{
    for (int i = 0; i < SPINS_BETWEEN_POLLS; i++) {
        __asm__ volatile("");
    }
}

// In loopback what is sent arrives: a port that nobody answers reads as all ones instead.
static bool loopback_works(void)
{
    outb(MCR, MCR_LOOP);
    outb(RBR_THR, LOOPBACK_BYTE);
    for (int i = 0; i < LOOPBACK_POLLS && (inb(LSR) & LSR_DATA_READY) == 0; i++) {
        spin_between_polls();
    }
    return inb(RBR_THR) == LOOPBACK_BYTE;
}

bool uart16550_init(void)
{
    outb(IER, 0);
    outb(LCR, LCR_DLAB);
    outb(DLL, DIVISOR_115200);
    outb(DLM, 0);
    outb(LCR, LCR_8N1);
    outb(IIR_FCR, FCR_ENABLE | FCR_RESET_RECEIVER | FCR_RESET_TRANSMITTER | FCR_TRIGGER_8);
    fifo_size = (inb(IIR_FCR) & IIR_FIFOS_ENABLED) == IIR_FIFOS_ENABLED ? FIFO_SIZE : 1;
    bool present = loopback_works();
    outb(MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
    carrier = present && (inb(MSR) & MSR_DCD) != 0;
    return present;
}

static void wait_for_transmitter(void)
{
    while ((inb(LSR) & LSR_THR_EMPTY) == 0) {
        spin_between_polls();
    }
}

void uart16550_send(char byte)
{
    // "Empty" speaks of the whole FIFO.
    if (room == 0) {
        wait_for_transmitter();
        room = fifo_size;
    }
    outb(RBR_THR, (uint8_t)byte);
    room--;
}

// Lets the sender know that there is no room, or room again: RTS off. What it sends all the same stays in the FIFO, without an interrupt.
static void hold_sender(bool hold)
{
    is_held = hold;
    outb(MCR, MCR_DTR | MCR_OUT2 | (hold ? 0 : MCR_RTS));
    outb(IER, hold ? IER_MODEM_STATUS : IER_ALWAYS);
}

static void drain_receiver(void)
{
    uint64_t flags = spin_lock_irqsave(&receive_lock);
    while (!is_held) {
        uint8_t status = inb(LSR);
        if ((status & LSR_DATA_READY) == 0) {
            break;
        }
        if (put - taken == BUFFER_SIZE) {
            hold_sender(true);
            break;
        }
        if ((status & LSR_OVERRUN) != 0) {
            lost++;
        }
        uint8_t byte = inb(RBR_THR);
        if (listener != NULL && listener->take(byte)) {
            continue;
        }
        buffer[put++ % BUFFER_SIZE] = byte;
    }
    spin_unlock_irqrestore(&receive_lock, flags);
}

// The line is edge triggered at the 8259: a cause left pending would keep it high and be the last interrupt ever, so all are served.
static bool handle_interrupt(void)
{
    bool claimed = false;
    for (uint8_t cause = inb(IIR_FCR); (cause & IIR_NONE_PENDING) == 0; cause = inb(IIR_FCR)) {
        claimed = true;
        switch (cause & IIR_ID) {
        case IIR_RECEIVED_DATA:
        case IIR_RECEIVE_TIMEOUT:
            drain_receiver();
            break;
        case IIR_THR_EMPTY: // reading IIR has cleared it
            transmitter_interrupts++;
            break;
        case IIR_LINE_STATUS:
            inb(LSR);
            break;
        case IIR_MODEM_STATUS:
            // With the carrier the last bytes may have come that do not fill the FIFO to its trigger.
            carrier = (inb(MSR) & MSR_DCD) != 0;
            drain_receiver();
            break;
        }
    }
    if (listener != NULL) {
        listener->changed();
    }
    return claimed;
}

void uart16550_enable_receive(void)
{
    irq_enable(IRQ_COM1, handle_interrupt);
    outb(IER, IER_ALWAYS);
}

// The lock is held. Some were taken: if the sender was held there may be room again.
static void after_taking(void)
{
    if (is_held && put - taken < BUFFER_SIZE / 2) {
        hold_sender(false);
    }
}

int uart16550_receive(void)
{
    uint64_t flags = spin_lock_irqsave(&receive_lock);
    int byte = put == taken ? -1 : buffer[taken++ % BUFFER_SIZE];
    after_taking();
    spin_unlock_irqrestore(&receive_lock, flags);
    return byte;
}

bool uart16550_drop_through(uint8_t byte)
{
    uint64_t flags = spin_lock_irqsave(&receive_lock);
    uint32_t at = taken;
    while (at != put && buffer[at % BUFFER_SIZE] != byte) {
        at++;
    }
    bool found = at != put;
    taken = found ? at + 1 : taken;
    after_taking();
    spin_unlock_irqrestore(&receive_lock, flags);
    return found;
}

bool uart16550_has_received(void)
{
    uint64_t flags = spin_lock_irqsave(&receive_lock);
    bool has_received = put != taken;
    spin_unlock_irqrestore(&receive_lock, flags);
    return has_received;
}

bool uart16550_carrier(void)
{
    return carrier;
}

void uart16550_listen(const struct uart16550_listener *new_listener)
{
    uint64_t flags = spin_lock_irqsave(&receive_lock);
    listener = new_listener;
    spin_unlock_irqrestore(&receive_lock, flags);
}

uint64_t uart16550_lost(void)
{
    return lost;
}

bool uart16550_interrupt_works(void)
{
    wait_for_transmitter();
    transmitter_interrupts = 0;
    outb(IER, IER_ALWAYS | IER_THR_EMPTY);
    for (int tick = 0; tick < INTERRUPT_TICKS && transmitter_interrupts == 0; tick++) {
        timer_wait(1);
    }
    outb(IER, IER_ALWAYS);
    return transmitter_interrupts != 0;
}
