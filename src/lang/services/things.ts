/** What stands where in a text, besides variables and functions of its own: keys, commands and their words, stages, events, numbers, files. */
import { optionThatTakes, signatureNamed } from '../complete/words.ts';
import { walk } from '../check/walk.ts';
import { configKey } from '../keys/config-keys.ts';
import type { WordKind } from '../host.ts';
import type { AssignStatement, Command, Expression, Node, Program, Stage, Statement, Word } from '../parse/ast.ts';
import type { Vocabulary } from './vocabulary.ts';

export type Thing = Node &
  (
    | { readonly kind: 'keyword' | 'key' | 'command' | 'stage' | 'event' | 'fault' | 'name'; readonly text: string }
    | { readonly kind: 'option'; readonly command: string; readonly text: string }
    /** A word of a command, or a text in its place, that names something. */
    | { readonly kind: 'word'; readonly wordKind: WordKind; readonly text: string }
    | { readonly kind: 'domain'; readonly text: string; readonly declares: Statement | null }
    | { readonly kind: 'include'; readonly text: string }
    | { readonly kind: 'number' | 'value'; readonly text: string; readonly key: string | null }
    | { readonly kind: 'member'; readonly of: 'domain' | 'host' | null; readonly text: string }
  );

export function thingsOf(program: Program, vocabulary: Vocabulary): readonly Thing[] {
  return new Things(program, vocabulary).all();
}

/** The smallest thing around the cursor, which may also stand right behind it. */
export function thingAt(things: readonly Thing[], offset: number): Thing | null {
  let best: Thing | null = null;
  for (const thing of things) {
    if (offset < thing.start || offset > thing.end) continue;
    const isBetter =
      !best || offset < thing.end !== offset < best.end ? offset < thing.end : thing.end - thing.start < best.end - best.start;
    if (!best || isBetter) best = thing;
  }
  return best;
}

/** A word without variables in it; null: it has some. */
export function literal({ pieces }: Word): string | null {
  return pieces.every((piece) => typeof piece === 'string') ? pieces.join('') : null;
}

/** `create web.cfg memory=64` */
const SETTING = /^([A-Za-z_]\w*)\+?=/;
const STAGE_WORDS = /^(?:sort|group)[ \t]+by|^to[ \t]+\w+|^[a-z]+/;

class Things {
  readonly #program: Program;
  readonly #vocabulary: Vocabulary;
  readonly #text: string;
  readonly #things: Thing[] = [];
  /** Values of keys, which are more than numbers. */
  readonly #told = new Set<Expression>();

  constructor(program: Program, vocabulary: Vocabulary) {
    this.#program = program;
    this.#vocabulary = vocabulary;
    this.#text = program.source.text;
  }

  all(): readonly Thing[] {
    walk(this.#program.body, {
      statement: (node) => this.#statement(node),
      expression: (node) => this.#expression(node),
      command: (node) => this.#command(node),
      stage: (node) => this.#stage(node),
    });
    return this.#things;
  }

  #add(thing: Thing): void {
    this.#things.push(thing);
  }

  #statement(node: Statement): void {
    if (node.kind === 'assign') return this.#assign(node);
    if (node.kind === 'pipeline' || node.kind === 'set' || node.kind === 'broken') return;
    const text = /^[a-z]+/.exec(this.#text.slice(node.start, node.start + 16))?.[0] ?? '';
    this.#add({ kind: 'keyword', text, start: node.start, end: node.start + text.length });
    if (node.kind === 'domain' || node.kind === 'console' || node.kind === 'inject') {
      this.#domainWord(node.kind === 'domain' ? node.name : node.domain, node.kind === 'domain' ? node : null);
    }
    if (node.kind === 'inject')
      this.#add({ kind: 'fault', text: node.fault, start: node.faultStart, end: node.faultStart + node.fault.length });
    if (node.kind === 'on' || node.kind === 'wait-for') {
      const { event, start, of } = node.trigger;
      this.#add({ kind: 'event', text: event, start, end: start + event.length });
      if (of?.kind === 'string') this.#add({ kind: 'domain', text: of.value, declares: null, start: of.start, end: of.end });
    }
    if (node.kind === 'include' && node.path.kind === 'string') {
      const { value, start, end } = node.path;
      this.#add({ kind: 'include', text: value, start, end });
    }
  }

  #assign({ key, start, keyEnd, value }: AssignStatement): void {
    const record = configKey(key);
    this.#add({ kind: 'key', text: key, start, end: keyEnd });
    if (!record) return;
    if (record.type === 'names') {
      for (const item of value.kind === 'list' ? value.items : [value]) {
        const text = item.kind === 'name' ? item.name : item.kind === 'string' ? item.value : null;
        if (text !== null) this.#add({ kind: 'domain', text, declares: null, start: item.start, end: item.end });
        this.#told.add(item);
      }
    } else if (value.kind === 'number' || value.kind === 'string') {
      this.#told.add(value);
      const text = value.kind === 'number' ? value.text : value.value;
      this.#add({ kind: value.kind === 'number' ? 'number' : 'value', text, key, start: value.start, end: value.end });
    }
  }

  #domainWord(word: Word, declares: Statement | null): void {
    const text = literal(word);
    if (text !== null) this.#add({ kind: 'domain', text, declares, start: word.start, end: word.end });
  }

  #expression(node: Expression): void {
    const { start, end } = node;
    if (this.#told.has(node)) return;
    if (node.kind === 'number') this.#add({ kind: 'number', text: node.text, key: null, start, end });
    else if (node.kind === 'name') this.#add({ kind: 'name', text: node.name, start: end - node.name.length, end });
    else if (node.kind === 'member') {
      const { object, property } = node;
      const isDomain = object.kind === 'call' && object.callee.kind === 'name' && object.callee.name === 'domain';
      const of = object.kind === 'name' && object.name === 'host' ? 'host' : isDomain ? 'domain' : null;
      this.#add({ kind: 'member', of, text: property, start: end - property.length, end });
    } else if (node.kind === 'call' && node.callee.kind === 'name' && node.callee.name === 'domain') {
      const [name] = node.args;
      if (name?.kind === 'string') this.#add({ kind: 'domain', text: name.value, declares: null, start: name.start, end: name.end });
    }
  }

  #stage(stage: Stage): void {
    if (stage.kind === 'command') return;
    const text = STAGE_WORDS.exec(this.#text.slice(stage.start, stage.end))?.[0] ?? stage.kind;
    this.#add({ kind: 'stage', text: text.replace(/[ \t]+/, ' '), start: stage.start, end: stage.start + text.length });
  }

  #command({ name, nameStart, words }: Command): void {
    this.#add({ kind: 'command', text: name, start: nameStart, end: nameStart + name.length });
    const signature = signatureNamed(name, this.#vocabulary.commands);
    if (!signature) return;
    const options = [...signature.options, ...this.#vocabulary.options];
    let [place, onlyOperands] = [0, false];
    let awaited: WordKind | undefined;
    for (const word of words) {
      const text = literal(word);
      const { start, end } = word;
      if (awaited) {
        if (text !== null) this.#add({ kind: 'word', wordKind: awaited, text, start, end });
        awaited = undefined;
      } else if (!onlyOperands && !word.quoted && text === '--') onlyOperands = true;
      else if (!onlyOperands && !word.quoted && text?.startsWith('-') && text.length > 1) {
        this.#add({
          kind: 'option',
          command: signature.name,
          text: text.replace(/=.*/s, ''),
          start,
          end: start + text.replace(/=.*/s, '').length,
        });
        awaited = optionThatTakes(text, options);
      } else {
        const { positionals } = signature;
        const last = positionals.at(-1);
        const wanted = positionals[place++] ?? (last?.rest ? last : undefined);
        const key = SETTING.exec(text ?? '')?.[1];
        if (key !== undefined && (wanted?.kind === 'config-file' || wanted?.kind === 'key-value'))
          this.#add({ kind: 'key', text: key, start, end: start + key.length });
        else if (wanted && text !== null) this.#add({ kind: 'word', wordKind: wanted.kind, text, start, end });
      }
    }
  }
}
