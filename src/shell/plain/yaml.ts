/** JSON values as YAML 1.2 block style: what needs no quotes has none. */
import type { Json } from './json.ts';

const PLAIN = /^[A-Za-z_/.][\w/.@ -]*$/;
/** Words that YAML 1.1 or 1.2 readers take for something else than text. */
const SPECIAL = /^(?:y|n|yes|no|true|false|on|off|null|~|\.inf|\.nan)$/i;

function scalar(json: Json): string {
  if (typeof json !== 'string') return JSON.stringify(json);
  return PLAIN.test(json) && !SPECIAL.test(json) && !/\s$/.test(json) ? json : JSON.stringify(json);
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
