/* Entry point, hypercall page and the notes by which the domain builder knows how to load this kernel. */
  .intel_syntax noprefix

#define NOTE(type, ...) \
  .align 4; .long 4, 2f - 1f, type; .asciz "Xen"; 1: __VA_ARGS__; 2: .align 4

  .section .note.Xen, "a", @note
  NOTE(6, .asciz "pebble")       /* GUEST_OS */
  NOTE(7, .asciz "1.0")          /* GUEST_VERSION */
  NOTE(5, .asciz "xen-3.0")      /* XEN_VERSION */
  NOTE(8, .asciz "generic")      /* LOADER */
  NOTE(3, .quad VIRT_BASE)       /* VIRT_BASE */
  NOTE(4, .quad 0)               /* PADDR_OFFSET */
  NOTE(1, .quad _start)          /* ENTRY */
  NOTE(2, .quad hypercall_page)  /* HYPERCALL_PAGE */
  NOTE(9, .asciz "yes")          /* PAE_MODE */

  .section .text.hypercall_page, "ax"
  .globl hypercall_page
hypercall_page:
  .fill 4096, 1, 0xcc

  .section .text.start, "ax"
  .globl _start
_start:
  cld
  mov rdi, rsi                   /* start_info */
  mov rsi, rsp                   /* the builder's boot stack ends here: the first page that nobody uses */
  lea rsp, [boot_stack + 16384]
  xor ebp, ebp
  call boot
  ud2

/* Where VCPUOP_initialise starts every other vCPU; rdi is its struct percpu. */
  .globl start_secondary
start_secondary:
  cld
  xor ebp, ebp
  call secondary_main
  ud2

  .section .bss.page_aligned, "aw", @nobits
  .globl boot_stack
  .align 4096
boot_stack:
  .skip 16384
  .section .note.GNU-stack, "", @progbits
