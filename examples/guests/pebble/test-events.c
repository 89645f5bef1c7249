/* Event channels. */
#include "selftest.h"

static bool pending(u32 port) { return READ_ONCE(shared_info->evtchn_pending[port / 64]) >> port % 64 & 1; }
static void set_mask(u32 port) { shared_info->evtchn_mask[port / 64] |= 1ul << port % 64; }
static void clear_pending(u32 port) { shared_info->evtchn_pending[port / 64] &= ~(1ul << port % 64); }

static u32 status(u32 port) {
  struct evtchn_status op = {.dom = DOMID_SELF, .port = port};
  return event_channel_op(EVTCHNOP_status, &op) ? 99 : op.status;
}
enum { CLOSED = 0, UNBOUND = 1, INTERDOMAIN = 2, VIRQ = 4, IPI = 5 };

static s64 on_port(u32 command, u32 port) {
  struct evtchn_port op = {port};
  return event_channel_op(command, &op);
}

static void channels(void) {
  about("event channel");
  check("xenstore's is connected", status(start_info->store_evtchn), INTERDOMAIN);
  check("the timer's is a VIRQ", status(current()->timer_port), VIRQ);
  check("ours for IPIs is one", status(current()->ipi_port), IPI);

  struct evtchn_alloc_unbound unbound = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
  check("alloc_unbound", (u64)event_channel_op(EVTCHNOP_alloc_unbound, &unbound), 0);
  check("is unbound", status(unbound.port), UNBOUND);
  check("send on it goes nowhere, quietly", (u64)on_port(EVTCHNOP_send, unbound.port), 0);
  struct { u16 remote_dom; u32 remote_port, local_port; } bind = {DOMID_SELF, unbound.port, 0};
  check("bind_interdomain with ourselves", (u64)event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
  check("both ends are connected", status(unbound.port) == INTERDOMAIN && status(bind.local_port) == INTERDOMAIN, 1);
  clear_pending(unbound.port);
  set_mask(unbound.port);
  check("send", (u64)on_port(EVTCHNOP_send, bind.local_port), 0);
  check_that("makes the other end pending", pending(unbound.port));
  check_that("a masked port makes no upcall", !(current()->pending & EVENT_IPI));
  current()->pending = 0;
  events_attach(unbound.port, EVENT_IPI);
  check_that("unmask makes up for it", current()->pending & EVENT_IPI);
  current()->pending = 0;
  check("a port that is bound cannot be bound again", (u64)event_channel_op(EVTCHNOP_bind_interdomain, &bind), -(u64)EINVAL);
  check("close", (u64)on_port(EVTCHNOP_close, bind.local_port), 0);
  check("leaves the other end unbound", status(unbound.port), UNBOUND);
  check("close the other", (u64)on_port(EVTCHNOP_close, unbound.port), 0);
  check("both are closed", status(unbound.port), CLOSED);
  check("close twice", (u64)on_port(EVTCHNOP_close, unbound.port), -(u64)EINVAL);
  check("send on a closed port", (u64)on_port(EVTCHNOP_send, unbound.port), -(u64)EINVAL);
  check("send on a port out of range", (u64)on_port(EVTCHNOP_send, 1u << 30), -(u64)EINVAL);
  check("unmask of a port out of range", (u64)on_port(EVTCHNOP_unmask, 1u << 30), -(u64)EINVAL);
  check("an unknown command", (u64)event_channel_op(99, &unbound), -(u64)ENOSYS);
}

static void errors(void) {
  struct evtchn_bind_virq again = {.virq = VIRQ_TIMER}, far = {.virq = VIRQ_TIMER, .vcpu = 999}, wrong = {.virq = 99};
  struct evtchn_bind_ipi ipi = {.vcpu = 999};
  struct { u32 port, vcpu; } move = {current()->ipi_port, 999};
  struct evtchn_alloc_unbound other = {.dom = 0, .remote_dom = 0};
  about("event channel error");
  check("a VIRQ twice", (u64)event_channel_op(EVTCHNOP_bind_virq, &again), -(u64)EEXIST);
  check("a VIRQ for a vCPU that does not exist", (u64)event_channel_op(EVTCHNOP_bind_virq, &far), -(u64)ENOENT);
  check("a VIRQ that does not exist", (u64)event_channel_op(EVTCHNOP_bind_virq, &wrong), -(u64)EINVAL);
  check("an IPI for a vCPU that does not exist", (u64)event_channel_op(EVTCHNOP_bind_ipi, &ipi), -(u64)ENOENT);
  check("bind_vcpu to one that does not exist", (u64)event_channel_op(EVTCHNOP_bind_vcpu, &move), -(u64)ENOENT);
  move.vcpu = 0;
  check("bind_vcpu of an IPI", (u64)event_channel_op(EVTCHNOP_bind_vcpu, &move), -(u64)EINVAL);
  check("alloc_unbound in another domain", (u64)event_channel_op(EVTCHNOP_alloc_unbound, &other), -(u64)EPERM);
}

static void upcalls(void) {
  u32 port = current()->ipi_port;
  about("upcall");
  current()->pending = 0;
  notify(port);
  check_that("comes before the hypercall returns", current()->pending & EVENT_IPI);
  current()->pending = 0;
  events_mask();
  notify(port);
  check_that("waits while masked", current()->pending == 0 && READ_ONCE(current()->info->upcall_pending) == 1);
  check("the selector shows the port's word", current()->info->pending_sel >> port / 64 & 1, 1);
  events_unmask();
  check_that("comes when a hypercall finds it unmasked", current()->pending & EVENT_IPI);
  current()->pending = 0;
}

void test_events(void) {
  channels();
  errors();
  upcalls();
}
