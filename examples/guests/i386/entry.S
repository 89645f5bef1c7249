/* What C cannot say. */
  .intel_syntax noprefix
  .text

  .macro FUNCTION name
  .globl \name
  .type \name, @function
\name:
  .endm

/* Linux starts a program with all registers zero; pebble with ebp 3, for it serves SYSENTER and SYSCALL as below. */
FUNCTION _start
  mov eax, ebp
  and esp, -16
  sub esp, 12
  push eax
  call program
  hlt

  .macro ARGUMENTS
  push ebx
  push esi
  push edi
  push ebp
  mov eax, [esp + 20]
  mov ebx, [esp + 24]
  mov ecx, [esp + 28]
  mov edx, [esp + 32]
  .endm
  .macro RESULT
  pop ebp
  pop edi
  pop esi
  pop ebx
  ret
  .endm
FUNCTION system_call
  ARGUMENTS
  int 0x80
  RESULT
/* SYSENTER tells nothing of where it was: edi says where to go on, ebp with what stack. */
FUNCTION sysenter_call
  ARGUMENTS
  mov ebp, esp
  mov edi, offset 1f
  sysenter
  hlt
1:
  RESULT
/* SYSCALL keeps eip in ecx; its second argument is in ebp. */
FUNCTION syscall_call
  ARGUMENTS
  mov ebp, ecx
  syscall
  RESULT

FUNCTION copy_backwards
  push esi
  push edi
  mov edi, [esp + 12]
  mov esi, [esp + 16]
  mov ecx, [esp + 20]
  lea esi, [esi + ecx - 1]
  lea edi, [edi + ecx - 1]
  std
  rep movsb
  cld
  pop edi
  pop esi
  ret
FUNCTION first_difference
  push esi
  push edi
  mov esi, [esp + 12]
  mov edi, [esp + 16]
  mov ecx, [esp + 20]
  mov eax, ecx
  repe cmpsb
  sub eax, ecx
  pop edi
  pop esi
  ret
FUNCTION fill
  push edi
  mov edi, [esp + 8]
  mov eax, [esp + 12]
  mov ecx, [esp + 16]
  rep stosd
  pop edi
  ret
FUNCTION length_of
  push edi
  mov edi, [esp + 8]
  or ecx, -1
  xor eax, eax
  repne scasb
  not ecx
  lea eax, [ecx - 1]
  pop edi
  ret

/* 99 + 1 and 1000 - 1, two digits a byte. */
FUNCTION decimal
  mov al, 0x99
  add al, 0x01
  daa
  setc ah
  mov ecx, eax
  shl ecx, 16
  mov ax, 0x1000
  sub al, 0x01
  das
  xchg al, ah
  sbb al, 0
  das
  or eax, ecx
  ret
FUNCTION ascii
  mov eax, 0x0209
  add al, 8
  aaa
  mov ecx, eax
  aad
  shl ecx, 16
  mov cx, ax
  mov al, 83
  aam
  shl ecx, 4
  add ecx, eax
  aas
  add eax, ecx
  clc
  .byte 0xd6 /* SALC */
  ret
FUNCTION all_registers
  push ebx
  push ebp
  push esi
  push edi
  mov eax, 1
  mov ebx, 20
  mov ecx, 300
  mov edx, 4000
  mov esi, 50000
  mov edi, 600000
  mov ebp, 7000000
  pushad
  xor eax, eax
  mov ecx, 8
1:
  add eax, [esp + ecx * 4 - 4]
  loop 1b
  sub eax, [esp + 12]   /* esp as it was */
  mov [esp + 28], eax
  popad
  pushaw
  mov word ptr [esp], 0x7777
  popaw
  add eax, edi
  pop edi
  pop esi
  pop ebp
  pop ebx
  ret
FUNCTION frames
  enter 32, 0
  mov dword ptr [ebp - 4], 0x1234
  mov dword ptr [ebp - 32], 0x4321
  mov eax, ebp
  sub eax, esp
  shl eax, 16
  add eax, [ebp - 4]
  sub eax, [esp]
  leave
  ret
FUNCTION loops
  xor eax, eax
  mov ecx, 1000
1:
  inc eax
  loop 1b
  mov ecx, 0x50003
2:
  inc eax
  addr16 loop 2b       /* cx alone: three times */
  add eax, ecx
  jecxz 3f
  add eax, 0x100000
3:
  ret

FUNCTION far_calls
  push ebx
  xor eax, eax
  mov ebx, cs
  push ebx
  push offset 1f
  call fword ptr [esp]
  add esp, 8
  push cs
  call 1f               /* a near call that a far return answers */
  jmp 3f
1:
  add eax, 0x101
  retf
3:
  push ebx
  push offset 4f
  retf
4:
  add eax, 0x1000
  pop ebx
  ret
FUNCTION interrupt_return
  pushf
  or dword ptr [esp], 0x801
  push cs
  push offset 1f
  iretd
  ud2
1:
  mov eax, 0
  seto al
  adc eax, 0x10
  cld
  ret
FUNCTION short_addresses
  push ebx
  mov ebx, 0x00f01234
  mov ecx, 0x8000ff00
  push esi
  mov esi, ecx
  lea eax, [bx + si + 0x100]
  lea ecx, [bx]
  addr16 lea edx, [0x4321]
  shl eax, 8
  add eax, ecx
  add eax, edx
  pop esi
  pop ebx
  ret
FUNCTION bounds
  push 10
  push -5
  mov eax, -5
  bound eax, [esp]
  mov eax, 10
  bound eax, [esp]
  add esp, 8
  ret

FUNCTION load_gs
  mov ecx, gs
  mov eax, [esp + 4]
  mov gs, eax
  mov edx, [esp + 8]
  mov eax, gs:[edx]
  mov gs, ecx
  ret
FUNCTION load_es
  push es
  mov es, word ptr [esp + 8]
  mov edx, [esp + 12]
  mov eax, es:[edx]
  pop es
  ret
FUNCTION store_string_es
  push edi
  push es
  mov es, word ptr [esp + 12]
  mov edi, [esp + 16]
  mov eax, [esp + 20]
  stosd
  mov eax, edi
  pop es
  pop edi
  ret

/* To 64-bit code and back, by the segments that Linux and Xen have two entries further. */
  .macro TO_64 label
  mov eax, cs
  add eax, 0x10
  push eax
  push offset \label
  retf
  .endm
  .macro TO_32 label
  sub rsp, 16
  mov dword ptr [rsp], offset \label
  mov eax, cs
  sub eax, 0x10
  mov [rsp + 4], eax
  jmp fword ptr [rsp]
  .endm
/* 40 90: INC EAX, NOP; or a NOP with a REX prefix. */
shared_bytes:
  .byte 0x40, 0x90
  ret
FUNCTION run_as_32
  mov eax, [esp + 4]
  call shared_bytes
  ret
FUNCTION run_as_64
  push ebx
  mov ebx, [esp + 8]
  TO_64 1f
  .code64
1:
  mov eax, ebx
  call shared_bytes
  mov ebx, eax
  TO_32 2f
  .code32
2:
  add esp, 16
  mov eax, ebx
  pop ebx
  ret
/* The high half of a product of 64 bits. */
FUNCTION wide_product
  push ebx
  push esi
  mov ebx, [esp + 12]
  mov esi, [esp + 16]
  TO_64 1f
  .code64
1:
  mov eax, ebx
  mov edx, esi
  imul rax, rdx
  mov r8, rax
  shr r8, 32
  mov ebx, r8d
  TO_32 2f
  .code32
2:
  add esp, 16
  mov eax, ebx
  pop esi
  pop ebx
  ret
  .section .note.GNU-stack, "", @progbits
