/** What a configuration may hold, and what in it real xl would not read although its meaning is plain. */
import type { Expression, Statement } from './ast.ts';
import type { Lexed } from './lexer.ts';
import type { Source } from './source.ts';
import type { Finding } from './tree-builder.ts';

export function checkConfigProgram(source: Source, body: readonly Statement[], lexed: Lexed | null): Finding[] {
  const findings: Finding[] = [];
  const { text } = source;
  if (lexed?.hasByteOrderMark) findings.push(notXl(0, 1, 'the file begins with a byte order mark'));
  const carriageReturn = text.indexOf('\r\n');
  if (carriageReturn >= 0) findings.push(notXl(carriageReturn, carriageReturn + 1, 'the lines end as on Windows (CR LF)'));
  const lastComment = lexed?.comments.at(-1);
  if (lastComment && lastComment.startOffset + lastComment.image.length === text.length) {
    findings.push(notXl(lastComment.startOffset, text.length, 'the last line is a comment without a newline'));
  }
  for (const statement of body) checkStatement(source, statement, findings);
  return findings;
}

function notXl(start: number, end: number, message: string): Finding {
  return { id: 'not-xl', start, end, message, help: 'xl would reject this' };
}

function checkStatement(source: Source, statement: Statement, findings: Finding[]): void {
  switch (statement.kind) {
    case 'assign': {
      const { key, start, keyEnd, value } = statement;
      if (!/^[a-z][._0-9a-z]*$/.test(key)) {
        findings.push({
          id: 'unknown-key',
          start,
          end: keyEnd,
          message: `'${key}' cannot be a key`,
          help: 'keys are written with lower-case letters, digits, dots and underscores',
        });
      }
      checkValue(value, findings);
      return;
    }
    case 'pipeline':
    case 'set': {
      const { start, end } = statement;
      const first = /^[^\s=]*/.exec(source.text.slice(start, end))?.[0] ?? '';
      findings.push({
        id: 'config-statement',
        start,
        end: Math.min(end, start + Math.max(1, first.length)),
        message: 'expected KEY = VALUE',
        help: helpFor(source.text.slice(start, end)),
      });
      return;
    }
    case 'if':
    case 'for':
    case 'while':
    case 'let':
    case 'fn':
      findings.push(
        notXl(statement.start, statement.start + statement.kind.length, `'${statement.kind}' is not part of xl's configurations`),
      );
      return;
    case 'broken':
      return;
    default:
      findings.push({
        id: 'config-statement',
        start: statement.start,
        end: statement.end,
        message: `'${statement.kind}' cannot stand in a configuration`,
        help: 'it belongs into a script (.xm)',
      });
  }
}

function helpFor(text: string): string {
  return /^\w+\(|^[\w.]+\(/.test(text)
    ? 'this looks like Python, which xl does not read'
    : 'a value needs its key before it; commands belong into a script (.xm)';
}

/** One warning for a value that is more than xl's literals; its parts need none. */
function checkValue(value: Expression, findings: Finding[]): void {
  const { start, end } = value;
  switch (value.kind) {
    case 'string':
    case 'broken':
    case 'call':
      return;
    case 'list':
      for (const item of value.items) checkValue(item, findings);
      return;
    case 'number':
      if (!/^[0-9][0-9a-fx]*$/.test(value.text)) findings.push(notXl(start, end, `xl does not write numbers as '${value.text}'`));
      return;
    case 'unary':
      findings.push(notXl(start, end, 'xl has no negative numbers'));
      return;
    case 'name':
    case 'constant':
      findings.push(notXl(start, end, 'xl has no names as values'));
      return;
    case 'map':
      findings.push({ id: 'config-statement', start, end, message: 'a value cannot be a map' });
      return;
    default:
      findings.push(notXl(start, end, 'xl does not calculate'));
  }
}
