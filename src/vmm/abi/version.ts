/** Which Xen we are to our guests and tools: the version of the interface, with our name as the extra version. */
export const XEN_MAJOR = 4;
export const XEN_MINOR = 17;
/** xen_extraversion_t: at most 15 characters. */
export const XEN_EXTRA_VERSION = '.0-xenolith';
export const XEN_VERSION: string = `${XEN_MAJOR}.${XEN_MINOR}${XEN_EXTRA_VERSION}`;
/** xen_capabilities_info_t: ends with a blank, as Xen prints it. */
export const XEN_CAPABILITIES = 'xen-3.0-x86_64 ';
/** Where Xen's own virtual range begins in every guest. */
export const HYPERVISOR_VIRT_START = 0xffff800000000000n;
