/*
 * A static 32-bit Linux program, given as the ramdisk, in user mode: its segments and a stack below 4 GiB, and the few system calls that a program without a
 * library makes, by INT 80h, SYSENTER and SYSCALL.
 */
#include "selftest.h"

#define STACK_PAGES 4
#define STACK_TOP 0xffffe000ul
#define LEAVES 16
/* Seven tables, and the stack on which we serve the program. */
#define OWN_PAGES 11
#define TLS_ENTRY 12 /* of the descriptor table, as in Linux */
#define DATA_32 0x0040f20000000000ul /* writable, DPL 3, present, 32-bit */
#define GRANULAR (1ul << 55)
#define LIMIT_IN_PAGES 0x10
#define PROGRAM_KNOWS_OUR_CALLS 3

enum { SYS_exit = 1, SYS_write = 4, SYS_exit_group = 252, SYS_set_thread_area = 243 };
enum { ELFCLASS32 = 1, EM_386 = 3, PT_LOAD = 1, PF_X = 1, PF_W = 2 };
struct elf_header { u8 magic[4], class, pad[11]; u16 type, machine; u32 version, entry, phoff, shoff, flags; u16 ehsize, phentsize, phnum; };
struct elf_segment { u32 type, offset, vaddr, paddr, filesz, memsz, flags, align; };
struct user_desc { u32 entry_number, base_addr, limit, flags; };

/* Tables and pages of the program, and what is in use of its addresses. */
static u64 *root, *l3, *l2s[4], *descriptors;
static struct { u64 number; u64 *table; } leaves[LEAVES];
static bool running;
static u64 code_of_exit;

static u64 *table_of(u64 va) {
  u64 number = va >> 21;
  for (u32 i = 0; i < LEAVES; i++) {
    if (leaves[i].table && leaves[i].number != number) continue;
    if (!leaves[i].table) {
      leaves[i].number = number;
      leaves[i].table = pages_alloc(1);
    }
    return leaves[i].table;
  }
  return NULL;
}

/* The program's page, made when it is first asked for; later segments in the same page add to what it allows. */
static u8 *page_at(u64 va, u64 allowed) {
  u64 *table = table_of(va);
  if (!table) return NULL;
  u64 *entry = &table[va >> 12 & 511];
  if (!*entry) {
    void *page = pages_alloc(1);
    if (!page) return NULL;
    *entry = mfn_of(page) * PAGE_SIZE | PTE_P | PTE_US | PTE_A | PTE_NX;
  }
  *entry |= allowed & ~PTE_NX;
  if (!(allowed & PTE_NX)) *entry &= ~PTE_NX;
  return va_of((*entry & PTE_FRAME) / PAGE_SIZE);
}

static bool load(const u8 *image, u64 size, u64 *entry) {
  const struct elf_header *header = (const void *)image;
  if (size < sizeof *header || header->magic[0] != 0x7f || header->magic[1] != 'E' || header->class != ELFCLASS32 || header->machine != EM_386) return false;
  if (header->phoff + (u64)header->phnum * sizeof(struct elf_segment) > size) return false;
  const struct elf_segment *segments = (const void *)(image + header->phoff);
  for (u32 i = 0; i < header->phnum; i++) {
    const struct elf_segment *s = &segments[i];
    if (s->type != PT_LOAD) continue;
    if ((u64)s->offset + s->filesz > size || s->filesz > s->memsz || (u64)s->vaddr + s->memsz > STACK_TOP - STACK_PAGES * PAGE_SIZE) return false;
    u64 allowed = (s->flags & PF_W ? PTE_RW | PTE_D : 0) | (s->flags & PF_X ? 0 : PTE_NX);
    for (u64 at = 0; at < s->memsz; at++) {
      u8 *page = page_at(s->vaddr + at, allowed);
      if (!page) return false;
      if (at < s->filesz) page[(s->vaddr + at) % PAGE_SIZE] = image[s->offset + at];
    }
  }
  for (u64 page = 1; page <= STACK_PAGES; page++)
    if (!page_at(STACK_TOP - page * PAGE_SIZE, PTE_RW | PTE_D | PTE_NX)) return false;
  *entry = header->entry;
  return true;
}

static void each_table(u64 flags) {
  u64 *tables[6] = {root, l3, l2s[0], l2s[1], l2s[2], l2s[3]};
  for (u32 i = 0; i < ARRAY_SIZE(tables); i++) update_va_mapping(tables[i], mfn_of(tables[i]) * PAGE_SIZE | flags, UVMF_INVLPG);
  for (u32 i = 0; i < LEAVES && leaves[i].table; i++) update_va_mapping(leaves[i].table, mfn_of(leaves[i].table) * PAGE_SIZE | flags, UVMF_INVLPG);
}

/* Links the tables, which from then on only the hypervisor writes. */
static void open_space(void) {
  u64 link = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
  root[0] = mfn_of(l3) * PAGE_SIZE | link;
  for (u32 i = 0; i < 4; i++) l3[i] = mfn_of(l2s[i]) * PAGE_SIZE | link;
  for (u32 i = 0; i < LEAVES && leaves[i].table; i++) l2s[leaves[i].number >> 9][leaves[i].number & 511] = mfn_of(leaves[i].table) * PAGE_SIZE | link;
  each_table(PTE_READONLY);
  mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(root));
  mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(root));
  u64 frame = mfn_of(descriptors);
  update_va_mapping(descriptors, frame * PAGE_SIZE | PTE_READONLY, UVMF_INVLPG);
  hypercall(HC_set_gdt, &frame, TLS_ENTRY + 3);
}
static void close_space(void) {
  hypercall(HC_set_gdt, NULL, 0);
  update_va_mapping(descriptors, mfn_of(descriptors) * PAGE_SIZE | PTE_DATA, UVMF_INVLPG);
  mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
  mmuext(MMUEXT_UNPIN_TABLE, mfn_of(root));
  each_table(PTE_DATA);
  for (u32 i = 0; i < LEAVES && leaves[i].table; i++) {
    for (u32 j = 0; j < 512; j++)
      if (leaves[i].table[j]) pages_free(va_of((leaves[i].table[j] & PTE_FRAME) / PAGE_SIZE), 1);
    pages_free(leaves[i].table, 1);
    leaves[i].table = NULL;
  }
}

/* Bytes of the program's, through our own mapping of its pages. */
static u8 *user_byte(u64 va) {
  for (u32 i = 0; i < LEAVES && leaves[i].table; i++) {
    u64 entry = leaves[i].table[va >> 12 & 511];
    if (leaves[i].number == va >> 21 && entry & PTE_P) return (u8 *)va_of((entry & PTE_FRAME) / PAGE_SIZE) + va % PAGE_SIZE;
  }
  return NULL;
}
static bool copy_user(void *ours, u64 va, u64 n, bool to_user) {
  for (u64 i = 0; i < n; i++) {
    u8 *byte = user_byte(va + i);
    if (!byte) return false;
    if (to_user) *byte = ((u8 *)ours)[i];
    else ((u8 *)ours)[i] = *byte;
  }
  return true;
}

static s64 write_console(u64 from, u64 n) {
  char bytes[128];
  for (u64 done = 0; done < n;) {
    u64 part = n - done < sizeof bytes ? n - done : sizeof bytes;
    if (!copy_user(bytes, from + done, part, false)) return -EFAULT;
    console_write(bytes, part);
    done += part;
  }
  return (s64)n;
}

static s64 set_thread_area(u64 at) {
  struct user_desc area;
  if (!copy_user(&area, at, sizeof area, false)) return -EFAULT;
  u64 base = area.base_addr, limit = area.limit & 0xfffff;
  if (area.entry_number == -1u) area.entry_number = TLS_ENTRY;
  if (area.entry_number < TLS_ENTRY || area.entry_number >= TLS_ENTRY + 3) return -EINVAL;
  u64 descriptor = DATA_32 | (area.flags & LIMIT_IN_PAGES ? GRANULAR : 0) | (limit & 0xffff) | (limit & 0xf0000) << 32 | (base & 0xffffff) << 16 |
                   (base >> 24) << 56;
  if (hypercall(HC_update_descriptor, mfn_of(descriptors) * PAGE_SIZE + area.entry_number * 8, descriptor)) return -EINVAL;
  return copy_user(&area, at, sizeof area, true) ? 0 : -EFAULT;
}

static s64 serve(u64 number, u64 a, u64 b, u64 c) {
  switch (number) {
  case SYS_write: return a == 1 || a == 2 ? write_console(b, c) : -EINVAL;
  case SYS_set_thread_area: return set_thread_area(a);
  default: return -ENOSYS;
  }
}

/* True: it was a system call, and the program goes on. */
bool program_trap(struct frame *f) {
  if (!running) return false;
  u64 second = (u32)f->rcx;
  if (f->vector == VECTOR_SYSENTER) {
    /* It has told where to go on, and its stack. */
    f->rip = (u32)f->rdi;
    f->rsp = (u32)f->rbp;
    f->cs = (f->cs & ~0xfffful) | FLAT_CS32;
  } else if (f->vector == VECTOR_SYSCALL32) second = (u32)f->rbp;
  else if (f->vector != 0x80) return false;
  u64 number = (u32)f->rax;
  if (number == SYS_exit || number == SYS_exit_group) {
    code_of_exit = (u32)f->rbx & 0xff;
    f->vector = VECTOR_EXIT;
    return false;
  }
  f->rax = (u32)serve(number, (u32)f->rbx, second, (u32)f->rdx);
  return true;
}

static void enter(u64 entry, u64 knows) { enter_program(entry, STACK_TOP - 64, knows); }

void program(void) {
  u64 entry;
  if (!start_info->mod_len) return print("exec: there is no program: give it as the ramdisk\n");
  u8 *pages = pages_alloc(OWN_PAGES);
  if (!pages) return print("exec: no memory\n");
  root = (u64 *)pages, l3 = root + 512, descriptors = l3 + 512;
  for (u32 i = 0; i < 4; i++) l2s[i] = (u64 *)(pages + (3 + i) * PAGE_SIZE);
  if (!load((const u8 *)start_info->mod_start, start_info->mod_len, &entry)) {
    print("exec: not a static i386 program, or too big\n");
    return;
  }
  open_space();
  hypercall(HC_stack_switch, FLAT_SS, pages + OWN_PAGES * PAGE_SIZE);
  running = true;
  attempt(enter, entry, PROGRAM_KNOWS_OUR_CALLS);
  running = false;
  hypercall(HC_stack_switch, FLAT_SS, current()->stack_top);
  close_space();
  pages_free(pages, OWN_PAGES);
  if (caught.vector == VECTOR_EXIT) print("exec: the program ended with %lu\n", code_of_exit);
  else print("exec: trap %lu (error %lx) at %lx, cs %lx, cr2 %lx\n", caught.vector, caught.error, caught.rip, caught.cs & 0xffff, caught_cr2);
}
