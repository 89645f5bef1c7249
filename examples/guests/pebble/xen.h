/* The parts of Xen's PV interface that pebble uses. Names and numbers are those of xen/include/public. */
#pragma once
#include "types.h"

enum hypercall {
  HC_set_trap_table = 0, HC_mmu_update = 1, HC_set_gdt = 2, HC_stack_switch = 3, HC_set_callbacks = 4, HC_fpu_taskswitch = 5,
  HC_sched_op_compat = 6, HC_platform_op = 7, HC_set_debugreg = 8, HC_get_debugreg = 9, HC_update_descriptor = 10, HC_memory_op = 12,
  HC_multicall = 13, HC_update_va_mapping = 14, HC_set_timer_op = 15, HC_xen_version = 17, HC_console_io = 18, HC_grant_table_op = 20,
  HC_vm_assist = 21, HC_update_va_mapping_otherdomain = 22, HC_iret = 23, HC_vcpu_op = 24, HC_set_segment_base = 25, HC_mmuext_op = 26,
  HC_sched_op = 29, HC_callback_op = 30, HC_event_channel_op = 32, HC_physdev_op = 33, HC_sysctl = 35, HC_domctl = 36,
};

enum { EPERM = 1, ENOENT = 2, ESRCH = 3, EFAULT = 14, EBUSY = 16, EEXIST = 17, EINVAL = 22, ENOSYS = 38, EOPNOTSUPP = 95 };

#define DOMID_SELF 0x7ff0u

/* Segments that the hypervisor provides. RPL 0 in a saved CS says kernel mode, RPL 3 user mode; both run in ring 3. */
#define FLAT_CS64 0xe033u
#define FLAT_SS 0xe02bu
#define FLAT_CS32 0xe023u
#define FLAT_CS64_KERNEL 0xe030u

#define MACHINE_TO_PHYS ((const u64 *)0xffff800000000000ul)

struct vcpu_time_info {
  u32 version, pad0;
  u64 tsc_timestamp, system_time;
  u32 tsc_to_system_mul;
  s8 tsc_shift;
  u8 flags, pad1[2];
};

struct vcpu_info {
  u8 upcall_pending, upcall_mask, pad[6];
  u64 pending_sel;
  u64 cr2, pad2;
  struct vcpu_time_info time;
};

#define LEGACY_MAX_VCPUS 32

struct shared_info {
  struct vcpu_info vcpu_info[LEGACY_MAX_VCPUS];
  u64 evtchn_pending[64];
  u64 evtchn_mask[64];
  u32 wc_version, wc_sec, wc_nsec, wc_sec_hi;
};

struct start_info {
  char magic[32];
  u64 nr_pages, shared_info;
  u32 flags, pad0;
  u64 store_mfn;
  u32 store_evtchn, pad1;
  u64 console_mfn;
  u32 console_evtchn, pad2;
  u64 pt_base, nr_pt_frames, mfn_list, mod_start, mod_len;
  char cmd_line[1024];
};

struct trap_info {
  u8 vector, flags;
  u16 cs;
  u32 pad;
  u64 address;
};
#define TRAP_DPL(dpl) (dpl)
#define TRAP_MASK_EVENTS 4

struct mmu_update { u64 ptr, val; };
enum { MMU_NORMAL_PT_UPDATE = 0, MMU_MACHPHYS_UPDATE = 1, MMU_PT_UPDATE_PRESERVE_AD = 2 };

struct mmuext_op { u32 cmd, pad; u64 arg1, arg2; };
enum {
  MMUEXT_PIN_L1_TABLE = 0, MMUEXT_PIN_L2_TABLE = 1, MMUEXT_PIN_L3_TABLE = 2, MMUEXT_PIN_L4_TABLE = 3, MMUEXT_UNPIN_TABLE = 4,
  MMUEXT_NEW_BASEPTR = 5, MMUEXT_TLB_FLUSH_LOCAL = 6, MMUEXT_INVLPG_LOCAL = 7, MMUEXT_SET_LDT = 13, MMUEXT_NEW_USER_BASEPTR = 15,
};

enum { UVMF_NONE = 0, UVMF_TLB_FLUSH = 1, UVMF_INVLPG = 2 };

struct multicall_entry { u64 op; s64 result; u64 args[6]; };

enum { SEGBASE_FS = 0, SEGBASE_GS_USER = 1, SEGBASE_GS_KERNEL = 2, SEGBASE_GS_USER_SEL = 3 };

enum { SCHEDOP_yield = 0, SCHEDOP_block = 1, SCHEDOP_shutdown = 2, SCHEDOP_poll = 3 };
enum { SHUTDOWN_poweroff = 0, SHUTDOWN_reboot = 1, SHUTDOWN_suspend = 2, SHUTDOWN_crash = 3 };
struct sched_poll { u64 ports; u32 nr_ports, pad; u64 timeout; };

enum {
  VCPUOP_initialise = 0, VCPUOP_up = 1, VCPUOP_down = 2, VCPUOP_is_up = 3, VCPUOP_get_runstate_info = 4, VCPUOP_stop_periodic_timer = 7,
  VCPUOP_set_singleshot_timer = 8, VCPUOP_stop_singleshot_timer = 9, VCPUOP_send_nmi = 11,
};
struct vcpu_set_singleshot_timer { u64 timeout_abs_ns; u32 flags, pad; };
struct vcpu_runstate_info { u32 state, pad; u64 state_entry_time, time[4]; };

struct user_regs {
  u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
  u32 error_code, entry_vector;
  u64 rip;
  u16 cs, pad0[1];
  u8 saved_upcall_mask, pad1[3];
  u64 rflags, rsp;
  u64 ss, es, ds, fs, gs;
};

struct vcpu_guest_context {
  u8 fpu[512];
  u64 flags;
  struct user_regs user_regs;
  struct trap_info trap_ctxt[256];
  u64 ldt_base, ldt_ents;
  u64 gdt_frames[16], gdt_ents;
  u64 kernel_ss, kernel_sp;
  u64 ctrlreg[8], debugreg[8];
  u64 event_callback_eip, failsafe_callback_eip, syscall_callback_eip;
  u64 vm_assist;
  u64 fs_base, gs_base_kernel, gs_base_user;
};
#define VGCF_in_kernel 4
_Static_assert(sizeof(struct user_regs) == 200, "struct cpu_user_regs");
_Static_assert(sizeof(struct vcpu_guest_context) == 5168, "struct vcpu_guest_context");

struct callback_register { u16 type, flags; u32 pad; u64 address; };
enum { CALLBACKOP_register = 0, CALLBACKOP_unregister = 1 };
enum { CALLBACKTYPE_event = 0, CALLBACKTYPE_failsafe = 1, CALLBACKTYPE_syscall = 2, CALLBACKTYPE_sysenter = 5, CALLBACKTYPE_syscall32 = 7 };
#define CALLBACKF_mask_events 1

enum {
  EVTCHNOP_bind_interdomain = 0, EVTCHNOP_bind_virq = 1, EVTCHNOP_close = 3, EVTCHNOP_send = 4, EVTCHNOP_status = 5,
  EVTCHNOP_alloc_unbound = 6, EVTCHNOP_bind_ipi = 7, EVTCHNOP_bind_vcpu = 8, EVTCHNOP_unmask = 9,
};
struct evtchn_bind_virq { u32 virq, vcpu, port; };
struct evtchn_bind_ipi { u32 vcpu, port; };
struct evtchn_port { u32 port; };
struct evtchn_alloc_unbound { u16 dom, remote_dom; u32 port; };
struct evtchn_status { u16 dom, pad; u32 port, status, vcpu; u32 detail[2]; };
#define VIRQ_TIMER 0

enum { PHYSDEVOP_set_iopl = 6 };

struct memory_reservation { u64 extent_start, nr_extents; u32 extent_order, mem_flags; u16 domid, pad[3]; };
enum {
  XENMEM_increase_reservation = 0, XENMEM_decrease_reservation = 1, XENMEM_current_reservation = 3, XENMEM_maximum_reservation = 4,
  XENMEM_populate_physmap = 6, XENMEM_machphys_mapping = 12,
};

enum { XENVER_version = 0, XENVER_extraversion = 1, XENVER_capabilities = 3, XENVER_get_features = 6, XENVER_pagesize = 7, XENVER_commandline = 9 };

enum { GNTTABOP_map_grant_ref = 0, GNTTABOP_unmap_grant_ref = 1, GNTTABOP_setup_table = 2, GNTTABOP_query_size = 6, GNTTABOP_set_version = 8 };
struct gnttab_setup_table { u16 dom, pad; u32 nr_frames; s16 status; u16 pad2[3]; u64 frame_list; };
struct gnttab_query_size { u16 dom, pad; u32 nr_frames, max_nr_frames; s16 status, pad2; };
struct gnttab_map { u64 host_addr; u32 flags, ref; u16 dom; s16 status; u32 handle; u64 dev_bus_addr; };
struct gnttab_unmap { u64 host_addr, dev_bus_addr; u32 handle; s16 status, pad; };
struct grant_entry { u16 flags, domid; u32 frame; };
enum { GTF_permit_access = 1, GTF_readonly = 4, GTF_reading = 8, GTF_writing = 16 };
enum { GNTMAP_host_map = 2, GNTMAP_readonly = 4 };

struct console_ring {
  char in[1024], out[2048];
  u32 in_cons, in_prod, out_cons, out_prod;
};

struct xenstore_ring {
  char req[1024], rsp[1024];
  u32 req_cons, req_prod, rsp_cons, rsp_prod;
};
struct xsd_header { u32 type, req_id, tx_id, len; };
enum {
  XS_DIRECTORY = 1, XS_READ = 2, XS_WATCH = 4, XS_UNWATCH = 5, XS_TRANSACTION_START = 6, XS_TRANSACTION_END = 7, XS_WRITE = 11, XS_MKDIR = 12, XS_RM = 13,
  XS_WATCH_EVENT = 15, XS_ERROR = 16,
};
