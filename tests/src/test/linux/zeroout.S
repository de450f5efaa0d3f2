/* A Linux program that clears the fifth mebibyte of a block device by BLKZEROOUT (include/uapi/linux/fs.h): zeroout DEVICE */
        .set    OPEN, 2
        .set    IOCTL, 16
        .set    EXIT, 60
        .set    O_RDWR, 2
        .set    BLKZEROOUT, 0x127f
        .set    ARGUMENT, 16

        .globl  _start
_start:
        movq    ARGUMENT(%rsp), %rdi
        movl    $O_RDWR, %esi
        movl    $OPEN, %eax
        syscall
        movl    %eax, %edi
        movl    $BLKZEROOUT, %esi
        leaq    range(%rip), %rdx
        movl    $IOCTL, %eax
        syscall
        movl    %eax, %edi
        negl    %edi
        movl    $EXIT, %eax
        syscall

        .data
        .balign 8
range:  .quad   4 << 20, 1 << 20
