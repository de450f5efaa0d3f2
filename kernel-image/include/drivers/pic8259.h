// The pair of 8259A interrupt controllers of a PC.
#pragma once

#include "types.h"

// Moves the 16 lines to the vectors from vector_base on, all masked but the cascade.
void pic8259_init(uint8_t vector_base);

// The mask as the chips hold it, a bit per line.
uint16_t pic8259_read_mask(void);

void pic8259_unmask(unsigned line);
void pic8259_mask(unsigned line);

// Leaves the interrupts to the APICs.
void pic8259_mask_all(void);

// Whether an interrupt on the line came from no device: a request that vanished before it was acknowledged arrives as line 7 of its chip
// without a bit in service (8259A data sheet, "Interrupt Sequence"). Such an interrupt gets no end of interrupt.
bool pic8259_is_spurious(unsigned line);

void pic8259_end_of_interrupt(unsigned line);
