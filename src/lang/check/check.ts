/** What can be told of a script before it runs: misplaced statements, unknown commands and keys, numbers that are none. */
import type { ScriptHost } from '../host.ts';
import { BUILTIN_BY_NAME } from '../evaluate/builtins.ts';
import { triggerFault } from '../evaluate/events.ts';
import { STAGE_NAMES } from '../evaluate/stages.ts';
import { configKey, keyNames } from '../keys/config-keys.ts';
import { declaredNames } from '../parse/lexing.ts';
import type { AssignStatement, Command, DomainStatement, Node, Program, Statement } from '../parse/ast.ts';
import type { Problem } from '../problem.ts';
import { didYouMean } from '../problems/did-you-mean.ts';
import { problemOf } from '../problems/problem-of.ts';
import type { ProblemId } from '../problems/table.ts';
import { parseNumber } from '../units/units.ts';
import { walk, walkBlock, type Visitor } from './walk.ts';

/** What other shells and languages write to show a value. */
const SAYING: ReadonlySet<string> = new Set(['echo', 'printf', 'puts']);

export interface CheckOptions {
  /** Names of variables and functions from earlier lines. */
  readonly variables?: ReadonlySet<string>;
}

/** Without a host commands are not checked. */
export function check(program: Program, host?: Pick<ScriptHost, 'commands'>, options: CheckOptions = {}): readonly Problem[] {
  if (program.dialect === 'config') return [];
  return new Checker(program, host, options).all();
}

interface Place {
  readonly loop: boolean;
  readonly fn: boolean;
  readonly console: boolean;
}

class Checker {
  readonly #program: Program;
  readonly #commands: ReadonlyMap<string, unknown> | null;
  readonly #names: ReadonlySet<string>;
  readonly #problems: Problem[] = [];

  constructor(program: Program, host: Pick<ScriptHost, 'commands'> | undefined, { variables = new Set() }: CheckOptions) {
    this.#program = program;
    this.#commands = host?.commands() ?? null;
    const { text } = program.source;
    const functions = [...text.matchAll(/\bfn[ \t]+([A-Za-z_]\w*)/g)].map((match) => match[1]!);
    this.#names = new Set([...declaredNames(text, variables), ...functions]);
  }

  all(): readonly Problem[] {
    walk(this.#program.body, this.#visitor({ loop: false, fn: false, console: false }));
    return this.#problems.toSorted((a, b) => a.span.start - b.span.start);
  }

  #report(id: ProblemId, node: Node, message: string, help?: string | null): void {
    this.#problems.push(problemOf(id, this.#program.source.spanOf(node), message, help));
  }

  #visitor(place: Place): Visitor {
    return {
      statement: (node) => this.#statement(node, place),
      expression: (node) => {
        if (node.kind === 'number' && parseNumber(node.text) === null) this.#report('bad-number', node, `'${node.text}' is not a number`);
        if (node.kind === 'match' && !place.console) this.#report('misplaced', node, "'match' is only possible in a console block");
        if (node.kind !== 'arrow' || node.body.kind !== 'block') return true;
        walkBlock(node.body, this.#visitor({ loop: false, fn: true, console: place.console }));
        return false;
      },
      command: (node, inPipe) => this.#command(node, inPipe),
    };
  }

  #statement(node: Statement, place: Place): boolean {
    switch (node.kind) {
      case 'break':
      case 'continue':
        if (!place.loop) this.#report('misplaced', node, `'${node.kind}' is not in a loop`);
        return true;
      case 'expect':
      case 'send':
        if (!place.console)
          this.#report(
            'misplaced',
            { start: node.start, end: node.start + node.kind.length },
            `'${node.kind}' is only possible in a console block`,
            `console DOMAIN { ${node.kind} … }`,
          );
        return true;
      case 'for':
      case 'while':
      case 'every':
        if (place.loop) return true;
        walk([node], this.#visitor({ ...place, loop: true }));
        return false;
      case 'fn':
        if (place.fn && !place.loop) return true;
        walk([node], this.#visitor({ loop: false, fn: true, console: place.console }));
        return false;
      case 'console':
        if (place.console) return true;
        walk([node], this.#visitor({ ...place, console: true }));
        return false;
      case 'domain':
        this.#keysOf(node);
        return true;
      case 'on':
      case 'wait-for': {
        const fault = triggerFault(node.trigger);
        if (fault) this.#report('unknown-event', fault.place, fault.message, fault.help);
        return true;
      }
      default:
        return true;
    }
  }

  #keysOf({ body }: DomainStatement): void {
    for (const statement of body.body) {
      if (statement.kind === 'assign' && !configKey(statement.key) && !this.#names.has(statement.key)) this.#unknownKey(statement);
    }
  }

  #unknownKey({ key, start, keyEnd }: AssignStatement): void {
    this.#report('unknown-key', { start, end: keyEnd }, `unknown key '${key}'`, didYouMean(key, keyNames()));
  }

  #command({ name, nameStart, words }: Command, inPipe: boolean): void {
    const commands = this.#commands;
    if (!commands || commands.has(name) || this.#names.has(name) || BUILTIN_BY_NAME.has(name)) return;
    if (words.length === 0 && !inPipe) return;
    if ([...commands.keys()].some((command) => command.startsWith(name))) return;
    const place = { start: nameStart, end: nameStart + name.length };
    const candidates = [...commands.keys(), ...BUILTIN_BY_NAME.keys(), ...(inPipe ? STAGE_NAMES : [])];
    this.#report(
      'unknown-command',
      place,
      inPipe ? `'${name}' is neither a stage nor a command` : `unknown command '${name}'`,
      didYouMean(SAYING.has(name) ? 'print' : name, candidates),
    );
  }
}
