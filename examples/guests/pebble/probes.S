/* Instructions that trap, each with a label (NAME_at) at the rip that its frame must show. Called with (rdi, rsi). */
  .intel_syntax noprefix
  .text

  .macro FAULT name, insn:vararg   /* the frame shows the instruction itself */
  .globl \name, \name\()_at
\name:
\name\()_at:
  \insn
  ret
  .endm
  .macro TRAP name, insn:vararg    /* the frame shows the next one */
  .globl \name, \name\()_at
\name:
  \insn
\name\()_at:
  ret
  .endm
  .globl probe_div, probe_div_at, probe_idiv, probe_idiv_at
probe_div:
  xor ecx, ecx
  xor edx, edx
  mov eax, 1
probe_div_at:
  div ecx
  ret
probe_idiv:
  mov eax, 0x80000000
  cdq
  mov ecx, -1
probe_idiv_at:
  idiv ecx
  ret

  TRAP probe_int3, int3
  TRAP probe_int4, int 4
  FAULT probe_ud2, ud2
  FAULT probe_hlt, hlt
  FAULT probe_load, mov rax, [rdi]
  FAULT probe_load_rsp, mov rax, [rsp + rdi]
  .globl probe_load_rbp, probe_load_rbp_at
probe_load_rbp:
  mov rbp, rdi
probe_load_rbp_at:
  mov rax, [rbp]
  ret
  FAULT probe_store, mov [rdi], sil
  FAULT probe_locked_add, lock add dword ptr [rdi], 1
  .globl probe_rep_movsb, probe_rep_movsb_at
probe_rep_movsb:                 /* from rsi to rdi, 64 bytes */
  mov ecx, 64
probe_rep_movsb_at:
  rep movsb
  ret
  FAULT probe_load_ds, mov ds, edi
  FAULT probe_load_ss, mov ss, edi
  FAULT probe_load_fs, mov fs, edi
  FAULT probe_cli, cli
  FAULT probe_sti, sti
  FAULT probe_in, in al, 0x80
  FAULT probe_out, out 0x80, al
  .globl probe_rdmsr, probe_rdmsr_at
probe_rdmsr:
  mov ecx, edi
probe_rdmsr_at:
  rdmsr
  ret
  .globl probe_wrmsr, probe_wrmsr_at
probe_wrmsr:
  mov ecx, edi
  mov rax, rsi
  mov rdx, rsi
  shr rdx, 32
probe_wrmsr_at:
  wrmsr
  ret
  FAULT probe_lgdt, lgdt [rdi]
  FAULT probe_ltr, ltr di
  FAULT probe_invlpg, invlpg [rdi]
  FAULT probe_swapgs, swapgs
  FAULT probe_sysret, sysretq
  FAULT probe_int_0x20, int 0x20
  TRAP probe_int_0x80, int 0x80
  TRAP probe_int_0x90, int 0x90
  FAULT probe_int_0x91, int 0x91
  FAULT probe_sse, movaps xmm0, xmm0

  .globl probe_single_step, probe_single_step_at
probe_single_step:
  pushfq
  or dword ptr [rsp], 0x100
  popfq
  mov eax, 1                     /* the trap comes after the instruction that follows POPF */
probe_single_step_at:
  nop
  ret

  .globl probe_registers, probe_registers_at
probe_registers:
  mov rax, 0x1001
  mov rbx, 0x1002
  mov rcx, 0x1003
  mov rdx, 0x1004
  mov rsi, 0x1005
  mov rdi, 0x1006
  mov rbp, 0x1007
  mov r8, 0x1008
  mov r9, 0x1009
  mov r10, 0x100a
  mov r11, 0x100b
  mov r12, 0x100c
  mov r13, 0x100d
  mov r14, 0x100e
  mov r15, 0x100f
  stc
probe_registers_at:
  ud2

  .globl probe_misaligned, probe_misaligned_at
probe_misaligned:                /* the stack pointer ends in 8 */
  and rsp, -16
  sub rsp, 24
probe_misaligned_at:
  ud2

  .globl probe_jump, probe_deep
probe_deep:
  mov rax, 0x7f0000000000
  mov rax, [rax]
  jmp probe_deep
probe_jump:
  jmp rdi

/* Compares registers with what was put there: bit n of rax is set if register n (in the encoding's order) has changed. */
  .macro LOAD_PATTERNS
  mov rbx, 0x2003
  mov rdx, 0x2002
  mov rbp, 0x2005
  mov rsi, 0x2006
  mov rdi, 0x2007
  mov r8, 0x2008
  mov r9, 0x2009
  mov r10, 0x200a
  mov r12, 0x200c
  mov r13, 0x200d
  mov r14, 0x200e
  mov r15, 0x200f
  .endm
  .macro COMPARE reg, number
  cmp \reg, 0x2000 + \number
  je 9f
  or rax, 1 << \number
9:
  .endm
  .macro COMPARE_PATTERNS
  COMPARE rbx, 3
  COMPARE rdx, 2
  COMPARE rbp, 5
  COMPARE r8, 8
  COMPARE r9, 9
  COMPARE r10, 10
  COMPARE r12, 12
  COMPARE r13, 13
  COMPARE r14, 14
  COMPARE r15, 15
  .endm
  .macro SAVE
  push rbx
  push rbp
  push r12
  push r13
  push r14
  push r15
  .endm
  .macro RESTORE
  pop r15
  pop r14
  pop r13
  pop r12
  pop rbp
  pop rbx
  .endm

  .globl probe_iret_keeps
probe_iret_keeps:
  SAVE
  LOAD_PATTERNS
  mov rax, 0x2000
  mov rcx, 0x2001
  mov r11, 0x200b
  int3
  xor rax, 0x2000
  COMPARE rcx, 1
  COMPARE rsi, 6
  COMPARE rdi, 7
  COMPARE r11, 11
  COMPARE_PATTERNS
  RESTORE
  ret

  .globl probe_hypercall_keeps
probe_hypercall_keeps:
  SAVE
  LOAD_PATTERNS
  xor edi, edi                   /* xen_version(XENVER_version, NULL) */
  xor esi, esi
  mov eax, 17
  syscall
1:
  lea rsi, [rip + 1b]
  xor eax, eax
  cmp rcx, rsi                   /* rcx is SYSCALL's return address */
  je 2f
  or rax, 2
2:
  test r11, 0x200                /* and r11 its flags */
  jnz 3f
  or rax, 1 << 11
3:
  COMPARE_PATTERNS
  RESTORE
  ret

  .globl probe_native_iretq
probe_native_iretq:
  mov rax, rsp
  push 0xe02b
  push rax
  pushfq
  push 0xe033
  lea rcx, [rip + 1f]
  push rcx
  iretq
1:
  xor eax, eax
  ret

  .globl load_gs0, load_fs0
load_gs0:
  mov rax, gs:[0]
  ret
load_fs0:
  mov rax, fs:[0]
  ret

  .globl cpuid_native, cpuid_forced
cpuid_native:
  push rbx
  mov eax, edi
  xor ecx, ecx
  cpuid
  jmp 1f
cpuid_forced:
  push rbx
  mov eax, edi
  xor ecx, ecx
  .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e /* the forced emulation prefix: ud2, "xen" */
  cpuid
1:
  mov [rsi], eax
  mov [rsi + 4], ebx
  mov [rsi + 8], ecx
  mov [rsi + 12], edx
  pop rbx
  ret

  .macro READ name, insn:vararg
  .globl \name
\name:
  \insn
  ret
  .endm
  READ read_cr0, mov rax, cr0
  READ read_cr2, mov rax, cr2
  READ read_cr3, mov rax, cr3
  READ read_cr4, mov rax, cr4
  READ write_cr0, mov cr0, rdi
  READ write_cr4, mov cr4, rdi
  READ do_clts, clts
  .globl read_msr, read_flags, port_in
read_msr:
  mov ecx, edi
  rdmsr
  shl rdx, 32
  or rax, rdx
  ret
read_flags:
  pushfq
  pop rax
  ret
port_in:
  mov edx, edi
  xor eax, eax
  in al, dx
  ret

/* What runs in user mode, copied to another address. r8 and r9 cannot be set on entry, so arguments lie at 0x401000. */
  .section .user, "ax"
  .macro USER_CODE name, insn:vararg
  .globl \name, \name\()_at
\name:
  mov rdi, [0x401000]
\name\()_at:
  \insn
  ud2
  .endm
  .globl user_syscall, user_syscall_at
user_syscall:
  mov eax, 0x1234
  mov rbx, 0x5678
  syscall
user_syscall_at:
  ud2
  USER_CODE user_load, mov rax, [rdi]
  USER_CODE user_store, mov [rdi], eax
  USER_CODE user_jump, jmp rdi
  USER_CODE user_ud2, ud2
  USER_CODE user_hlt, hlt
  USER_CODE user_int_0x90, int 0x90
  .globl user_int3, user_int3_at, user_int_0x80, user_int_0x80_at, user_gs, user_gs_at, user_wait, user_wait_at
user_int3:
  int3
user_int3_at:
  ud2
user_int_0x80:
  int 0x80
user_int_0x80_at:
  ud2
user_gs:
  mov rax, gs:[0]
user_gs_at:
  syscall
  ud2
user_wait:                       /* until the counter is past the argument: events come meanwhile */
  rdtsc
  shl rdx, 32
  or rax, rdx
  cmp rax, [0x401000]
  jb user_wait
  mov eax, 0x77
user_wait_at:
  syscall
  ud2
  .section .note.GNU-stack, "", @progbits
