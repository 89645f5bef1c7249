/** Problems as SARIF 2.1.0, which code hosts and editors read. */
import type { Problem, ProblemKind } from '../../lang/index.ts';
import type { Json } from './json.ts';

const LEVELS = { error: 'error', warning: 'warning', hint: 'note' } as const;

export interface SarifInput {
  readonly problems: readonly Problem[];
  readonly kinds: ReadonlyMap<string, ProblemKind>;
  readonly version: string;
  /** File name to text, for the ends of places. */
  readonly sources: ReadonlyMap<string, string>;
}

export function sarif({ problems, kinds, version, sources }: SarifInput): Json {
  const codes = [...new Set(problems.map(({ code }) => code))].toSorted();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'xenolith',
            version,
            rules: codes.map((id) => rule(id, kinds.get(id))),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: problems.map((problem) => result(problem, codes, sources)),
      },
    ],
  };
}

function rule(id: string, kind: ProblemKind | undefined): Json {
  return {
    id,
    ...(kind && {
      shortDescription: { text: kind.title },
      fullDescription: { text: kind.explanation },
      defaultConfiguration: { level: LEVELS[kind.severity] },
    }),
  };
}

function result({ code, severity, message, help, span }: Problem, codes: readonly string[], sources: ReadonlyMap<string, string>): Json {
  const before = sources.get(span.file)?.slice(0, span.end) ?? '';
  const lines = before.split('\n');
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: LEVELS[severity],
    message: { text: help === undefined ? message : `${message} (${help})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: span.file.split('/').map(encodeURIComponent).join('/') },
          region: { startLine: span.line, startColumn: span.column, endLine: lines.length, endColumn: lines.at(-1)!.length + 1 },
        },
      },
    ],
  };
}
