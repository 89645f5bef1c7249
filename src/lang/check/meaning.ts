/**
 * What is not declared, not used, hides something else, or does not go together: one walk over the program with the scopes of the evaluator.
 */
import { isList, typeName } from '../evaluate/value-text.ts';
import { configKey } from '../keys/config-keys.ts';
import type { AssignStatement, Block, Node, Statement } from '../parse/ast.ts';
import { didYouMean } from '../problems/did-you-mean.ts';
import { ExpressionMeaning } from './expression-meaning.ts';
import type { Sample } from './names.ts';

export class Meaning extends ExpressionMeaning {
  /** Keys of a domain are checked where domains are. */
  #inDomain = false;

  check(): void {
    this.#body(this.program.body);
  }

  #keyed(inDomain: boolean, run: () => void): void {
    const outer = this.#inDomain;
    this.#inDomain = inDomain;
    run();
    this.#inDomain = outer;
  }

  /** A name behind its keyword. */
  #nameIn(name: string, from: number): Node {
    const word = new RegExp(`\\b${name}\\b`, 'g');
    word.lastIndex = from;
    const start = word.exec(this.program.source.text)?.index ?? from;
    return { start, end: start + name.length };
  }

  /** A name before a block. */
  #nameBefore(name: string, { start: block }: Node): Node {
    const start = this.program.source.text.lastIndexOf(name, block);
    return { start, end: start + name.length };
  }

  protected override block(block: Block): void {
    this.within(false, () => this.#body(block.body));
  }

  #body(body: readonly Statement[]): void {
    const isTop = this.names.parent === null;
    for (const statement of body) {
      if (statement.kind === 'fn') {
        const declaration = this.introduce(statement.name, this.#nameIn(statement.name, statement.start + 2), 'fn', true);
        const { parameters } = statement;
        declaration.arity = { least: parameters.filter(({ fallback }) => !fallback).length, most: parameters.length };
      } else if (statement.kind === 'let') this.introduce(statement.name, this.#nameIn(statement.name, statement.start + 3), 'let', false);
    }
    for (const statement of body) this.#statement(statement);
    // At the prompt the next line may use it.
    if (isTop) for (const declaration of this.names.all()) this.unused(declaration);
  }

  #statement(node: Statement): void {
    switch (node.kind) {
      case 'pipeline':
        this.pipeline(node);
        return;
      case 'assign':
        return this.#assign(node);
      case 'set':
        this.value(node.target);
        this.value(node.value);
        return;
      case 'let': {
        const sample = this.value(node.value);
        const declaration = this.names.own(node.name);
        if (!declaration) return;
        declaration.reached = true;
        if (!this.options.assigned.has(node.name)) declaration.sample = sample;
        return;
      }
      case 'if':
        this.value(node.condition);
        this.block(node.then);
        if (node.otherwise?.kind === 'if') this.#statement(node.otherwise);
        else if (node.otherwise) this.block(node.otherwise);
        return;
      case 'for': {
        const items = this.value(node.iterable);
        return this.within(false, () => {
          const declaration = this.introduce(node.name, this.#nameIn(node.name, node.start + 3), 'loop', true);
          if (!this.options.assigned.has(node.name)) declaration.sample = elementOf(items);
          this.block(node.body);
        });
      }
      case 'while':
        this.value(node.condition);
        return this.block(node.body);
      case 'return':
        if (node.value) this.value(node.value);
        return;
      case 'throw':
        this.value(node.value);
        return;
      case 'try':
        this.block(node.body);
        return this.within(false, () => {
          if (node.name !== null) this.introduce(node.name, this.#nameBefore(node.name, node.handler), 'event', true);
          this.block(node.handler);
        });
      case 'fn':
        return this.#keyed(false, () =>
          this.within(true, () => {
            this.parameters(node.parameters);
            this.block(node.body);
          }),
        );
      case 'wait':
        return this.duration(node.duration);
      case 'wait-until':
        this.value(node.condition);
        return this.duration(node.within);
      case 'assert':
        this.value(node.condition);
        if (node.message) this.value(node.message);
        return;
      case 'console':
        this.word(node.domain);
        return this.block(node.body);
      case 'expect':
        this.value(node.pattern);
        return this.duration(node.within);
      case 'send':
        this.value(node.text);
        return;
      case 'domain':
        this.word(node.name);
        return this.#keyed(true, () => this.within(false, () => this.#body(node.body.body)));
      case 'every':
        this.duration(node.interval);
        this.duration(node.duration);
        return this.block(node.body);
      case 'block':
        return this.block(node);
      case 'parallel':
        return this.block(node.body);
      case 'include':
        this.value(node.path);
        return;
      case 'on':
        this.values(node.trigger.path, node.trigger.of);
        return this.within(true, () => {
          if (node.name !== null) this.introduce(node.name, this.#nameBefore(node.name, node.body), 'event', true);
          this.block(node.body);
        });
      case 'wait-for':
        this.values(node.trigger.path, node.trigger.of);
        this.duration(node.within);
        // Behind `as`.
        if (node.name !== null) this.introduce(node.name, this.#nameIn(node.name, this.#nameIn('as', node.trigger.end).end), 'event', true);
        return;
      case 'inject':
        for (const word of [...node.args, node.domain, ...(node.duration ? [node.duration] : [])]) this.word(word);
        return;
      case 'break':
      case 'continue':
      case 'broken':
    }
  }

  #assign(node: AssignStatement): void {
    const { key, start, keyEnd, value } = node;
    const [name = key] = key.split('.');
    // Domains may be named before they are declared.
    if (configKey(key)?.type === 'names') return;
    this.value(value);
    // In a domain block a known key is a key, whatever variables there are.
    const isKey = this.#inDomain && (configKey(key) !== undefined || !this.names.find(name));
    const found = isKey ? null : this.lookUp(name, { start, end: start + name.length });
    if (found) {
      found.declaration.used ||= key.includes('.');
      return;
    }
    if (this.#inDomain || this.options.open || this.options.variables.has(name)) return;
    const place = { start, end: keyEnd };
    const help = configKey(key)
      ? `it is a configuration key: put it into a domain block, domain "…" { ${key} = … }`
      : (didYouMean(name, this.names.visible()) ?? `declare it first: let ${key} = …`);
    this.report('not-declared', place, `'${key}' was not declared`, help);
    // What follows would only say it again.
    this.names.declare({ name, node: place, kind: 'event', used: true, reached: true, sample: null });
  }
}

/** Of a list whose elements are of one kind. */
function elementOf(list: Sample | null): Sample | null {
  if (!list || !isList(list.value)) return null;
  const [first, ...others] = list.value;
  if (first === undefined || others.some((other) => typeName(other) !== typeName(first))) return null;
  return { value: first, exact: false };
}
