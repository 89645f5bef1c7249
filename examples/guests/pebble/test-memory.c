/* Reservations and grants. */
#include "selftest.h"

void test_reservation(void) {
  u16 self = DOMID_SELF, other = 1234;
  s64 before = hypercall(HC_memory_op, XENMEM_current_reservation, &self);
  u64 pfn = ((u64)test_page - VIRT_BASE) / PAGE_SIZE, extent = mfn_of(test_page);
  u64 *p2m = (u64 *)start_info->mfn_list;
  struct memory_reservation one = {.extent_start = (u64)&extent, .nr_extents = 1, .domid = DOMID_SELF};
  about("memory_op");
  check("current_reservation", (u64)before, balloon_pages());
  check_that("maximum_reservation is not less", hypercall(HC_memory_op, XENMEM_maximum_reservation, &self) >= before);
  check("of another domain", (u64)hypercall(HC_memory_op, XENMEM_current_reservation, &other) < -4095ul, false);
  struct { u64 start, end, max_mfn; } mapping = {};
  check("machphys_mapping", (u64)hypercall(HC_memory_op, XENMEM_machphys_mapping, &mapping), 0);
  check("starts where it should", mapping.start, (u64)MACHINE_TO_PHYS);
  check("an unknown command", (u64)hypercall(HC_memory_op, 63, &one), -(u64)ENOSYS);

  check("a page that is mapped can be given back", (u64)hypercall(HC_memory_op, XENMEM_decrease_reservation, &one), 1);
  check("one less", (u64)hypercall(HC_memory_op, XENMEM_current_reservation, &self), (u64)before - (update_va_mapping(test_page, 0, UVMF_INVLPG) == 0));
  check("giving it back twice", (u64)hypercall(HC_memory_op, XENMEM_decrease_reservation, &one), 0);
  check("a frame that is gone cannot be mapped", (u64)update_va_mapping(test_page, extent * PAGE_SIZE | PTE_DATA, 0) < -4095ul, false);
  extent = pfn;
  check("populate_physmap", (u64)hypercall(HC_memory_op, XENMEM_populate_physmap, &one), 1);
  p2m[pfn] = extent;
  check("the new frame knows its place", MACHINE_TO_PHYS[extent], pfn);
  check("it can be mapped", (u64)update_va_mapping(test_page, extent * PAGE_SIZE | PTE_DATA, UVMF_INVLPG), 0);
  check("as many as before", (u64)hypercall(HC_memory_op, XENMEM_current_reservation, &self), (u64)before);
}

static u16 own_domid(void) {
  char text[16];
  u64 id = 0;
  if (xenstore_read(0, "domid", text, sizeof text) > 0) parse_u64(text, &id);
  return (u16)id;
}

void test_grants(void) {
  u64 frame = 0;
  struct gnttab_query_size size = {.dom = DOMID_SELF};
  struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1, .frame_list = (u64)&frame};
  about("grant table");
  check("query_size", (u64)hypercall(HC_grant_table_op, GNTTABOP_query_size, &size, 1), 0);
  check_that("says how many frames", size.status == 0 && size.max_nr_frames >= 1);
  check("setup_table", (u64)hypercall(HC_grant_table_op, GNTTABOP_setup_table, &setup, 1), 0);
  check("status", (u64)setup.status, 0);
  setup.nr_frames = 100000;
  hypercall(HC_grant_table_op, GNTTABOP_setup_table, &setup, 1);
  check_that("too many frames", setup.status < 0);
  check("an unknown command", (u64)hypercall(HC_grant_table_op, 99, &setup, 1), -(u64)ENOSYS);

  static struct grant_entry *table;
  if (!table) table = map_machine(pages_alloc(1), frame);
  check("entry 0 is the console", table[0].frame, start_info->console_mfn);
  check("entry 1 is xenstore's page", table[1].frame, start_info->store_mfn);
  check("both for domain 0", table[0].domid | table[1].domid | ((table[0].flags & table[1].flags & 3) != GTF_permit_access), 0);

  u64 *page = pages_alloc(1);
  u16 self = own_domid();
  volatile struct grant_entry *entry = &table[8];
  entry->domid = self;
  entry->frame = (u32)mfn_of(page);
  barrier();
  entry->flags = GTF_permit_access;
  struct gnttab_map map = {.host_addr = (u64)test_page, .flags = GNTMAP_host_map, .ref = 8, .dom = self};
  check("map_grant_ref to ourselves", (u64)hypercall(HC_grant_table_op, GNTTABOP_map_grant_ref, &map, 1), 0);
  check("map status", (u64)map.status, 0);
  page[1] = 0xabcd;
  check("shows the granted page", ((u64 *)test_page)[1], 0xabcd);
  check("the entry says it is in use", entry->flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing);
  struct gnttab_map none = {.host_addr = (u64)test_page, .flags = GNTMAP_host_map, .ref = 9, .dom = self};
  hypercall(HC_grant_table_op, GNTTABOP_map_grant_ref, &none, 1);
  check_that("an entry that grants nothing", none.status < 0);
  struct gnttab_unmap unmap = {.host_addr = (u64)test_page, .handle = map.handle};
  check("unmap_grant_ref", (u64)hypercall(HC_grant_table_op, GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
  check("unmap status", (u64)unmap.status, 0);
  check("the page is gone", attempt(probe_load, (u64)test_page, 0), true);
  check("the entry is free again", entry->flags, GTF_permit_access);
  hypercall(HC_grant_table_op, GNTTABOP_unmap_grant_ref, &unmap, 1);
  check_that("unmap twice", unmap.status < 0);
  entry->flags = 0;
  update_va_mapping(test_page, mfn_of(test_page) * PAGE_SIZE | PTE_DATA, UVMF_INVLPG);
  pages_free(page, 1);
}
