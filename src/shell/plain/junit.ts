/** A script's steps in the form that CI servers read: each step a test case, what stopped the script its failure. */
import type { Step } from '../../lang/index.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no way to write most control characters. */
// oxlint-disable-next-line no-control-regex
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;

const escaped = (text: string): string => text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"]/g, (letter) => ESCAPES[letter]!);

export function junitReport(file: string, steps: readonly Step[], failure: unknown): string {
  const message = failure instanceof Error ? failure.message : String(failure);
  // A step that failed and was caught is no failure; what stops a script need not be a step (a variable that is not there).
  const last = failure === null ? -1 : steps.findLastIndex(({ ok }) => !ok);
  const nowhere = { kind: 'run', text: file, span: { line: 0 } };
  const cases = failure === null || last >= 0 ? steps : [...steps, nowhere];
  const stopped = last >= 0 ? steps[last] : nowhere;
  const lines = cases.map((step) => {
    const { kind, text, span } = step;
    const open = `  <testcase classname="${escaped(file)}" name="${escaped(`${span.line}: ${kind} ${text}`)}"`;
    return step === stopped ? `${open}>\n    <failure message="${escaped(message)}"/>\n  </testcase>` : `${open}/>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${escaped(file)}" tests="${cases.length}" failures="${failure === null ? 0 : 1}" errors="0">`,
    ...lines,
    '</testsuite>',
    '',
  ].join('\n');
}
