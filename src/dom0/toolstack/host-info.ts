/** `xl info`, field by field in its order (tools/xl/xl_info.c). What no emulated host has is empty or nought. */
import { hostname, release, version } from 'node:os';
import { HYPERVISOR_VIRT_START, XEN_CAPABILITIES, XEN_EXTRA_VERSION, XEN_MAJOR, XEN_MINOR, XEN_VERSION } from '../../vmm/abi/version.ts';
import type { Dom0 } from './dom0.ts';
import { must } from './must.ts';
import type { HostInfo } from './types.ts';

const PAGES_PER_MIB = 256;

export function hostInfo({ control }: Dom0): HostInfo {
  const { cpus, cpuKhz, totalPages, freePages, hwCaps } = must(control.physInfo(), 'the machine');
  const caps = hwCaps.map((word) => (word >>> 0).toString(16).padStart(8, '0'));
  return {
    host: hostname(),
    release: release(),
    version: version(),
    machine: 'x86_64',
    nr_cpus: String(cpus),
    max_cpu_id: String(cpus - 1),
    nr_nodes: '1',
    cores_per_socket: String(cpus),
    threads_per_core: '1',
    cpu_mhz: (cpuKhz / 1000).toFixed(3),
    hw_caps: caps.join(':'),
    virt_caps: 'pv gnttab-v1',
    total_memory: String(Math.floor(totalPages / PAGES_PER_MIB)),
    free_memory: String(Math.floor(freePages / PAGES_PER_MIB)),
    sharing_freed_memory: '0',
    sharing_used_memory: '0',
    outstanding_claims: '0',
    free_cpus: '0',
    xen_major: String(XEN_MAJOR),
    xen_minor: String(XEN_MINOR),
    xen_extra: XEN_EXTRA_VERSION,
    xen_version: XEN_VERSION,
    xen_caps: XEN_CAPABILITIES,
    xen_scheduler: must(control.schedulerId(), 'the scheduler'),
    xen_pagesize: '4096',
    platform_params: `virt_start=0x${HYPERVISOR_VIRT_START.toString(16)}`,
    xen_changeset: '',
    xen_commandline: '',
    cc_compiler: 'TypeScript',
    cc_compile_by: 'xenolith',
    cc_compile_domain: '',
    cc_compile_date: '',
    build_id: '',
    xend_config_format: '4',
  };
}
