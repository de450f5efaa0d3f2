/*
 * A Multiboot kernel that says "ready" on COM1, waits for ACPI's power button (ACPI 6.5, 4.8.3.2.2.1), and switches the machine
 * off.
 */
#include "multiboot.inc"

        .set    PM1_STATUS, 0x600
        .set    PM1_CONTROL, 0x604
        .set    POWER_BUTTON, 1 << 8
        .set    SLEEP_ENABLE, 1 << 13

        .globl  _start
_start:
        movl    $stack, %esp
        movl    $ready, %esi
        call    print
        movl    $PM1_STATUS, %edx
1:      pause
        inw     %dx, %ax
        testl   $POWER_BUTTON, %eax
        jz      1b
        movl    $PM1_CONTROL, %edx
        movl    $SLEEP_ENABLE, %eax
        outw    %ax, %dx
        hlt

        .data
ready:  .asciz  "ready\r\n"
