/** A script's steps in the form that CI servers read: each step a test case, what stopped the script its failure. */
import type { Step } from '../../lang/index.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no way to write most control characters. */
// oxlint-disable-next-line no-control-regex
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;

const escaped = (text: string): string => text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"]/g, (letter) => ESCAPES[letter]!);

export function junitReport(file: string, steps: readonly Step[], failure: unknown): string {
  const message = failure instanceof Error ? failure.message : String(failure);
  const failed = steps.some(({ ok }) => !ok);
  // What stops a script need not be a step: a variable that is not there.
  const cases = failure === null || failed ? steps : [...steps, { kind: 'run', text: file, span: { line: 0 }, ok: false }];
  const lines = cases.map(({ kind, text, span, ok }) => {
    const open = `  <testcase classname="${escaped(file)}" name="${escaped(`${span.line}: ${kind} ${text}`)}"`;
    return ok ? `${open}/>` : `${open}>\n    <failure message="${escaped(message)}"/>\n  </testcase>`;
  });
  const failures = cases.filter(({ ok }) => !ok).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${escaped(file)}" tests="${cases.length}" failures="${failures}" errors="0">`,
    ...lines,
    '</testsuite>',
    '',
  ].join('\n');
}
