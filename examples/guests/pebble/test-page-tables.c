/* Direct paging: what may be written into page tables, and what becomes a page table. */
#include "selftest.h"

#define PTE_AVAILABLE (0x7fful << 52)
#define ERROR(e) (-(u64)(e))
static u64 frame_of(const void *page) { return mfn_of(page) * PAGE_SIZE; }
static s64 protect(void *page, u64 flags) { return update_va_mapping(page, frame_of(page) | flags, UVMF_INVLPG); }

static void entries(void) {
  u64 address, value, root = start_info->pt_base;
  about("update_va_mapping");
  check("a page may become read-only", (u64)protect(test_page, PTE_READONLY), 0);
  pte_of(test_page, &address, &value);
  /* In bit 52 the hypervisor may remember that we had not set it. */
  check("the entry reads back with the user bit", value & ~PTE_D & ~PTE_AVAILABLE, frame_of(test_page) | PTE_READONLY | PTE_US);
  check("and writable again", (u64)protect(test_page, PTE_DATA), 0);
  check("a page table may not be mapped writable", (u64)protect((void *)root, PTE_DATA), ERROR(EBUSY));
  check("it may be mapped read-only", (u64)protect((void *)root, PTE_READONLY), 0);
  check("an address without a table", (u64)update_va_mapping((void *)UNMAPPED, 0, 0), ERROR(EINVAL));
  check("an address of the hypervisor", (u64)update_va_mapping((void *)XEN_PRIVATE, 0, 0), ERROR(EINVAL));
  check("a frame that is not ours", (u64)update_va_mapping(test_page, 0x1ul * PAGE_SIZE | PTE_DATA, UVMF_INVLPG), ERROR(EPERM));
  check("a frame beyond memory", (u64)update_va_mapping(test_page, 0xffffffff000ul | PTE_DATA, UVMF_INVLPG), ERROR(EPERM));
  check("a refused entry changes nothing", attempt(probe_store, (u64)test_page, 1), false);

  about("mmu_update");
  pte_of(test_page, &address, &value);
  check("an L1 entry", (u64)mmu_update_entry(address, frame_of(test_page) | PTE_READONLY), 0);
  mmuext(MMUEXT_INVLPG_LOCAL, (u64)test_page);
  check_that("has its effect", attempt(probe_store, (u64)test_page, 1) && caught.error == 3);
  check("preserving accessed and dirty", (u64)mmu_update_entry(address | MMU_PT_UPDATE_PRESERVE_AD, frame_of(test_page) | PTE_P | PTE_RW), 0);
  u64 after;
  pte_of(test_page, &address, &after);
  check("keeps the accessed bit", after & PTE_A, PTE_A);
  check("an unknown kind of update", (u64)mmu_update_entry(address | 5, 0), ERROR(ENOSYS));
  check("an entry beyond memory", (u64)mmu_update_entry(0xffffffff000ul, 0), ERROR(EINVAL));
  check("an ordinary page takes the value", (u64)mmu_update_entry(frame_of(test_page) + 8, 0x1122), 0);
  check("at its place", ((u64 *)test_page)[1], 0x1122);
  struct mmu_update two[2] = {{address, after}, {frame_of((void *)root) + 256 * 8, 0}};
  u32 done = 99;
  check("the hypervisor's slot is refused", (u64)hypercall(HC_mmu_update, two, 2, &done, DOMID_SELF) < -4095ul, false);
  check("and the count says how far it came", done, 1);
  check("a superpage is refused", (u64)mmu_update_entry(frame_of((void *)(root + 2 * PAGE_SIZE)) + 511 * 8, PTE_DATA | PTE_PS | PTE_US), ERROR(EINVAL));
  check("an L4 entry that is no L3 table", (u64)mmu_update_entry(frame_of((void *)root) + 8, frame_of((void *)(root + PAGE_SIZE * 2)) | PTE_P | PTE_RW) < -4095ul, false);
  u64 pfn = MACHINE_TO_PHYS[mfn_of(test_page)];
  check("machine to physical", (u64)mmu_update_entry(frame_of(test_page) | MMU_MACHPHYS_UPDATE, 0x4242), 0);
  check("is seen in the table", MACHINE_TO_PHYS[mfn_of(test_page)], 0x4242);
  mmu_update_entry(frame_of(test_page) | MMU_MACHPHYS_UPDATE, pfn);
  check_that("the table itself is read-only", attempt(probe_store, (u64)MACHINE_TO_PHYS, 0) && caught.vector == 14 && caught.error == 3);
  check("for another domain", (u64)hypercall(HC_mmu_update, two, 1, NULL, 1234) < -4095ul, false);
}

static void tables(void) {
  u64 *l1 = pages_alloc(1), *l2 = pages_alloc(1), *target = pages_alloc(1);
  u64 l1_frame = mfn_of(l1), l2_frame = mfn_of(l2);
  about("pin");
  check("a page that is mapped writable", (u64)mmuext(MMUEXT_PIN_L1_TABLE, l1_frame), ERROR(EINVAL));
  l1[0] = frame_of(target) | PTE_DATA;
  l1[1] = frame_of(l2) | PTE_DATA;
  l2[0] = frame_of(l1) | PTE_P | PTE_RW;
  protect(l1, PTE_READONLY);
  check("L1 with an entry that maps what is no table yet", (u64)mmuext(MMUEXT_PIN_L1_TABLE, l1_frame), 0);
  check_that("a store to it faults", attempt(probe_store, (u64)l1, 0) && caught.vector == 14 && caught.error == 3);
  check("reads back with the user bit", l1[0] & ~PTE_AVAILABLE, frame_of(target) | PTE_DATA | PTE_US);
  check("pin twice", (u64)mmuext(MMUEXT_PIN_L1_TABLE, l1_frame), ERROR(EINVAL));
  check("as another level", (u64)mmuext(MMUEXT_PIN_L2_TABLE, l1_frame), ERROR(EINVAL));
  check("it may not become writable", (u64)protect(l1, PTE_DATA), ERROR(EBUSY));
  protect(l2, PTE_READONLY);
  check("L2 that its own L1 maps writable", (u64)mmuext(MMUEXT_PIN_L2_TABLE, l2_frame), ERROR(EINVAL));
  check("drop that entry", (u64)mmu_update_entry(frame_of(l1) + 8, 0), 0);
  check("then L2 is accepted", (u64)mmuext(MMUEXT_PIN_L2_TABLE, l2_frame), 0);
  check("unpin L1, which L2 still uses", (u64)mmuext(MMUEXT_UNPIN_TABLE, l1_frame), 0);
  check("it is still a table", (u64)protect(l1, PTE_DATA), ERROR(EBUSY));
  check("unpin what is not pinned", (u64)mmuext(MMUEXT_UNPIN_TABLE, l1_frame), ERROR(EINVAL));
  check("L2 entry away", (u64)mmu_update_entry(frame_of(l2), 0), 0);
  check("L1 is free", (u64)protect(l1, PTE_DATA), 0);
  check("unpin L2", (u64)mmuext(MMUEXT_UNPIN_TABLE, l2_frame), 0);
  check("L2 is free", (u64)protect(l2, PTE_DATA), 0);

  about("mmuext_op");
  check("a root that is none", (u64)mmuext(MMUEXT_NEW_BASEPTR, mfn_of(target)) < -4095ul, false);
  check("the root that we have", (u64)mmuext(MMUEXT_NEW_BASEPTR, mfn_of((void *)start_info->pt_base)), 0);
  check("flush", (u64)mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0), 0);
  check("an empty local table", (u64)mmuext(MMUEXT_SET_LDT, 0), 0);
  check("an unknown command", (u64)mmuext(99, 0), ERROR(ENOSYS));
  pages_free(l1, 1);
  pages_free(l2, 1);
  pages_free(target, 1);
}

void test_page_tables(void) {
  entries();
  tables();
}
