/* A client of xenstored on the shared ring: one request at a time; watch events may come in between. */
#include "pebble.h"

#define PATIENCE (5 * SECOND)
const char *xenstore_error = "none";
static struct xenstore_ring *ring;
static u32 request_id, fired;
static bool lost; /* the ring makes no sense any more: nothing that comes by it can be trusted */
static struct xsd_header header;
static char payload[4097];
static char error_name[32];

struct xenstore_ring *xenstore_page(void) { return ring; }

void xenbus_init(void) {
  ring = va_of(start_info->store_mfn);
  events_attach(start_info->store_evtchn, EVENT_XENSTORE);
}

static bool sane(void) {
  if (ring->req_prod - READ_ONCE(ring->req_cons) > sizeof ring->req || READ_ONCE(ring->rsp_prod) - ring->rsp_cons > sizeof ring->rsp) lost = true;
  return !lost;
}

/* Sends n bytes, waiting for room. False: xenstored does not answer. */
static bool send(const void *data, u64 n) {
  const char *bytes = data;
  while (n--) {
    u64 deadline = now_ns() + PATIENCE;
    while (ring->req_prod - READ_ONCE(ring->req_cons) >= sizeof ring->req) {
      if (!sane()) return false;
      notify(start_info->store_evtchn);
      if (!wait_events(EVENT_XENSTORE, deadline)) return false;
    }
    ring->req[ring->req_prod % sizeof ring->req] = *bytes++;
    barrier();
    WRITE_ONCE(ring->req_prod, ring->req_prod + 1);
  }
  return true;
}

static bool receive(void *data, u64 n) {
  char *bytes = data;
  while (n--) {
    u64 deadline = now_ns() + PATIENCE;
    while (READ_ONCE(ring->rsp_prod) == ring->rsp_cons) {
      if (!sane()) return false;
      notify(start_info->store_evtchn);
      if (!wait_events(EVENT_XENSTORE, deadline)) return false;
    }
    barrier();
    *bytes++ = ring->rsp[ring->rsp_cons % sizeof ring->rsp];
    full_barrier();
    WRITE_ONCE(ring->rsp_cons, ring->rsp_cons + 1);
  }
  return true;
}

/* One message into header and payload. A watch event is noted: its payload is path, token. */
static bool receive_message(void) {
  if (!receive(&header, sizeof header)) return false;
  if (header.len > 4096) lost = true;
  if (lost || !receive(payload, header.len)) return false;
  payload[header.len] = 0;
  notify(start_info->store_evtchn);
  if (header.type == XS_WATCH_EVENT) {
    const char *token = payload + strlen(payload) + 1;
    if (token < payload + header.len && *token >= '0' && *token <= '9') fired |= 1u << (*token - '0');
  }
  return true;
}

static s32 fail(const char *name) {
  xenstore_error = name;
  return -1;
}

struct part { const char *bytes; u64 length; };

static s32 request(u32 type, u32 transaction, const struct part *parts, u32 count) {
  struct xsd_header out = {type, ++request_id, transaction, 0};
  for (u32 i = 0; i < count; i++) out.len += (u32)parts[i].length;
  if (out.len > 4096) return fail("E2BIG");
  if (!sane()) return fail("no connection");
  bool sent = send(&out, sizeof out);
  for (u32 i = 0; sent && i < count; i++) sent = send(parts[i].bytes, parts[i].length);
  if (!sent) return fail("no answer");
  notify(start_info->store_evtchn);
  do {
    if (!receive_message()) return fail("no answer");
  } while (header.type == XS_WATCH_EVENT || header.req_id != request_id);
  if (header.type != XS_ERROR) return (s32)header.len;
  format(error_name, sizeof error_name, "%s", payload);
  return fail(error_name);
}

static struct part text(const char *s) { return (struct part){s, strlen(s) + 1}; }

static s32 answer(s32 length, char *value, u64 size) {
  if (length < 0) return length;
  if ((u64)length >= size) return fail("E2BIG");
  memcpy(value, payload, (u64)length + 1);
  return length;
}

s32 xenstore_read(u32 transaction, const char *path, char *value, u64 size) {
  return answer(request(XS_READ, transaction, (struct part[]){text(path)}, 1), value, size);
}

s32 xenstore_directory(const char *path, char *names, u64 size) {
  return answer(request(XS_DIRECTORY, 0, (struct part[]){text(path)}, 1), names, size);
}

s32 xenstore_write(u32 transaction, const char *path, const char *value) {
  return request(XS_WRITE, transaction, (struct part[]){text(path), {value, strlen(value)}}, 2);
}

s32 xenstore_remove(u32 transaction, const char *path) {
  return request(XS_RM, transaction, (struct part[]){text(path)}, 1);
}

static s32 watch_request(u32 type, const char *path, u32 token) {
  char name[2] = {(char)('0' + token), 0};
  return request(type, 0, (struct part[]){text(path), text(name)}, 2);
}

s32 xenstore_watch(const char *path, u32 token) { return watch_request(XS_WATCH, path, token); }
s32 xenstore_unwatch(const char *path, u32 token) { return watch_request(XS_UNWATCH, path, token); }

s32 xenstore_begin(u32 *transaction) {
  s32 length = request(XS_TRANSACTION_START, 0, (struct part[]){{"", 1}}, 1);
  u64 id = 0;
  if (length < 0 || !parse_u64(payload, &id)) return -1;
  *transaction = (u32)id;
  return 0;
}

s32 xenstore_end(u32 transaction, bool commit) {
  return request(XS_TRANSACTION_END, transaction, (struct part[]){text(commit ? "T" : "F")}, 1);
}

u32 xenstore_fired(void) {
  while (sane() && READ_ONCE(ring->rsp_prod) != ring->rsp_cons && receive_message()) continue;
  u32 tokens = fired;
  fired = 0;
  return tokens;
}
