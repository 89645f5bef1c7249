/** The xenstore page and its messages: xen/include/public/io/xs_wire.h. */

/** struct xenstore_domain_interface. The indices run freely and are masked on access. */
export const XENSTORE_RING = {
  req: 0, // char[1024], to xenstored
  rsp: 0x400, // char[1024], from xenstored
  reqCons: 0x800,
  reqProd: 0x804,
  rspCons: 0x808,
  rspProd: 0x80c,
  serverFeatures: 0x810,
  connection: 0x814,
  error: 0x818,
} as const;

export const XENSTORE_RING_SIZE = 1024;
export const XENSTORE_PAYLOAD_MAX = 4096;
export const XENSTORE_ABS_PATH_MAX = 3072;
export const XENSTORE_REL_PATH_MAX = 2048;

/** The `error` field has a meaning. */
export const XENSTORE_SERVER_FEATURE_ERROR = 2;
export const XENSTORE_ERROR = { NONE: 0, COMM: 1, RINGIDX: 2, PROTO: 3 } as const;

/** struct xsd_sockmsg: four u32, then `len` bytes. */
export const XSD_SOCKMSG_BYTES = 16;

export const XS = {
  CONTROL: 0,
  DIRECTORY: 1,
  READ: 2,
  GET_PERMS: 3,
  WATCH: 4,
  UNWATCH: 5,
  TRANSACTION_START: 6,
  TRANSACTION_END: 7,
  INTRODUCE: 8,
  RELEASE: 9,
  GET_DOMAIN_PATH: 10,
  WRITE: 11,
  MKDIR: 12,
  RM: 13,
  SET_PERMS: 14,
  WATCH_EVENT: 15,
  ERROR: 16,
  IS_DOMAIN_INTRODUCED: 17,
  RESUME: 18,
  SET_TARGET: 19,
  RESET_WATCHES: 21,
  DIRECTORY_PART: 22,
} as const;
