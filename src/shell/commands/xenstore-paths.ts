/** Paths and values as the xenstore tools write them (tools/xs-clients/xenstore_client.c). */

/** A path without a leading slash is relative to the home of the domain that asks: domain 0. */
export function absolutePath(path: string): string {
  const absolute = path.startsWith('/') ? path : `/local/domain/0/${path}`;
  return absolute.length > 1 ? absolute.replace(/\/+$/, '') || '/' : absolute;
}

const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };

/** Printable ASCII as it is; tab, line ends and backslash by letter; below 8 in octal; the rest, byte by byte, in hexadecimal. */
export function escapeValue(value: string): string {
  let escaped = '';
  for (const byte of Buffer.from(value, 'utf8')) {
    const character = String.fromCodePoint(byte);
    if (NAMED[character] !== undefined) escaped += NAMED[character];
    else if (byte >= 0x20 && byte <= 0x7e) escaped += character;
    else if (byte < 8) escaped += `\\${byte.toString(8).padStart(3, '0')}`;
    else escaped += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S])|$)/g;
const LETTERS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' };

export function unescapeValue(text: string): string {
  if (!text.includes('\\')) return text;
  const binary = Buffer.from(text, 'utf8').toString('latin1');
  const bytes = binary.replace(ESCAPE, (_, hex: string | undefined, octal: string | undefined, letter: string | undefined) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
    return letter === undefined ? '' : (LETTERS[letter] ?? letter);
  });
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
