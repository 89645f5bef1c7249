/** struct start_info of a 64-bit guest (xen/include/public/xen.h): byte offsets. */
export const START_INFO = {
  magic: 0, // char[32], NUL padded
  nrPages: 32, // u64
  sharedInfo: 40, // u64, machine address
  flags: 48, // u32, SIF_*
  storeMfn: 56, // u64
  storeEvtchn: 64, // u32
  consoleMfn: 72, // u64
  consoleEvtchn: 80, // u32
  ptBase: 88, // u64, virtual
  nrPtFrames: 96, // u64
  mfnList: 104, // u64, virtual
  modStart: 112, // u64, virtual, or a PFN with SIF_MOD_START_PFN
  modLen: 120, // u64, bytes
  cmdLine: 128, // char[1024], NUL ended
  firstP2mPfn: 1152, // u64
  nrP2mFrames: 1160, // u64
} as const;

export const START_INFO_BYTES = 1168;
export const START_INFO_MAGIC = 'xen-3.0-x86_64';
/** MAX_GUEST_CMDLINE: the final NUL included. */
export const MAX_GUEST_CMDLINE = 1024;

/** mod_start is a PFN, not a virtual address. */
export const SIF_MOD_START_PFN = 8;
/** The tools understand a virtually mapped P2M. */
export const SIF_VIRT_P2M_4TOOLS = 16;
