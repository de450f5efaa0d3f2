// Control registers, model-specific registers and flags by the names of the Intel SDM (vol. 3A, 2.3 and 2.5; vol. 4). Included by C and
// by the assembler.
#pragma once

#define CR0_PE (1 << 0)
#define CR0_EM (1 << 2)
#define CR0_WP (1 << 16)
#define CR0_NW (1 << 29)
#define CR0_CD (1 << 30)
#define CR0_PG 0x80000000

#define CR4_PAE (1 << 5)
#define CR4_PGE (1 << 7)
#define CR4_UMIP (1 << 11)
#define CR4_SMEP (1 << 20)
#define CR4_SMAP (1 << 21)

#define MSR_EFER 0xc0000080
#define EFER_SCE (1 << 0)
#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_FMASK 0xc0000084
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define RFLAGS_ALWAYS_1 (1 << 1)
#define RFLAGS_TF (1 << 8)
#define RFLAGS_IF (1 << 9)
#define RFLAGS_DF (1 << 10)
#define RFLAGS_IOPL (3 << 12)
#define RFLAGS_NT (1 << 14)
#define RFLAGS_AC (1 << 18)

// CPUID.80000001H:EDX
#define CPUID_EXT_NX (1 << 20)
#define CPUID_EXT_LM (1 << 29)
// CPUID.01H:EDX
#define CPUID_PGE (1 << 13)
// CPUID.07H.0:EBX and ECX
#define CPUID_7_SMEP (1 << 7)
#define CPUID_7_SMAP (1 << 20)
#define CPUID_7_UMIP (1 << 2)
