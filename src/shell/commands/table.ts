/** Every command, in the order in which help lists them. Nothing heavy is imported from here: `xm list` must start at once. */
import type { Command } from './command.ts';
import { check } from './check.ts';
import { consoleCommand } from './console.ts';
import { convert } from './convert.ts';
import { create } from './create.ts';
import { destroy } from './destroy.ts';
import { debugKeys } from './debug-keys.ts';
import { dmesg } from './dmesg.ts';
import { domid } from './domid.ts';
import { domname } from './domname.ts';
import { exit } from './exit.ts';
import { fmt } from './fmt.ts';
import { help } from './help.ts';
import { info } from './info.ts';
import { list } from './list.ts';
import { lsp } from './lsp.ts';
import { memMax } from './mem-max.ts';
import { memSet } from './mem-set.ts';
import { pause } from './pause.ts';
import { plan } from './plan.ts';
import { reboot } from './reboot.ts';
import { rename } from './rename.ts';
import { runCommand } from './run.ts';
import { schedCredit } from './sched-credit.ts';
import { shutdown } from './shutdown.ts';
import { top } from './top.ts';
import { unpause } from './unpause.ts';
import { uptime } from './uptime.ts';
import { vcpuList } from './vcpu-list.ts';
import { vcpuPin } from './vcpu-pin.ts';
import { vcpuSet } from './vcpu-set.ts';
import { version } from './version.ts';
import { xenstoreLs } from './xenstore-ls.ts';
import { xenstoreRead } from './xenstore-read.ts';
import { xenstoreRm } from './xenstore-rm.ts';
import { xenstoreWrite } from './xenstore-write.ts';

export const COMMANDS: readonly Command[] = [
  create,
  consoleCommand,
  pause,
  unpause,
  shutdown,
  reboot,
  destroy,
  rename,
  list,
  vcpuList,
  uptime,
  domid,
  domname,
  schedCredit,
  memSet,
  memMax,
  vcpuSet,
  vcpuPin,
  info,
  top,
  dmesg,
  debugKeys,
  xenstoreLs,
  xenstoreRead,
  xenstoreWrite,
  xenstoreRm,
  runCommand,
  check,
  plan,
  fmt,
  convert,
  lsp,
  help,
  version,
  exit,
];
