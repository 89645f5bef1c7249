/** The language's words as a TextMate grammar, for editors and for documentation: from the same tables that the shell's colours and completion read. */
import { CONSOLE_STATEMENTS, EVENT_NAMES, STAGES, STATEMENTS } from '../complete/vocabulary.ts';
import { BUILTINS } from '../evaluate/builtins.ts';
import { CONFIG_KEYS } from '../keys/config-keys.ts';
import { RESERVED } from '../parse/statement-shape.ts';
import { UNITS } from '../units/units.ts';

type Rule = { readonly [key: string]: string | readonly Rule[] | { readonly [key: string]: { readonly name: string } } };

const CONSTANTS: readonly string[] = ['true', 'false', 'null'];
/** Words that join the parts of a statement. */
const CONNECTIVES: readonly string[] = ['until', 'for', 'of', 'as', 'on', 'match', 'within'];

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll(' ', '[ \\t]+');
/** Longer words first: the first that fits wins. */
const anyOf = (words: Iterable<string>): string =>
  [...new Set(words)]
    .toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map(escaped)
    .join('|');
const texts = (items: readonly { readonly text: string }[]): readonly string[] => items.map(({ text }) => text);

function rule(name: string, match: string): Rule {
  return { name: `${name}.xm`, match };
}

/** `commands`: the names of the shell's commands. */
export function textMateGrammar(commands: readonly string[]): { readonly [key: string]: unknown } {
  const statements = [
    ...texts(STATEMENTS),
    ...texts(CONSOLE_STATEMENTS),
    ...[...RESERVED].filter((word) => !CONSTANTS.includes(word)),
    ...CONNECTIVES,
  ];
  const interpolation: Rule = { begin: '\\$\\{', end: '\\}', name: 'meta.interpolation.xm', patterns: [{ include: '$self' }] };
  const escape = rule('constant.character.escape', '\\\\(?:x[0-9A-Fa-f]{2}|u\\{[0-9A-Fa-f]+\\}|.)');
  return {
    name: 'Xenolith',
    scopeName: 'source.xm',
    fileTypes: ['xm', 'cfg'],
    patterns: [
      rule('comment.line.number-sign', '#.*$'),
      { begin: '"""', end: '"""', name: 'string.quoted.triple.xm', patterns: [escape, interpolation] },
      { begin: '"', end: '"|$', name: 'string.quoted.double.xm', patterns: [escape, interpolation] },
      { begin: "'", end: "'|$", name: 'string.quoted.single.xm', patterns: [escape] },
      rule('string.regexp', '(?<=[=~(,]|\\b(?:expect|match|of)) *(/(?:[^/\\\\\\n]|\\\\.)+/[a-z]*)'),
      rule('constant.numeric', `\\b(?:0x[0-9A-Fa-f]+|[0-9][0-9_]*(?:\\.[0-9]+)?)(?:${anyOf(Object.keys(UNITS))})?(?![\\w])`),
      rule('constant.language', `\\b(?:${anyOf(CONSTANTS)})\\b`),
      rule('support.function.stage', `(?<=\\|)[ \\t]*(?:${anyOf(texts(STAGES))})\\b`),
      {
        match: `\\b(?:on|wait[ \\t]+for)[ \\t]+(${anyOf(texts(EVENT_NAMES))})\\b`,
        captures: { 0: { name: 'keyword.control.xm' }, 1: { name: 'entity.name.tag.xm' } },
      },
      rule('support.type.property-name', `\\b(?:${anyOf(CONFIG_KEYS.map(({ name }) => name))})(?=[ \\t]*\\+?=(?!=))`),
      rule('keyword.control', `\\b(?:${anyOf(statements)})\\b`),
      rule('support.function', `\\b(?:${anyOf(BUILTINS.map(({ name }) => name))})(?=\\()`),
      rule('entity.name.function', `(?:^|(?<=[;|{}]))[ \\t]*(?:${anyOf(commands)})(?![\\w-])`),
      rule('variable.other', '\\$[A-Za-z_]\\w*'),
      rule('keyword.operator', '=~|!~|=>|\\?\\?|\\.\\.|[-+*/%<>=!?|&]+'),
    ],
  };
}
