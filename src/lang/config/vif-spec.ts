/** Network interface specifications (docs/man/xl-network-configuration.5.pod.in; xl_parse.c parse_nic_config; libxlu_vif.c). */

export interface VifRate {
  readonly bytesPerInterval: number;
  readonly intervalUs: number;
}

export interface VifSpec {
  readonly mac: string | null;
  readonly bridge: string | null;
  readonly gatewayDevice: string | null;
  readonly script: string | null;
  readonly ip: string | null;
  readonly vifname: string | null;
  readonly backend: string | null;
  readonly model: string | null;
  readonly vlan: string | null;
  readonly type: 'vif' | 'ioemu' | null;
  readonly rate: VifRate | null;
  readonly devid: number | null;
  readonly mtu: number | null;
  readonly trusted: boolean | null;
}

export interface VifResult {
  readonly vif: VifSpec;
  /** Real xl says so and goes on. */
  readonly ignored: readonly { readonly piece: string; readonly message: string }[];
  /** Real xl gives up. */
  readonly fault: { readonly piece: string; readonly message: string } | null;
}

type Fields = { -readonly [K in keyof VifSpec]: VifSpec[K] };

const TEXT_PARAMETERS: Readonly<Record<string, keyof VifSpec>> = {
  bridge: 'bridge',
  gatewaydev: 'gatewayDevice',
  netdev: 'gatewayDevice',
  script: 'script',
  ip: 'ip',
  vifname: 'vifname',
  backend: 'backend',
  model: 'model',
  vlan: 'vlan',
};
const UINT32_MAX = 0xffff_ffffn;

export function parseVifSpec(spec: string): VifResult {
  const vif: Fields = {
    mac: null,
    bridge: null,
    gatewayDevice: null,
    script: null,
    ip: null,
    vifname: null,
    backend: null,
    model: null,
    vlan: null,
    type: null,
    rate: null,
    devid: null,
    mtu: null,
    trusted: null,
  };
  const ignored: { piece: string; message: string }[] = [];
  for (const raw of spec.split(',')) {
    const piece = raw.replace(/^[ \t]+/, '');
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const key = equals < 0 ? piece : piece.slice(0, equals);
    const value = equals < 0 ? '' : piece.slice(equals + 1);
    const invalid = (): void => void ignored.push({ piece, message: `'${value}' is not a valid ${key}` });
    if (equals < 0 && (key === 'trusted' || key === 'untrusted')) vif.trusted = key === 'trusted';
    else if (equals < 0) ignored.push({ piece, message: `unknown parameter '${piece}'` });
    else if (Object.hasOwn(TEXT_PARAMETERS, key)) Object.assign(vif, { [TEXT_PARAMETERS[key]!]: value });
    else if (key === 'mac') {
      const mac = parseMac(value);
      if (mac === null) invalid();
      else vif.mac = mac;
    } else if (key === 'type') {
      if (value === 'vif' || value === 'ioemu') vif.type = value;
      else invalid();
    } else if (key === 'devid' || key === 'mtu') {
      if (/^\d+$/.test(value)) vif[key] = Number(value);
      else invalid();
    } else if (key === 'rate') {
      const rate = parseVifRate(value);
      if ('message' in rate) return { vif, ignored, fault: { piece, message: rate.message } };
      vif.rate = rate;
    } else ignored.push({ piece, message: key === 'accel' ? "'accel' is not supported" : `unknown parameter '${piece}'` });
  }
  return { vif, ignored, fault: null };
}

/** Six hexadecimal bytes of one or two digits, with any one character between them. */
export function parseMac(text: string): string | null {
  const match =
    /^([0-9a-fA-F]{1,2})[^0-9a-fA-F]([0-9a-fA-F]{1,2})[^0-9a-fA-F]([0-9a-fA-F]{1,2})[^0-9a-fA-F]([0-9a-fA-F]{1,2})[^0-9a-fA-F]([0-9a-fA-F]{1,2})[^0-9a-fA-F]([0-9a-fA-F]{1,2})$/.exec(
      text,
    );
  return match
    ? match
        .slice(1)
        .map((byte) => byte.toLowerCase().padStart(2, '0'))
        .join(':')
    : null;
}

const RATE = /^([0-9]+)([GMK]?)([Bb])\/s$/;
const INTERVAL = /^([0-9]+)(s|us|ms|m|u)?$/;
const MULTIPLES: Readonly<Record<string, bigint>> = { '': 1n, K: 1000n, M: 1_000_000n, G: 1_000_000_000n };

/** `10Mb/s` or `1MB/s@20ms`; the default interval is 50 ms. */
export function parseVifRate(text: string): VifRate | { readonly message: string } {
  const at = text.indexOf('@');
  const amount = at < 0 ? text : text.slice(0, at);
  if (amount === '') return { message: 'no rate specified' };
  const match = RATE.exec(amount);
  if (!match) return { message: `invalid rate in '${amount}'` };
  const count = cNumber(match[1]!);
  if (count === 0n || count > UINT32_MAX) return { message: `rate overflow in '${amount}'` };
  let bytesPerSecond = count * MULTIPLES[match[2]!]!;
  if (match[3] === 'b') bytesPerSecond /= 8n;
  let intervalUs = 50_000n;
  if (at >= 0) {
    const interval = parseInterval(text.slice(at + 1));
    if (typeof interval !== 'bigint') return interval;
    intervalUs = interval;
  }
  return { bytesPerInterval: Number((bytesPerSecond * intervalUs) / 1_000_000n), intervalUs: Number(intervalUs) };
}

function parseInterval(text: string): bigint | { readonly message: string } {
  const match = INTERVAL.exec(text);
  if (!match) return { message: `invalid replenishment interval in '${text}'` };
  const count = cNumber(match[1]!);
  const unit = match[2] ?? 's';
  const intervalUs = unit === 's' ? count * 1_000_000n : unit.startsWith('m') ? count * 1000n : count;
  if (count === 0n || count > UINT32_MAX || intervalUs > UINT32_MAX) return { message: `replenishment interval overflow in '${text}'` };
  return intervalUs;
}

/** strtoull with base 0, over digits only. */
function cNumber(digits: string): bigint {
  if (!digits.startsWith('0')) return BigInt(digits);
  const octal = /^0[0-7]*/.exec(digits)![0];
  return octal.length > 1 ? BigInt(`0o${octal.slice(1)}`) : 0n;
}
