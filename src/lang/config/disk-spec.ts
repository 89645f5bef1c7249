/**
 * Disk specifications, as libxlutil reads them: TARGET,FORMAT,VDEV,ACCESS with named parameters anywhere and the prefixes of old xm
 * (docs/man/xl-disk-configuration.5.pod.in, tools/libs/util/libxlu_disk_l.l: like flex, the longest match wins, then the first rule).
 */

export type DiskFormat = 'raw' | 'qcow' | 'qcow2' | 'vhd' | 'qed' | 'empty';

export interface DiskSpec {
  readonly target: string;
  readonly vdev: string;
  readonly format: DiskFormat;
  readonly backendType: 'phy' | 'tap' | 'qdisk' | 'standalone' | null;
  readonly backend: string | null;
  readonly script: string | null;
  readonly readWrite: boolean;
  readonly removable: boolean;
  readonly cdrom: boolean;
  readonly directIoSafe: boolean;
  readonly discard: boolean | null;
  readonly trusted: boolean | null;
  readonly grantUsage: boolean | null;
  readonly specification: 'xen' | 'virtio' | null;
}

/** Why a specification is wrong, and at which piece of it. */
export interface SpecFault {
  readonly reason: string;
  readonly near: string | null;
}

export type DiskResult = { readonly disk: DiskSpec } | { readonly fault: SpecFault };

interface Reading {
  target: string | null;
  vdev: string | null;
  format: DiskFormat | null;
  backendType: DiskSpec['backendType'];
  backend: string | null;
  script: string | null;
  specification: DiskSpec['specification'];
  readWrite: boolean;
  cdrom: boolean;
  directIoSafe: boolean;
  discard: boolean | null;
  trusted: boolean | null;
  grantUsage: boolean | null;
  accessSet: boolean;
  hadPrefix: boolean;
  fault: SpecFault | null;
  /** Nothing after this piece counts. */
  stopped: boolean;
}

interface Rule {
  readonly pattern: RegExp;
  /** Prefixes count as if they matched everything, so that they win. */
  readonly swallows?: boolean;
  apply(reading: Reading, piece: string): void;
}

const valueOf = (piece: string): string => piece.slice(piece.indexOf('=') + 1);

function fail(reading: Reading, reason: string, near: string): void {
  reading.fault ??= { reason, near };
}

type TextField = 'target' | 'vdev' | 'backend' | 'script';

/** An empty text may be given again, anything else not. */
function setText(reading: Reading, field: TextField, value: string): void {
  if (reading[field]) fail(reading, `${field} respecified`, value);
  else reading[field] = value;
}

type ChoiceField = 'format' | 'backendType' | 'specification';

function setChoice<F extends ChoiceField>(
  reading: Reading,
  field: F,
  spelled: string,
  values: Readonly<Record<string, Reading[F]>>,
  text: string,
): void {
  const value = Object.hasOwn(values, text) ? values[text]! : null;
  if (value === null) fail(reading, `unknown value for ${spelled}`, text);
  else if (reading[field] !== null && reading[field] !== value)
    fail(reading, `${field === 'backendType' ? 'backend' : field} respecified`, text);
  else reading[field] = value;
}

const FORMATS: Readonly<Record<string, DiskFormat>> = {
  '': 'raw',
  raw: 'raw',
  qcow: 'qcow',
  qcow2: 'qcow2',
  vhd: 'vhd',
  qed: 'qed',
  empty: 'empty',
};
const setFormat = (reading: Reading, text: string): void => setChoice(reading, 'format', 'format', FORMATS, text);

function setAccess(reading: Reading, text: string): void {
  if (text === 'r' || text === 'ro') reading.readWrite = false;
  else if (text === 'rw' || text === 'w' || text === '') reading.readWrite = true;
  else fail(reading, 'unknown value for access', text);
}

/** `xvda:cdrom`, the old way to say devtype=cdrom. */
function setVdevWithType(reading: Reading, piece: string): boolean {
  const colon = piece.lastIndexOf(':');
  if (colon < 0) return false;
  setText(reading, 'vdev', piece.slice(0, colon));
  const type = piece.slice(colon + 1);
  if (type === 'cdrom' || type === 'disk') reading.cdrom = type === 'cdrom';
  else fail(reading, 'unknown deprecated type', type);
  return true;
}

function setPositional(reading: Reading, piece: string): void {
  if (reading.fault) return;
  if (reading.target === null) setText(reading, 'target', piece);
  else if (!reading.hadPrefix && reading.format === null) {
    if (reading.target === '' && setVdevWithType(reading, piece)) reading.format = 'empty';
    else setFormat(reading, piece);
  } else if (reading.vdev === null) {
    if (!setVdevWithType(reading, piece)) setText(reading, 'vdev', piece);
  } else if (!reading.accessSet) {
    reading.accessSet = true;
    setAccess(reading, piece);
  } else {
    fail(reading, 'too many positional parameters', piece);
    reading.stopped = true;
  }
}

const parameter = (name: string, apply: (reading: Reading, value: string) => void): Rule => ({
  pattern: new RegExp(`${name}=[^,]*,?`, 'y'),
  apply: (reading, piece) => apply(reading, valueOf(piece)),
});
const flag = (name: string, apply: (reading: Reading) => void): Rule => ({ pattern: new RegExp(`${name},?`, 'y'), apply });
const prefix = (pattern: RegExp, apply: (reading: Reading, name: string) => void): Rule => ({
  pattern,
  swallows: true,
  apply(reading, piece) {
    reading.hadPrefix = true;
    apply(reading, piece.slice(0, -1));
  },
});

const RULES: readonly Rule[] = [
  parameter('format', setFormat),
  flag('cdrom', (reading) => void (reading.cdrom = true)),
  flag('devtype=cdrom', (reading) => void (reading.cdrom = true)),
  flag('devtype=disk', (reading) => void (reading.cdrom = false)),
  parameter('devtype', (reading, value) => fail(reading, 'unknown value for type', `devtype=${value}`)),
  parameter('access', setAccess),
  parameter('backend', (reading, value) => setText(reading, 'backend', value)),
  parameter('backendtype', (reading, value) =>
    setChoice(reading, 'backendType', 'backendtype', { phy: 'phy', tap: 'tap', qdisk: 'qdisk', standalone: 'standalone' }, value),
  ),
  parameter('specification', (reading, value) =>
    setChoice(reading, 'specification', 'specification', { xen: 'xen', virtio: 'virtio' }, value),
  ),
  parameter('vdev', (reading, value) => setText(reading, 'vdev', value)),
  parameter('script', (reading, value) => setText(reading, 'script', value)),
  flag('direct-io-safe', (reading) => void (reading.directIoSafe = true)),
  flag('discard', (reading) => void (reading.discard = true)),
  flag('no-discard', (reading) => void (reading.discard = false)),
  flag('(?:no-)?colo', () => undefined),
  parameter('(?:colo-host|colo-port|colo-export|active-disk|hidden-disk)', () => undefined),
  flag('trusted', (reading) => void (reading.trusted = true)),
  flag('untrusted', (reading) => void (reading.trusted = false)),
  flag('grant_usage=1', (reading) => void (reading.grantUsage = true)),
  flag('grant_usage=0', (reading) => void (reading.grantUsage = false)),
  { pattern: /target=.*/y, apply: (reading, piece) => setText(reading, 'target', valueOf(piece)) },
  { pattern: /[a-z][-a-z0-9]*=[^,],?/y, apply: (reading, piece) => fail(reading, 'unknown parameter', piece) },
  prefix(/(?:raw|qcow2?|vhd):/y, setFormat),
  prefix(/(?:iscsi|e?nbd|drbd):/y, (reading, name) => setText(reading, 'script', `block-${name}`)),
  prefix(/(?:tapdisk|tap2?|aio|ioemu|file|phy):/y, () => undefined),
  {
    pattern: /[a-z][a-z0-9]*:(?=[^a-z0-9]|$)/y,
    swallows: true,
    apply(reading, piece) {
      fail(reading, 'unknown deprecated disk prefix', piece);
      reading.stopped = true;
    },
  },
  { pattern: /[^=,]*,|[^=,]+,?/y, apply: setPositional },
];

/** The piece at `at` and the rule for it; a trailing comma is stripped before most rules see the piece. */
function nextPiece(spec: string, at: number): { readonly rule: Rule; readonly piece: string; readonly end: number } | null {
  let best: { rule: Rule; piece: string; end: number; length: number } | null = null;
  for (const rule of RULES) {
    rule.pattern.lastIndex = at;
    const piece = rule.pattern.exec(spec)?.[0];
    if (piece === undefined || piece === '') continue;
    const length = rule.swallows ? spec.length - at : piece.length;
    if (!best || length > best.length) best = { rule, piece, end: at + piece.length, length };
  }
  return best;
}

const UNKNOWN_PARAMETER = RULES.find(({ pattern }) => pattern.source.startsWith('[a-z][-a-z0-9]*='))!;

export function parseDiskSpec(spec: string): DiskResult {
  const reading: Reading = {
    target: null,
    vdev: null,
    format: null,
    backendType: null,
    backend: null,
    script: null,
    specification: null,
    readWrite: true,
    cdrom: false,
    directIoSafe: false,
    discard: null,
    trusted: null,
    grantUsage: null,
    accessSet: false,
    hadPrefix: false,
    fault: null,
    stopped: false,
  };
  let at = 0;
  while (at < spec.length && !reading.stopped) {
    const blank = /[ \t\n]+(?=[^ \t\n])/y;
    blank.lastIndex = at;
    if (blank.test(spec)) {
      at = blank.lastIndex;
      continue;
    }
    const next = nextPiece(spec, at);
    if (!next) {
      fail(reading, 'bad disk syntax', spec.slice(at));
      break;
    }
    next.rule.apply(reading, next.rule === UNKNOWN_PARAMETER ? next.piece : next.piece.replace(/,$/, ''));
    at = next.end;
  }
  return finish(reading);
}

function finish(reading: Reading): DiskResult {
  const { target, vdev, cdrom, format, fault } = reading;
  if (fault) return { fault };
  if (vdev === null) return { fault: { reason: 'no vdev specified', near: null } };
  if (target === null && !cdrom) return { fault: { reason: 'no target specified (and device not removable)', near: null } };
  const { backendType, backend, script, readWrite, directIoSafe, discard, trusted, grantUsage, specification } = reading;
  return {
    disk: {
      target: target ?? '',
      vdev,
      format: cdrom && !target ? 'empty' : (format ?? 'raw'),
      backendType,
      backend,
      script,
      directIoSafe,
      discard,
      trusted,
      grantUsage,
      specification,
      readWrite: readWrite && !cdrom,
      removable: cdrom,
      cdrom,
    },
  };
}
