/** Keys of xl that have no effect here, by the reason (the keys that tools/xl/xl_parse.c reads). */
import { ignoredKeys, type ConfigKey } from './config-key.ts';

export const IGNORED_KEYS: readonly ConfigKey[] = [
  ...ignoredKeys(
    'for HVM guests only',
    `bios bios_path_override firmware_override boot hdtype hap oos pae acpi acpi_firmware acpi_s3 acpi_s4 acpi_laptop_slate apic nx hpet vpt_align
     viridian altp2m altp2mhvm altp2m_count nestedhvm mmio_hole smbios smbios_firmware ms_vm_genid rdm rdm_mem_boundary mca_caps hvm_pirq videoram stdvga
     vga nographic gfx_passthru serial usb usbversion usbdevice vkb_device soundhw xen_platform_pci xen_platform_pci_bar_uc vendor_device
     device_model_version device_model_override device_model_stubdomain_override device_model_stubdomain_seclabel device_model_stubdomain_init_seclabel
     device_model_args device_model_args_pv device_model_args_hvm device_model device_model_user stubdomain_memory stubdomain_kernel stubdomain_ramdisk stubdomain_cmdline dm_restrict
     spice spiceport spicetls_port spicehost spicedisable_ticketing spicepasswd spiceagent_mouse spicevdagent spice_clipboard_sharing spiceusbredirection
     spice_image_compression spice_streaming_video vmtrace_buf_kb vpmu msr_relaxed shadow_memory timer_mode`,
  ),
  ...ignoredKeys(
    'there is no graphical console',
    'vfb vnc vnclisten vncpasswd vncdisplay vncunused sdl opengl keymap display xauthority vkb vdispl vsnd',
  ),
  ...ignoredKeys(
    'there is no such hardware to pass through',
    'pci pci_permissive pci_msitranslate pci_power_mgmt pci_seize ioports irqs iomem passthrough usbctrl usbdev dtdev device_tree',
  ),
  ...ignoredKeys('for PVH guests only', 'pvshim pvshim_path pvshim_cmdline pvshim_extra'),
  ...ignoredKeys('for Arm guests only', 'gic_version vuart tee sve nr_spis arm_sci llc_colors trap_unmapped_accesses'),
  ...ignoredKeys('such devices are not emulated yet', 'channel vtpm p9 pvcalls virtio vif2'),
  ...ignoredKeys('there are no security labels', 'seclabel init_seclabel'),
  ...ignoredKeys('the host has one NUMA node', 'vnuma'),
  ...ignoredKeys('the CPU tells what it can do', 'cpuid'),
  ...ignoredKeys('domain 0 drives all devices', 'driver_domain'),
  ...ignoredKeys('there is no boot loader yet', 'bootloader_restrict bootloader_user'),
  ...ignoredKeys('the memory map is made by the builder', 'e820_host'),
  ...ignoredKeys('xenstore has fixed limits', 'xenstore_feature_mask xenstore_quota'),
  ...ignoredKeys('xl itself makes nothing of it', 'slice latency xend_suspend_evtchn_compat'),
];

/** Only old xm's programs read these (tools/python/xen/xm/create.py of 4.1). */
export const OLD_KEYS: readonly ConfigKey[] = ignoredKeys(
  'only old xm knew it',
  `bootargs bootentry loader features cpu cpu_cap vhpt vcpu_avail restart blkif netif tpmif vscsi vusb irq access_control nics ip gateway netmask hostname
   interface dhcp nfs_server nfs_root fda fdb parallel monitor monitor_path description guest_os_type isa vncconsole on_xend_start on_xend_stop target
   s3_integrity cpuid_check machine_address_size suppress_spurious_page_faults superpages memory_sharing`,
).map((key) => ({ ...key, old: true }));
