/** What can be told of a script before it runs: misplaced statements, unknown commands and keys, numbers that are none. */
import type { ScriptHost } from '../host.ts';
import { BUILTIN_BY_NAME } from '../evaluate/builtins.ts';
import { EVENT_BY_NAME, triggerFault } from '../evaluate/events.ts';
import { STAGE_NAMES } from '../evaluate/stages.ts';
import { configKey, keyNames } from '../keys/config-keys.ts';
import { declaredNames } from '../parse/lexing.ts';
import type { AssignStatement, Command, DomainStatement, Expression, InjectStatement, Node, Program, Statement } from '../parse/ast.ts';
import type { Problem } from '../problem.ts';
import { didYouMean } from '../problems/did-you-mean.ts';
import { isError, problemOf } from '../problems/problem-of.ts';
import { PROBLEMS, type ProblemId } from '../problems/table.ts';
import { parseNumber } from '../units/units.ts';
import { dollars, textForValue, wrongWords } from './command-words.ts';
import { checkDomainKeys } from './domain-keys.ts';
import { unreachable } from './flow.ts';
import { Meaning } from './meaning.ts';
import { walk, walkBlock, type Visitor } from './walk.ts';

/** What other shells and languages write to show a value. */
const SAYING: ReadonlySet<string> = new Set(['echo', 'printf', 'puts']);

export interface CheckOptions {
  /** Names of variables and functions from earlier lines. */
  readonly variables?: ReadonlySet<string>;
  /** Names of domains that earlier lines declared. */
  readonly domains?: ReadonlySet<string>;
}

export type CheckHost = Pick<ScriptHost, 'commands' | 'checkCall' | 'faults'>;

/** Without a host commands are not checked. */
export function check(program: Program, host?: CheckHost, options: CheckOptions = {}): readonly Problem[] {
  if (program.dialect === 'config') return [];
  return new Checker(program, host, options).all();
}

const UNUSED: string = PROBLEMS.unused.code;

interface Place {
  readonly loop: boolean;
  readonly fn: boolean;
  readonly console: boolean;
  /** Nothing can be left from a branch of `parallel` but the branch's own loops and functions. */
  readonly branch: boolean;
}

class Checker {
  readonly #program: Program;
  readonly #commands: ReadonlyMap<string, unknown> | null;
  readonly #host: CheckHost | undefined;
  readonly #names: ReadonlySet<string>;
  readonly #options: Required<CheckOptions>;
  readonly #declared: Declared;
  readonly #problems: Problem[] = [];
  /** Variables whose values were meant where there is only text. */
  readonly #meant = new Set<string>();

  constructor(program: Program, host: CheckHost | undefined, { variables = new Set(), domains = new Set() }: CheckOptions) {
    this.#program = program;
    this.#host = host;
    this.#options = { variables, domains };
    this.#declared = declaredIn(program, domains);
    this.#commands = host?.commands() ?? null;
    const { text } = program.source;
    const functions = [...text.matchAll(/\bfn[ \t]+([A-Za-z_]\w*)/g)].map((match) => match[1]!);
    this.#names = new Set([...declaredNames(text, variables), ...functions]);
  }

  all(): readonly Problem[] {
    walk(this.#program.body, this.#visitor({ loop: false, fn: false, console: false, branch: false }));
    this.#meaning();
    for (const { statement, because } of unreachable(this.#program.body)) {
      const place = { start: statement.start, end: firstLineEnd(this.#program.source.text, statement) };
      this.#report('unreachable', place, `this is never reached: ${because} comes before it`);
    }
    // A mistake may be why a variable is not used.
    const hasErrors = this.#problems.some(isError);
    const told = this.#problems.filter(({ code, span }) => code !== UNUSED || !(hasErrors || this.#meant.has(this.#text(span))));
    return told.toSorted((a, b) => a.span.start - b.span.start);
  }

  #meaning(): void {
    const { domains, isOpen, assigned } = this.#declared;
    const commands = this.#commands;
    const isCommand = (name: string): boolean => commands === null || this.#isCommand(name);
    new Meaning(this.#program, {
      variables: this.#options.variables,
      domains,
      assigned,
      open: isOpen,
      isCommand,
      commands: [...(commands?.keys() ?? [])],
      report: (id, node, message, help, related) => this.#report(id, node, message, help, related),
    }).check();
  }

  #isCommand(name: string): boolean {
    return this.#commands !== null && (this.#commands.has(name) || [...this.#commands.keys()].some((command) => command.startsWith(name)));
  }

  #report(id: ProblemId, node: Node, message: string, help?: string | null, related?: Node): void {
    const { source } = this.#program;
    this.#problems.push(problemOf(id, source.spanOf(node), message, help, related && source.spanOf(related)));
  }

  #visitor(place: Place): Visitor {
    return {
      statement: (node) => this.#statement(node, place),
      expression: (node) => {
        if (node.kind === 'number' && parseNumber(node.text) === null) this.#report('bad-number', node, `'${node.text}' is not a number`);
        if (node.kind === 'string' || node.kind === 'template') this.#dollars(node);
        if (node.kind === 'match' && !place.console) this.#report('misplaced', node, "'match' is only possible in a console block");
        if (node.kind !== 'arrow' || node.body.kind !== 'block') return true;
        walkBlock(node.body, this.#visitor({ loop: false, fn: true, console: place.console, branch: false }));
        return false;
      },
      command: (node, inPipe) => this.#command(node, inPipe),
    };
  }

  #statement(node: Statement, place: Place): boolean {
    switch (node.kind) {
      case 'break':
      case 'continue':
        if (!place.loop) this.#report('misplaced', node, `'${node.kind}' is not in a loop${place.branch ? ' of its own' : ''}`);
        return true;
      case 'return':
        if (place.branch) this.#report('misplaced', node, "'return' cannot leave a branch of 'parallel'", 'keep the value in a variable');
        return true;
      case 'parallel':
        if (place.branch && !place.loop) return true;
        walk(node.body.body, this.#visitor({ ...place, loop: false, branch: true }));
        return false;
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
        walk([node], this.#visitor({ loop: false, fn: true, console: place.console, branch: false }));
        return false;
      case 'console':
        if (place.console) return true;
        this.#dollars(node.domain);
        walk([node], this.#visitor({ ...place, console: true }));
        return false;
      case 'domain':
        this.#dollars(node.name);
        this.#keysOf(node);
        this.#problems.push(...checkDomainKeys(this.#program, node));
        return true;
      case 'inject':
        this.#fault(node);
        return true;
      case 'on':
      case 'wait-for': {
        const fault = triggerFault(node.trigger);
        if (fault) this.#report('unknown-event', fault.place, fault.message, fault.help);
        const never = EVENT_BY_NAME.get(node.trigger.event)?.never;
        if (never !== undefined) this.#report('never-happens', node.trigger, `'${node.trigger.event}' never happens: ${never}`);
        return true;
      }
      default:
        return true;
    }
  }

  #text(node: Node): string {
    return this.#program.source.slice(node);
  }

  #dollars(node: Node): void {
    for (const { place, message, help } of dollars(node, this.#program.source, (name) => this.#names.has(name))) {
      this.#report('dollar-in-text', place, message, help);
      this.#meant.add(this.#text(place).slice(1));
    }
  }

  #fault({ fault, faultStart }: InjectStatement): void {
    const known = this.#host?.faults;
    if (!known || known.includes(fault)) return;
    const place = { start: faultStart, end: faultStart + fault.length };
    this.#report('wrong-words', place, `there is no fault '${fault}'`, didYouMean(fault, known) ?? `the faults are ${known.join(', ')}`);
  }

  #keysOf({ body }: DomainStatement): void {
    for (const statement of body.body) {
      if (statement.kind !== 'assign') continue;
      if (configKey(statement.key)?.type === 'names') this.#domainNames(statement.value);
      else if (!configKey(statement.key) && !this.#names.has(statement.key)) this.#unknownKey(statement);
    }
  }

  #unknownKey({ key, start, keyEnd }: AssignStatement): void {
    this.#report('unknown-key', { start, end: keyEnd }, `unknown key '${key}'`, didYouMean(key, keyNames()));
  }

  /** after = [wbe]: nearly the name of a domain of this file. */
  #domainNames(node: Expression): void {
    for (const item of node.kind === 'list' ? node.items : [node]) {
      const name = item.kind === 'name' ? item.name : item.kind === 'string' ? item.value : null;
      if (name !== null && !this.#names.has(name)) this.#domainName(name, item);
    }
  }

  #domainName(name: string, node: Node): void {
    const { domains } = this.#declared;
    if (domains.size === 0 || domains.has(name) || /^\d+$/.test(name)) return;
    const near = didYouMean(name, domains);
    if (near) this.#report('unknown-domain', node, `no domain of this file is called '${name}'`, near);
  }

  #command(command: Command, inPipe: boolean): void {
    const { name, nameStart, words } = command;
    const commands = this.#commands;
    const isFunction = this.#names.has(name) || BUILTIN_BY_NAME.has(name);
    for (const word of words) {
      const fault = textForValue(word, this.#program.source, (variable) => this.#names.has(variable));
      if (fault) this.#report('text-for-value', fault.place, fault.message, fault.help);
      if (word.quoted) this.#dollars(word);
    }
    if (!commands || isFunction) return;
    if (this.#isCommand(name)) return this.#words(command);
    if (words.length === 0 && !inPipe) return;
    const place = { start: nameStart, end: nameStart + name.length };
    const candidates = [...commands.keys(), ...BUILTIN_BY_NAME.keys(), ...(inPipe ? STAGE_NAMES : [])];
    this.#report(
      'unknown-command',
      place,
      inPipe ? `'${name}' is neither a stage nor a command` : `unknown command '${name}'`,
      name === 'save' ? 'it needs a file: save out.json' : didYouMean(SAYING.has(name) ? 'print' : name, candidates),
    );
  }

  #words(command: Command): void {
    const fault = wrongWords(command, this.#program.source, this.#host!);
    if (fault) return this.#report('wrong-words', fault.place, fault.message, fault.help);
    const signature = this.#host!.commands().get(command.name);
    for (const [at, word] of command.words.entries()) {
      const [only] = word.pieces;
      const kind = (signature?.positionals[at] ?? (signature?.positionals.at(-1)?.rest ? signature.positionals.at(-1) : undefined))?.kind;
      if (kind === 'domain' && typeof only === 'string' && word.pieces.length === 1 && !only.startsWith('-')) this.#domainName(only, word);
    }
  }
}

interface Declared {
  /** Names of domain blocks that are written out. */
  readonly domains: ReadonlySet<string>;
  /** Another file is included, which may declare anything. */
  readonly isOpen: boolean;
  /** Variables that are given another value. */
  readonly assigned: ReadonlySet<string>;
}

function declaredIn({ body }: Program, known: ReadonlySet<string>): Declared {
  const domains = new Set(known);
  const assigned = new Set<string>();
  let isOpen = false;
  walk(body, {
    statement(node) {
      if (node.kind === 'include') isOpen = true;
      else if (node.kind === 'assign') assigned.add(node.key.split('.')[0]!);
      else if (node.kind === 'set')
        for (let target = node.target; ;) {
          if (target.kind === 'name') assigned.add(target.name);
          if (target.kind !== 'index' && target.kind !== 'member') break;
          target = target.object;
        }
      else if (node.kind === 'domain') {
        const [name] = node.name.pieces;
        if (node.name.pieces.length <= 2 && typeof name === 'string' && node.name.pieces.every((piece) => typeof piece === 'string'))
          domains.add(node.name.pieces.join(''));
      }
    },
  });
  return { domains, isOpen, assigned };
}

function firstLineEnd(text: string, { start, end }: Node): number {
  const line = text.indexOf('\n', start);
  return line < 0 ? end : Math.min(line, end);
}
