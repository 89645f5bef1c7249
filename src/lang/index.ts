/**
 * The language: lexer, parser, checker, evaluator, completer. Pure: knows no domain, no screen. What the shell uses:
 *
 *   parse(text, file, options?)                 → { program, problems }   never throws; recovers; the same grammar for .cfg and .xm
 *   isComplete(text, variables?)                → boolean                 false: the prompt continues on the next line
 *   diagnose(parsed, host?, options?)           → Problem[]               all that is wrong with a script; diagnoseConfig(text, evaluated) with a configuration
 *   highlight(text, commands, options?)         → { start, end, role }[]  in order, without overlap; total
 *   complete(text, offset, context)             → Promise<{ start, end, items }>   items: { text, detail, kind, append }
 *   evaluateConfig(text, file, overrides, context?) → { config, problems }    an xl.cfg (sync; key=value words appended)
 *   checkConfig(config)                         → Problem[]               types, ranges, unknown keys with suggestions
 *   readConfig(config)                          → { settings, problems }  the same, with the typed settings of the domain
 *   run(program, host, options)                 → Promise<RunResult>      a script or a prompt line; never rejects
 *   createSession()                             → Session                 what lives from line to line; give it to `run`
 *   formatProblem(problem, text, colour?)       → string                  the form of LANGUAGE.md section 5, without a newline at the end
 *   explainProblem(code)                        → ProblemKind | null      for `help XM1042`
 *   CONFIG_KEYS                                 the table of configuration keys
 *
 * Importing it loads the grammar's library; a plain command line needs only words.ts (`splitCommandLine`).
 */
export * from './host.ts';
export * from './problem.ts';
export * from './values.ts';
export { check, type CheckOptions } from './check/check.ts';
export { diagnose, diagnoseConfig } from './check/diagnose.ts';
export { complete } from './complete/complete.ts';
export type { Completion, CompletionContext, CompletionItem, KnownDomain } from './complete/completion.ts';
export { parseCpuList, type CpuListResult, type HostCpus } from './config/cpu-list.ts';
export { parseDiskSpec, type DiskResult, type DiskSpec } from './config/disk-spec.ts';
export { evaluateConfig, type ConfigContext, type EvaluatedConfig } from './config/evaluate-config.ts';
export { checkConfig, readConfig, type DomainSettings, type OnEvent, type ReadConfig } from './config/read-config.ts';
export { parsePciSpec, type PciResult } from './config/pci-spec.ts';
export { parseVifRate, parseVifSpec, type VifResult, type VifSpec } from './config/vif-spec.ts';
export { BUILTINS, type Builtin } from './evaluate/builtins.ts';
export { DOMAIN_PROPERTIES, FUNCTIONS, HOST_PROPERTIES, keyDetail, STAGES, STATEMENTS } from './complete/vocabulary.ts';
export { METHOD_DOCS } from './evaluate/method-docs.ts';
export { EVENTS, type EventKind } from './evaluate/events.ts';
export { createSession, type Session, type Step } from './evaluate/frame.ts';
export { toCsv, toJson } from './evaluate/formats.ts';
export { run, type Failure, type RunOptions, type RunResult } from './evaluate/run.ts';
export { Plan, type PlannedStep } from './evaluate/plan.ts';
export { valueText } from './evaluate/value-text.ts';
export { format, type Formatted, type FormatOptions } from './format/format.ts';
export { textMateGrammar } from './highlight/grammar.ts';
export { highlight, type CommandNames, type Highlight, type HighlightOptions, type HighlightRole } from './highlight/highlight.ts';
export type { ConfigKey, KeyType } from './keys/config-key.ts';
export { CONFIG_KEYS, configKey } from './keys/config-keys.ts';
export type { Parsed, Program } from './parse/ast.ts';
export { isComplete } from './parse/is-complete.ts';
export { parse, type ParseOptions } from './parse/parse.ts';
export type { Dialect } from './parse/source.ts';
export { didYouMean } from './problems/did-you-mean.ts';
export { formatProblem } from './problems/format-problem.ts';
export { explainProblem, isError, problemOf, PROBLEM_CODES } from './problems/problem-of.ts';
export { convertFile } from './python/convert-file.ts';
export type { ProblemId, ProblemKind } from './problems/table.ts';
export { formatQuantity, UNITS } from './units/units.ts';
