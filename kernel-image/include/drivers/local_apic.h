// The interrupt controller that each processor has of its own (Intel SDM vol. 3A, chapter 11), by its registers in memory.
#pragma once

#include "drivers/apic.h"
#include "types.h"
#include "x86_64/irq.h"

// Above those of the devices.
#define LOCAL_TIMER_VECTOR FIRST_APIC_VECTOR
#define WAKE_VECTOR (FIRST_APIC_VECTOR + 1)
#define SHOOT_DOWN_VECTOR (FIRST_APIC_VECTOR + 2)
#define SPURIOUS_VECTOR 0xff

// Maps the registers, which are at the same address for every processor.
void local_apic_map(phys_addr address);

// Switches the running processor's on.
void local_apic_enable(void);

// The running processor's number on the bus of the APICs.
uint8_t local_apic_id(void);

void local_apic_end_of_interrupt(void);

// The message by which a device interrupts the processor that runs now.
struct irq_message local_apic_message(uint8_t vector);

// Interrupts another processor.
void local_apic_send(uint8_t apic_id, uint8_t vector);

// Sends all other processors an NMI.
void local_apic_send_nmi_to_others(void);

// Resets a processor, and has it begin in real mode at the start of a page below 1 MiB (8.4.4.1).
void local_apic_send_init(uint8_t apic_id);
void local_apic_send_startup(uint8_t apic_id, phys_addr page);

// Measures the timers' frequency against the clock, and makes each processor's own its timer. It takes some milliseconds.
void local_apic_timer_init(void);
