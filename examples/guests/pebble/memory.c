/*
 * Direct paging: page tables hold machine frame numbers, we may read them but only the hypervisor writes them. The builder has
 * mapped our first pages one to one from VIRT_BASE; the others are ours without being mapped, and serve the balloon.
 */
#include "pebble.h"

static u8 *next_free, *mapped_end;
static struct free_run { struct free_run *next; u64 count; } *free_runs;
static u64 *p2m, p2m_pages;
static u64 *p2m_extension[64]; /* for pages beyond start_info's list: 512 entries each */
static u64 owned_pages;

#define MAPPING_PADDING (512 * 1024ul)
#define MAPPING_ALIGN (4 * 1024 * 1024ul)

void memory_init(void *first_free) {
  p2m = (u64 *)start_info->mfn_list;
  p2m_pages = owned_pages = start_info->nr_pages;
  next_free = first_free;
  u64 end = ((u64)first_free - VIRT_BASE + MAPPING_PADDING + MAPPING_ALIGN - 1) & -MAPPING_ALIGN;
  if (end > p2m_pages * PAGE_SIZE) end = p2m_pages * PAGE_SIZE;
  mapped_end = (u8 *)(VIRT_BASE + end);
}

void *pages_alloc(u64 count) {
  void *pages = NULL;
  for (struct free_run **link = &free_runs; *link; link = &(*link)->next)
    if ((*link)->count == count) {
      pages = *link;
      *link = (*link)->next;
      break;
    }
  if (!pages) {
    if ((u64)(mapped_end - next_free) < count * PAGE_SIZE) return NULL;
    pages = next_free;
    next_free += count * PAGE_SIZE;
  }
  return memset(pages, 0, count * PAGE_SIZE);
}

void pages_free(void *pages, u64 count) {
  struct free_run *run = pages;
  run->next = free_runs;
  run->count = count;
  free_runs = run;
}

u64 pages_left(void) {
  u64 left = (u64)(mapped_end - next_free) / PAGE_SIZE;
  for (struct free_run *run = free_runs; run; run = run->next) left += run->count;
  return left;
}

u64 mfn_of(const void *va) { return p2m[((u64)va - VIRT_BASE) / PAGE_SIZE]; }
void *va_of(u64 mfn) { return (void *)(VIRT_BASE + MACHINE_TO_PHYS[mfn] * PAGE_SIZE); }

bool pte_of(const void *va, u64 *machine_address, u64 *value) {
  u64 table = mfn_of((void *)start_info->pt_base);
  for (int shift = 39;; shift -= 9) {
    u64 index = (u64)va >> shift & 511;
    u64 entry = ((const u64 *)va_of(table))[index];
    if (shift == 12) {
      *machine_address = table * PAGE_SIZE + index * 8;
      *value = entry;
      return true;
    }
    if (!(entry & PTE_P)) return false;
    table = (entry & PTE_FRAME) / PAGE_SIZE;
  }
}

void *map_machine(void *window, u64 mfn) {
  if (update_va_mapping(window, mfn * PAGE_SIZE | PTE_DATA, UVMF_INVLPG)) panic("update_va_mapping refused", NULL);
  return window;
}

static u64 *p2m_slot(u64 pfn) {
  if (pfn < p2m_pages) return &p2m[pfn];
  u64 page = (pfn - p2m_pages) / 512;
  if (page >= ARRAY_SIZE(p2m_extension)) return NULL;
  if (!p2m_extension[page]) p2m_extension[page] = pages_alloc(1);
  return p2m_extension[page] ? &p2m_extension[page][(pfn - p2m_pages) % 512] : NULL;
}

u64 balloon_pages(void) { return owned_pages; }

#define BATCH 128
/* Gives the highest pages back to the hypervisor, or asks for pages to put there. What is mapped stays. */
void balloon_to(u64 target) {
  static u64 extents[BATCH];
  struct memory_reservation reservation = {.extent_start = (u64)extents, .domid = DOMID_SELF};
  u64 floor = (u64)(mapped_end - (u8 *)VIRT_BASE) / PAGE_SIZE;
  if (target < floor) target = floor;
  while (owned_pages != target) {
    bool shrink = owned_pages > target;
    u64 n = shrink ? owned_pages - target : target - owned_pages, ready = 0;
    if (n > BATCH) n = BATCH;
    u64 first = shrink ? owned_pages - n : owned_pages;
    for (; ready < n && p2m_slot(first + ready); ready++) extents[ready] = shrink ? *p2m_slot(first + ready) : first + ready;
    reservation.nr_extents = ready;
    s64 done = ready ? hypercall(HC_memory_op, shrink ? XENMEM_decrease_reservation : XENMEM_populate_physmap, &reservation) : 0;
    for (s64 i = 0; i < done; i++) *p2m_slot(first + (u64)i) = shrink ? ~0ul : extents[i];
    if (shrink && done == (s64)n) owned_pages -= n;
    else if (!shrink && done > 0) owned_pages += (u64)done;
    if (done != (s64)n) return; /* no more to be had */
  }
}
