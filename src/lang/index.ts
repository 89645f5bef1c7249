/**
 * The language: lexer, parser, checker, evaluator, completer. Pure: knows no domain, no screen. What the shell uses:
 *
 *   parse(text, file)                      → { program, problems }   never throws; recovers; the same grammar for .cfg and .xm
 *   isComplete(text)                       → boolean                 false: the prompt continues on the next line
 *   check(program, host?)                  → Problem[]
 *   highlight(text, commands)              → { start, end, role }[]  roles from one table: command, unknown-command, option, string, number, keyword, key, comment, operator, variable, error
 *   complete(text, offset, context)        → { start, end, items }   items: { text, detail, kind, append }
 *   evaluateConfig(text, file, overrides)  → { config, problems }    an xl.cfg (sync; key=value words appended)
 *   checkConfig(config)                    → Problem[]               types, ranges, unknown keys with suggestions
 *   run(program, host, options)            → Promise<RunResult>      a script or a prompt line
 *   formatProblem(problem, text, colour?)  → string                  the form of LANGUAGE.md section 5
 *   CONFIG_KEYS                            the table of configuration keys
 */
export * from './host.ts';
export * from './problem.ts';
export * from './values.ts';
