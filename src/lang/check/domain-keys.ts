/** Keys of domain blocks whose values stand in the text: types, ranges, specifications. The rest is found when the block runs. */
import type { ConfigEntry } from '../host.ts';
import { checkConfig } from '../config/read-config.ts';
import { parseNumber } from '../units/units.ts';
import type { Expression, Program, DomainStatement } from '../parse/ast.ts';
import type { Problem } from '../problem.ts';
import type { Value } from '../values.ts';

/** What depends on keys that may still come, or stand in conditions. */
const NEEDS_ALL: ReadonlySet<string> = new Set(['XM1042', 'XM1046', 'XM1056', 'XM1058']);

export function checkDomainKeys({ source }: Program, { body }: DomainStatement): readonly Problem[] {
  const entries = new Map<string, ConfigEntry>();
  for (const statement of body.body) {
    if (statement.kind !== 'assign' || statement.append) continue;
    const value = constantOf(statement.value);
    if (value === undefined) continue;
    const items = statement.value.kind === 'list' ? statement.value.items.map((item) => source.spanOf(item)) : null;
    entries.set(statement.key, {
      value,
      span: source.span(statement.start, statement.keyEnd),
      valueSpan: source.spanOf(statement.value),
      ...(items && { itemSpans: items }),
    });
  }
  return checkConfig({ file: source.file, entries }).filter(({ code, severity }) => !NEEDS_ALL.has(code) && severity !== 'hint');
}

/** Undefined: it has to be evaluated. */
function constantOf(node: Expression): Value | undefined {
  switch (node.kind) {
    case 'string':
    case 'constant':
    case 'regex':
      return node.value;
    case 'number':
      return parseNumber(node.text) ?? undefined;
    case 'list': {
      const items = node.items.map(constantOf);
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    default:
      return undefined;
  }
}
