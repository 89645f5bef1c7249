/** JSON values as YAML 1.2 block style: what needs no quotes has none. */
import type { Json } from './json.ts';

const PLAIN = /^[A-Za-z_/][\w/.@ -]*$/;
/** JSON writes these as they are; for YAML some end a line, and some may not stand in a text at all. */
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff]/g;
/** Words that YAML 1.1 or 1.2 readers take for something else than text. */
const SPECIAL = /^(?:y|n|yes|no|true|false|on|off|null|~|\.inf|\.nan)$/i;

function scalar(json: Json): string {
  if (typeof json !== 'string') return JSON.stringify(json);
  if (PLAIN.test(json) && !SPECIAL.test(json) && !/\s$/.test(json)) return json;
  return JSON.stringify(json).replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const isEmpty = (json: Json): boolean => json !== null && typeof json === 'object' && Object.keys(json).length === 0;

function lines(json: Json): readonly string[] {
  if (json === null || typeof json !== 'object') return [scalar(json)];
  if (isEmpty(json)) return [Array.isArray(json) ? '[]' : '{}'];
  if (Array.isArray(json)) {
    return (json as readonly Json[]).flatMap((item) => lines(item).map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`)));
  }
  return Object.entries(json).flatMap(([key, value]: readonly [string, Json]) => {
    const nested = value !== null && typeof value === 'object' && !isEmpty(value);
    return nested ? [`${scalar(key)}:`, ...lines(value).map((line) => `  ${line}`)] : [`${scalar(key)}: ${lines(value)[0]}`];
  });
}

export function yaml(json: Json): string {
  return lines(json)
    .map((line) => `${line}\n`)
    .join('');
}
