/** What `xm check` finds, as diagnostics; and what they suggest, as actions. */
import {
  CodeActionKind,
  DiagnosticSeverity,
  DiagnosticTag,
  type CodeAction,
  type CodeActionParams,
  type Diagnostic,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Problem, ScriptHost, Span } from '../../lang/index.ts';
import { fixesOf, isNeedless } from '../../lang/services/index.ts';
import { checkText } from '../host/check-text.ts';
import { dialectOf, fileOf } from './texts.ts';
import { rangeOf } from './places.ts';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
} as const;

interface Checked {
  readonly text: string;
  readonly problems: readonly Problem[];
}

export class Diagnostics {
  readonly #host: ScriptHost;
  readonly #checked = new WeakMap<TextDocument, Checked>();

  constructor(host: ScriptHost) {
    this.#host = host;
  }

  async of(document: TextDocument): Promise<Diagnostic[]> {
    return (await this.#problems(document)).map((problem) => diagnostic(problem, document));
  }

  async fixes(document: TextDocument, { range, context: { diagnostics, only } }: CodeActionParams): Promise<CodeAction[]> {
    if (only && !only.some((kind) => kind === CodeActionKind.QuickFix || kind === CodeActionKind.Empty)) return [];
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    const problems = (await this.#problems(document)).filter(({ span }) => span.start <= end && start <= span.end);
    return problems.flatMap((problem) => {
      const place = rangeOf(document, problem.span);
      const told = diagnostics.filter(({ code, range: { start: at } }) => code === problem.code && at.line === place.start.line);
      return fixesOf(problem, document.getText()).map(({ title, edit, isPreferred }): CodeAction => ({
        title,
        kind: CodeActionKind.QuickFix,
        isPreferred,
        diagnostics: told,
        edit: { changes: { [document.uri]: [{ range: rangeOf(document, edit), newText: edit.text }] } },
      }));
    });
  }

  /** Once for each text: a client may count its versions wrongly. */
  async #problems(document: TextDocument): Promise<readonly Problem[]> {
    const text = document.getText();
    const known = this.#checked.get(document);
    if (known?.text === text) return known.problems;
    const file = fileOf(document.uri);
    const problems = await checkText(text, file, this.#host, { strictXl: false, settings: [], dialect: dialectOf(document) });
    this.#checked.set(document, { text, problems });
    return problems;
  }
}

function diagnostic(problem: Problem, document: TextDocument): Diagnostic {
  const { code, severity, message, help, span, related } = problem;
  const place = (other: Span): Diagnostic['range'] => rangeOf(document, other);
  return {
    range: place(span),
    severity: SEVERITIES[severity],
    code,
    source: 'xm',
    message: help === undefined ? message : `${message}\n${help}`,
    // Drawn faint.
    ...(isNeedless(problem) && { tags: [DiagnosticTag.Unnecessary] }),
    ...(related && { relatedInformation: [{ location: { uri: document.uri, range: place(related) }, message: 'the other one' }] }),
  };
}
