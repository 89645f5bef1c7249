/**
 * Who may do what to a node (docs/misc/xenstore.txt). The first entry names the owner, who may do everything, and what everybody may do who is not
 * named by a later one.
 */

/** n nothing, r read, w write, b both. */
export type Access = 'n' | 'r' | 'w' | 'b';

export interface Permission {
  readonly domid: number;
  readonly access: Access;
}

/** Never empty. */
export type Permissions = readonly Permission[];

export interface Caller {
  readonly domid: number;
  /** Domain 0 passes everywhere. */
  readonly privileged: boolean;
}

export const READ = 1;
export const WRITE = 2;
export const OWNER = 4;

const BITS: Readonly<Record<Access, number>> = { n: 0, r: READ, w: WRITE, b: READ | WRITE };

export function ownerOf(permissions: Permissions): number {
  return permissions[0]!.domid;
}

/** READ, WRITE and OWNER bits. */
export function allowed({ domid, privileged }: Caller, permissions: Permissions): number {
  if (privileged || ownerOf(permissions) === domid) return READ | WRITE | OWNER;
  const named = permissions.find((permission, i) => i > 0 && permission.domid === domid);
  return BITS[(named ?? permissions[0]!).access];
}

export function formatPermission({ access, domid }: Permission): string {
  return `${access}${domid}`;
}

/** null: not of the form n0, r12, w3, b5. */
export function parsePermission(text: string): Permission | null {
  const match = /^([nrwb])(\d{1,5})$/.exec(text);
  if (!match || Number(match[2]) > 0xffff) return null;
  return { access: match[1] as Access, domid: Number(match[2]) };
}
