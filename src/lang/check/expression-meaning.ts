/**
 * Names and kinds of values in expressions and pipelines. Operators are tried on samples of the values that stand there, so their rules are those of the
 * evaluator.
 */
import { BUILTIN_BY_NAME } from '../evaluate/builtins.ts';
import { propertyNames } from '../evaluate/methods.ts';
import { binary, negate, OperatorFault } from '../evaluate/operators.ts';
import { typeName } from '../evaluate/value-text.ts';
import type {
  ArrowNode,
  BinaryNode,
  Block,
  CallNode,
  Command,
  Expression,
  MemberNode,
  NameNode,
  Node,
  Parameter,
  Pipeline,
  Program,
  Stage,
  Word,
} from '../parse/ast.ts';
import { didYouMean } from '../problems/did-you-mean.ts';
import type { ProblemId } from '../problems/table.ts';
import { parseNumber } from '../units/units.ts';
import { DomainHandle, Quantity, type Value } from '../values.ts';
import { Names, type Declaration, type Sample } from './names.ts';
import { DOMAIN_SAMPLES, HOST_SAMPLES, RESULT_SAMPLES } from './samples.ts';

export interface MeaningOptions {
  /** Of earlier lines. */
  readonly variables: ReadonlySet<string>;
  /** Whether a name is a command, or the beginning of one. */
  isCommand(name: string): boolean;
  readonly commands: readonly string[];
  /** Names of domains that the text declares. */
  readonly domains: ReadonlySet<string>;
  /** A file that cannot be seen from here declares names too. */
  readonly open: boolean;
  /** Variables that are given another value somewhere: their kind may change. */
  readonly assigned: ReadonlySet<string>;
  report(id: ProblemId, node: Node, message: string, help?: string | null, related?: Node): void;
  readonly listener?: NameListener;
}

/** Hears of every name: an editor goes from one to the other. */
export interface NameListener {
  /** `before` is what the same name was in the same scope. */
  declared(declaration: Declaration, before: Declaration | undefined): void;
  used(declaration: Declaration, place: Node): void;
  /** No declaration of this text is meant. */
  unresolved(name: string, place: Node): void;
}

const ALWAYS: ReadonlySet<string> = new Set(['host', 'domains', '_', 'it']);

export abstract class ExpressionMeaning {
  protected readonly program: Program;
  protected readonly options: MeaningOptions;
  protected names: Names = new Names(null);
  /** Told once. */
  readonly #unknown = new Set<string>();
  /** Inside a stage columns are names too. */
  #rows = 0;

  constructor(program: Program, options: MeaningOptions) {
    this.program = program;
    this.options = options;
  }

  protected report(id: ProblemId, node: Node, message: string, help?: string | null, related?: Node): void {
    this.options.report(id, node, message, help, related);
  }

  protected abstract block(block: Block): void;

  // ------------------------------------------------------------ scopes

  /** `declare` puts names of the block's own into its scope. */
  protected within(isFunction: boolean, run: () => void): void {
    const outer = this.names;
    this.names = new Names(outer, isFunction);
    try {
      run();
      for (const declaration of this.names.all()) this.unused(declaration);
    } finally {
      this.names = outer;
    }
  }

  protected unused({ name, node, kind, used }: Declaration): void {
    if (used || kind !== 'let' || name.startsWith('_')) return;
    this.report('unused', node, `'${name}' is never used`, `leave it out, or call it _${name}`);
  }

  protected introduce(name: string, node: Node, kind: Declaration['kind'], reached: boolean): Declaration {
    const before = this.names.own(name);
    const hidden = before ?? this.names.parent?.find(name)?.declaration;
    if (hidden && name !== '_') {
      const { line } = this.program.source.spanOf(hidden.node);
      const message = before ? `'${name}' is declared a second time` : `'${name}' hides another '${name}'`;
      this.report('shadowed', node, message, `the other one is in line ${line}`, hidden.node);
    } else if (BUILTIN_BY_NAME.has(name)) this.report('shadowed', node, `'${name}' hides the function of this name`);
    const declaration: Declaration = { name, node, kind, used: before?.used ?? false, reached, sample: null };
    this.names.declare(declaration);
    this.options.listener?.declared(declaration, before);
    return declaration;
  }

  /** What is called so here; null: nothing of this text. */
  protected lookUp(name: string, place: Node): ReturnType<Names['find']> {
    const found = this.names.find(name);
    const { listener } = this.options;
    if (found) listener?.used(found.declaration, place);
    else listener?.unresolved(name, place);
    return found;
  }

  protected parameters(parameters: readonly Parameter[]): void {
    for (const parameter of parameters) {
      if (parameter.fallback) this.value(parameter.fallback);
      this.introduce(parameter.name, { start: parameter.start, end: parameter.start + parameter.name.length }, 'parameter', true);
    }
  }

  // ------------------------------------------------------------ commands, pipelines

  protected pipeline({ head, stages }: Pipeline): Sample | null {
    let sample: Sample | null = null;
    if (head.kind === 'command') {
      this.#command(head);
      if (head.words.length === 0) this.#alone(head);
    } else if (head.kind === 'name') {
      sample = this.#name(head, true);
    } else sample = this.value(head);
    for (const stage of stages) this.#stage(stage);
    return stages.length === 0 ? sample : null;
  }

  #command({ name, nameStart, words }: Command): void {
    const found = this.lookUp(name, { start: nameStart, end: nameStart + name.length });
    if (found) found.declaration.used = true;
    for (const word of words) this.word(word);
  }

  /** A word alone is a command, or a name. */
  #alone({ name, nameStart }: Command): void {
    const { commands, isCommand, domains } = this.options;
    if (this.names.find(name) || this.#known(name) || isCommand(name) || domains.has(name)) return;
    const place = { start: nameStart, end: nameStart + name.length };
    this.report(
      'unknown-command',
      place,
      `unknown command '${name}'`,
      didYouMean(name, [...commands, ...this.names.visible(), ...BUILTIN_BY_NAME.keys()]),
    );
  }

  protected word({ pieces }: Word): void {
    for (const piece of pieces) if (typeof piece !== 'string') this.value(piece);
  }

  #inRow(...expressions: readonly (Expression | null)[]): void {
    this.#rows++;
    this.values(...expressions);
    this.#rows--;
  }

  #stage(stage: Stage): void {
    switch (stage.kind) {
      case 'command':
        return this.#command(stage);
      case 'where':
        return this.#inRow(stage.condition);
      case 'select':
        return this.#inRow(...stage.columns.map(({ value }) => value));
      case 'sort':
        return this.#inRow(...stage.keys.map(({ by }) => by));
      case 'group':
        return this.#inRow(stage.by);
      case 'sum':
      case 'min':
      case 'max':
      case 'avg':
        return this.#inRow(stage.of);
      case 'each':
        if (stage.body.kind === 'arrow') this.value(stage.body);
        else this.#inRow(stage.body);
        return;
      case 'first':
      case 'last':
        return this.values(stage.count);
      case 'join':
        this.value(stage.other);
        return this.#inRow(stage.on);
      case 'save':
        return this.word(stage.file);
      case 'count':
      case 'reverse':
      case 'to':
    }
  }

  // ------------------------------------------------------------ expressions

  protected values(...expressions: readonly (Expression | null)[]): void {
    for (const expression of expressions) if (expression) this.value(expression);
  }

  protected duration(node: Expression | null): void {
    const sample = node && this.value(node);
    if (!sample || (sample.value instanceof Quantity && sample.value.unit === 'ns')) return;
    this.report('type-error', node, `a duration is needed, not ${typeName(sample.value)}`, 'for example 250ms, 10s or 2m');
  }

  /** Null: nothing is known of it. */
  protected value(node: Expression): Sample | null {
    switch (node.kind) {
      case 'number': {
        const value = parseNumber(node.text);
        return value === null ? null : { value, exact: true };
      }
      case 'string':
      case 'constant':
      case 'regex':
        return { value: node.value, exact: true };
      case 'template':
        for (const part of node.parts) if (typeof part !== 'string') this.value(part);
        return { value: 'text', exact: false };
      case 'list': {
        const items = node.items.map((item) => this.value(item));
        return items.every((item) => item !== null)
          ? { value: items.map(({ value }) => value), exact: items.every(({ exact }) => exact) }
          : null;
      }
      case 'map':
        for (const { key, value } of node.entries) {
          if (typeof key !== 'string') this.value(key);
          this.value(value);
        }
        return null;
      case 'name':
        return this.#name(node, false);
      case 'member':
        return this.#member(node);
      case 'index':
        this.values(node.object, node.index);
        return null;
      case 'call':
        return this.#call(node);
      case 'unary':
        return this.#unary(node.operator, this.value(node.operand), node);
      case 'binary':
        return this.#binary(node);
      case 'conditional':
        this.values(node.condition, node.yes, node.no);
        return null;
      case 'arrow':
        this.#arrow(node);
        return null;
      case 'match':
        this.value(node.pattern);
        this.duration(node.within);
        return null;
      case 'pipeline':
        return this.pipeline(node);
      case 'broken':
        return null;
    }
  }

  #arrow({ parameters, body }: ArrowNode): void {
    this.within(true, () => {
      this.parameters(parameters);
      if (body.kind === 'block') this.block(body);
      else this.value(body);
    });
  }

  #name(node: NameNode, mayBeCommand: boolean): Sample | null {
    const { name } = node;
    const found = this.lookUp(name, { start: node.end - name.length, end: node.end });
    if (found) {
      const { declaration, scope } = found;
      declaration.used = true;
      if (declaration.reached || scope.depth < this.names.depth) return declaration.sample;
      const { line } = this.program.source.spanOf(declaration.node);
      if (!this.#known(name))
        this.report('unknown-name', node, `'${name}' is used before it is declared`, `it is declared in line ${line}`, declaration.node);
      return null;
    }
    if (this.options.domains.has(name)) return { value: new DomainHandle(name), exact: false };
    if (this.#known(name) || (mayBeCommand && this.options.isCommand(name))) return null;
    if (this.#unknown.has(name)) return null;
    this.#unknown.add(name);
    // vcpu-list is one minus another here, but meant was the command.
    const dashed = /^\w+(?:-\w+)+/.exec(this.program.source.text.slice(node.start))?.[0];
    const command = dashed !== undefined && this.options.isCommand(dashed) ? dashed : this.options.isCommand(name) ? name : null;
    if (command === dashed && dashed !== undefined) for (const part of dashed.split('-')) this.#unknown.add(part);
    const help = command === null ? null : `it is a command: put it into brackets, (${command})`;
    const candidates = [...this.names.visible(), ...this.options.variables, ...BUILTIN_BY_NAME.keys(), ...ALWAYS, 'true', 'false', 'null'];
    this.report('unknown-name', node, `unknown name '${name}'`, help ?? didYouMean(name, candidates));
    return null;
  }

  #known(name: string): boolean {
    const { variables, open } = this.options;
    return open || this.#rows > 0 || ALWAYS.has(name) || variables.has(name) || BUILTIN_BY_NAME.has(name);
  }

  #member({ object, property, end }: MemberNode): Sample | null {
    const sample = this.value(object);
    const isHost = object.kind === 'name' && object.name === 'host' && !this.names.find('host');
    const table = isHost ? HOST_SAMPLES : sample?.value instanceof DomainHandle ? DOMAIN_SAMPLES : null;
    if (!table) return null;
    if (Object.hasOwn(table, property)) return { value: table[property]!, exact: false };
    const near = isHost && !propertyNames(new Map()).includes(property) ? didYouMean(property, Object.keys(table)) : null;
    const place = { start: end - property.length, end };
    if (near) this.report('unknown-property', place, `the host has no '${property}'`, near);
    return null;
  }

  #call(node: CallNode): Sample | null {
    const { callee, args } = node;
    this.value(callee);
    const samples = args.map((argument) => this.value(argument));
    if (callee.kind !== 'name') return null;
    const known = this.names.find(callee.name)?.declaration;
    if (known) {
      const { arity } = known;
      if (arity && !this.options.assigned.has(callee.name) && (args.length < arity.least || args.length > arity.most)) {
        const takes = arity.least === arity.most ? String(arity.most) : `${arity.least} to ${arity.most}`;
        this.report(
          'wrong-arguments',
          node,
          `${callee.name} takes ${takes} ${takes === '1' ? 'argument' : 'arguments'}, not ${args.length}`,
        );
      }
      return null;
    }
    const builtin = BUILTIN_BY_NAME.get(callee.name);
    if (!builtin) return null;
    if (args.length < builtin.least || args.length > builtin.most) {
      const count = `${args.length} ${args.length === 1 ? 'argument' : 'arguments'}`;
      this.report('wrong-arguments', node, `${builtin.usage} was called with ${count}`);
    }
    if (builtin.name === 'domain') return { value: new DomainHandle(''), exact: false };
    if (builtin.name === 'abs') return samples[0] ?? null;
    return Object.hasOwn(RESULT_SAMPLES, builtin.name) ? { value: RESULT_SAMPLES[builtin.name]!, exact: false } : null;
  }

  #unary(operator: '-' | '+' | 'not', operand: Sample | null, node: Node): Sample | null {
    if (operator === 'not') return { value: true, exact: false };
    if (!operand || operator === '+') return operand;
    return this.#tried(node, operand.exact, () => negate(operand.value));
  }

  #binary(node: BinaryNode): Sample | null {
    const { operator } = node;
    const left = this.value(node.left);
    const right = this.value(node.right);
    if (operator === 'and' || operator === 'or') return { value: true, exact: false };
    if (operator === '??' || !left || !right) return null;
    // To try a pattern may take long, and says nothing of kinds.
    if (right.value instanceof RegExp && operator.endsWith('~')) return { value: true, exact: false };
    return this.#tried(node, left.exact && right.exact, () => binary(operator, left.value, right.value));
  }

  /** Only of values that are known exactly something else than their kinds can be wrong. */
  #tried(node: Node, exact: boolean, run: () => Value): Sample | null {
    try {
      return { value: run(), exact };
    } catch (error) {
      if (!(error instanceof OperatorFault)) throw error;
      if (exact || error.id === 'type-error') this.report(error.id, node, error.message);
      return null;
    }
  }
}
