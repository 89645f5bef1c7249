/** Python in old xm configurations: found line by line, so that each construct gets one diagnostic that names it. */

interface PythonConstruct {
  readonly pattern: RegExp;
  readonly name: string;
  readonly instead: string;
  /** Lines that are indented deeper belong to it. */
  readonly block: boolean;
}

const CONSTRUCTS: readonly PythonConstruct[] = [
  {
    pattern: /(?:import|from)[ \t]+[A-Za-z_][^\n]*/y,
    name: 'import',
    instead: 'write the value itself, or use a script (.xm)',
    block: false,
  },
  { pattern: /def[ \t]+\w+[ \t]*\([^\n]*/y, name: 'def', instead: 'write the value itself; scripts (.xm) have fn', block: true },
  { pattern: /class[ \t]+\w+[^\n]*/y, name: 'class', instead: 'write the values themselves', block: true },
  {
    pattern: /(?:if|elif|else|for|while|try|except|finally|with)\b[^\n{]*:[ \t]*(?:#[^\n]*)?\r?(?=\n|$)/y,
    name: 'a block with an indented body',
    instead: 'use braces: if COND { KEY = VALUE }',
    block: true,
  },
  { pattern: /(?:print|raise|del|global|pass|assert|return)\b[^\n]*/y, name: 'a Python statement', instead: 'leave it out', block: false },
  {
    pattern: /xm_(?:vars|help|file)\b[^\n]*/y,
    name: 'xm_vars',
    instead: 'give values on the command line: create FILE KEY=VALUE',
    block: true,
  },
];

export function pythonConstruct(text: string, at: number): PythonConstruct | null {
  return CONSTRUCTS.find(({ pattern }) => matchesAt(pattern, text, at)) ?? null;
}

/** Behind the construct with the indented lines that belong to it; -1: no Python here. */
export function pythonStatementEnd(text: string, at: number): number {
  if (matchesAt(ASSIGNMENT, text, at)) return -1;
  const construct = pythonConstruct(text, at);
  if (!construct) return -1;
  construct.pattern.lastIndex = at;
  construct.pattern.test(text);
  let end = construct.pattern.lastIndex;
  if (!construct.block) return end;
  const indent = indentAt(text, text.lastIndexOf('\n', at - 1) + 1);
  for (;;) {
    const next = /\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*/y;
    next.lastIndex = end;
    if (!next.test(text) || next.lastIndex >= text.length || indentAt(text, next.lastIndex) <= indent) return end;
    const lineEnd = text.indexOf('\n', next.lastIndex);
    end = lineEnd < 0 ? text.length : lineEnd;
  }
}

const ASSIGNMENT = /[A-Za-z_][\w.]*[ \t]*\+?=(?![=~>])/y;

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function indentAt(text: string, lineStart: number): number {
  let at = lineStart;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at - lineStart;
}
