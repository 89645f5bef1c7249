/** struct grant_entry_v1 (xen/include/public/grant_table.h): { flags u16, domid u16, frame u32 }. */
export const GRANT_ENTRY_V1_BYTES = 8;
export const GTF_PERMIT_ACCESS = 1;
/** Entries that the domain builder fills in. */
export const GNTTAB_RESERVED_CONSOLE = 0;
export const GNTTAB_RESERVED_XENSTORE = 1;
