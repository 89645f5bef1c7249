/*
 * Ways into the kernel. The hypervisor pushes {rcx, r11, [error code], rip, cs, rflags, rsp, ss} (lowest first); we make it a
 * struct frame, all vectors alike, and go back through the iret hypercall, which also restores the upcall mask (as IF).
 */
  .intel_syntax noprefix
  .text

  .macro ENTRY_POINT name, vector, has_error
  .globl \name
\name:
  mov rcx, [rsp]
  mov r11, [rsp + 8]
  .if \has_error
    add rsp, 16
  .else
    add rsp, 8
    mov qword ptr [rsp], 0       /* r11's slot becomes the error code's */
  .endif
  push \vector
  jmp common
  .endm

common:
  push rdi
  push rsi
  push rdx
  push rcx
  push rax
  push r8
  push r9
  push r10
  push r11
  push rbx
  push rbp
  push r12
  push r13
  push r14
  push r15
  cld
  mov rdi, rsp
  call handle_trap
  pop r15
  pop r14
  pop r13
  pop r12
  pop rbp
  pop rbx
  pop r11
  pop r10
  pop r9
  pop r8
  pop rax
  pop rcx
  pop rdx
  pop rsi
  pop rdi
  add rsp, 16                    /* vector, error code */
  push 0                         /* flags: restore rcx and r11 as well */
  push rcx
  push r11
  push rax
  mov eax, 23                    /* HC_iret */
  syscall

  ENTRY_POINT trap_0, 0, 0
  ENTRY_POINT trap_1, 1, 0
  ENTRY_POINT trap_2, 2, 0
  ENTRY_POINT trap_3, 3, 0
  ENTRY_POINT trap_4, 4, 0
  ENTRY_POINT trap_5, 5, 0
  ENTRY_POINT trap_6, 6, 0
  ENTRY_POINT trap_7, 7, 0
  ENTRY_POINT trap_10, 10, 1
  ENTRY_POINT trap_11, 11, 1
  ENTRY_POINT trap_12, 12, 1
  ENTRY_POINT trap_13, 13, 1
  ENTRY_POINT trap_14, 14, 1
  ENTRY_POINT trap_16, 16, 0
  ENTRY_POINT trap_17, 17, 1
  ENTRY_POINT trap_19, 19, 0
  ENTRY_POINT trap_0x80, 0x80, 0
  ENTRY_POINT trap_0x90, 0x90, 0
  ENTRY_POINT trap_0x91, 0x91, 0
  ENTRY_POINT event_entry, 0x100, 0
  ENTRY_POINT syscall_entry, 0x101, 0
  ENTRY_POINT syscall32_entry, 0x103, 0
  ENTRY_POINT sysenter_entry, 0x104, 0

/* The hypervisor could not load a selector on the way back to us. Its frame has {ds, es, fs, gs} after r11. */
  .globl failsafe_entry
failsafe_entry:
  mov rcx, [rsp]
  mov r11, [rsp + 8]
  add rsp, 40
  mov qword ptr [rsp], 0
  push 0x102
  jmp common

/*
 * bool try(void (*code)(u64, u64), u64 a, u64 b): calls code(a, b). False if it returns; true if a trap ended it: handle_trap
 * leaves the trap's frame in `caught` and goes on at try_resume with the stack as it was here.
 */
  .globl try
try:
  push rbx
  push rbp
  push r12
  push r13
  push r14
  push r15
  mov [try_stack], rsp
  mov rax, rdi
  mov rdi, rsi
  mov rsi, rdx
  call rax
  xor eax, eax
  jmp 1f
  .globl try_resume
try_resume:
  mov eax, 1
1:
  cld
  pop r15
  pop r14
  pop r13
  pop r12
  pop rbp
  pop rbx
  ret

/* void enter_user(u64 rip, u64 rsp): never returns; a trap or system call from user mode ends it (see try). */
  .globl enter_user
enter_user:
  push 0xe02b
  push rsi
  push 0x202
  push 0xe033
  push rdi
  push 0x100                     /* VGCF_in_syscall: rcx and r11 need not be restored */
  push 0
  push 0
  push 0
  mov eax, 23                    /* HC_iret */
  syscall
  ud2

/* void enter_program(u64 eip, u64 esp, u64 ebp): the same to 32-bit code, with the other registers zero as Linux starts a program. */
  .globl enter_program
enter_program:
  mov ebp, edx
  push 0xe02b
  push rsi
  push 0x202
  push 0xe023
  push rdi
  push 0                         /* restore rcx and r11 as well */
  push 0
  push 0
  push 0
  mov eax, 0xe02b
  mov ds, eax
  mov es, eax
  xor ebx, ebx
  xor edx, edx
  xor esi, esi
  xor edi, edi
  mov eax, 23                    /* HC_iret */
  syscall
  ud2
  .section .note.GNU-stack, "", @progbits
