/** Tokens to leaves of the tree: names, numbers, strings with their interpolations, words of command lines. */
import type { IToken } from 'chevrotain';
import type { ProblemId } from '../problems/table.ts';
import type { BrokenNode, Command, Expression, InjectStatement, Parameter, SelectedColumn, StringNode, TemplateNode, Word } from './ast.ts';
import { scanWords, type ScannedWord, type WordPiece } from './scan-words.ts';
import type { Dialect } from './source.ts';
import { dequoteXl, scanString, stringParts, type StringScan } from './strings.ts';

/** A problem that is found while the tree is built; places are offsets. */
export interface Finding {
  readonly id: ProblemId;
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly help?: string;
}

/** An expression inside a string or a word: parsed after the text around it, then put where it belongs. */
export interface Pending {
  readonly into: (string | Expression)[];
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

const PATTERN = /^\/(.*)\/([a-z]*)$/s;
const INJECT_FORM = 'inject FAULT … on DOMAIN for 2s';
/** `xm list` and `xl list` mean `list`. */
const PROGRAM_NAMES: ReadonlySet<string> = new Set(['xm', 'xl']);

export class TreeBuilder {
  readonly findings: Finding[] = [];
  readonly pending: Pending[] = [];
  /** Where the tokens' text begins in `text`. */
  base = 0;
  readonly #text: string;
  readonly #dialect: Dialect;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  start(token: IToken): number {
    return this.base + token.startOffset;
  }

  end(token: IToken): number {
    return this.base + token.startOffset + token.image.length;
  }

  /** The text up to the token's end: inside an interpolation nothing may be read beyond it. */
  #until(token: IToken): string {
    return this.#text.slice(0, this.end(token));
  }

  find(id: ProblemId, start: number, end: number, message: string, help?: string): void {
    this.findings.push({ id, start, end, message, ...(help !== undefined && { help }) });
  }

  number(token: IToken): Expression {
    return { kind: 'number', text: token.image, start: this.start(token), end: this.end(token) };
  }

  name(token: IToken): Expression {
    const name = token.image.startsWith('$') ? token.image.slice(1) : token.image;
    return { kind: 'name', name, start: this.start(token), end: this.end(token) };
  }

  constant(token: IToken, value: boolean | null): Expression {
    return { kind: 'constant', value, start: this.start(token), end: this.end(token) };
  }

  regex(token: IToken): Expression {
    const start = this.start(token);
    const end = this.end(token);
    const [, source = '', flags = ''] = PATTERN.exec(token.image) ?? [];
    try {
      return { kind: 'regex', value: new RegExp(source, flags.replaceAll('g', '')), start, end };
    } catch (error) {
      this.find(
        'bad-pattern',
        start,
        end,
        `not a regular expression: ${error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : ''}`,
      );
      return { kind: 'broken', start, end };
    }
  }

  string(token: IToken): Expression {
    const start = this.start(token);
    if (this.#dialect === 'script') return this.#scanned(scanString(this.#until(token), start));
    const { value, fault } = dequoteXl(token.image);
    if (fault) this.find('bad-escape', start + fault.start, start + fault.end, fault.message);
    return { kind: 'string', value, start, end: this.end(token) };
  }

  unclosedString(token: IToken): Expression {
    const start = this.start(token);
    const end = this.end(token);
    this.find('unclosed-string', start, end, 'the string is not closed', `it needs another ${token.image[0]} on this line`);
    return { kind: 'broken', start, end };
  }

  #scanned(scan: StringScan): StringNode | TemplateNode {
    const pieces = this.#pieces(scan);
    const { start, end } = scan;
    if (pieces.every((piece) => typeof piece === 'string')) return { kind: 'string', value: pieces.join(''), start, end };
    return { kind: 'template', parts: pieces, start, end };
  }

  #pieces(scan: StringScan, into: (string | Expression)[] = []): (string | Expression)[] {
    const { parts, faults } = stringParts(this.#text, scan);
    for (const { message, start, end } of faults) this.find('bad-escape', start, end, message);
    for (const part of parts) {
      if (part.kind === 'text') into.push(part.value);
      else this.#later(into, part.start, part.end);
    }
    return into;
  }

  #later(into: (string | Expression)[], start: number, end: number): void {
    this.pending.push({ into, at: into.length, start, end });
    into.push({ kind: 'broken', start, end });
  }

  command(token: IToken): Command {
    const start = this.start(token);
    const nameEnd = start + /^[\w-]+/.exec(token.image)![0].length;
    const name = this.#text.slice(start, nameEnd);
    const words = scanWords(this.#until(token), nameEnd).words.map((word) => this.#word(word));
    const [first, ...rest] = words;
    const named = PROGRAM_NAMES.has(name) && first && !first.quoted && first.pieces.length === 1 ? first.pieces[0] : null;
    if (first && typeof named === 'string' && /^[a-z][\w-]*$/.test(named)) {
      return { kind: 'command', name: named, nameStart: first.start, words: rest, start, end: this.end(token) };
    }
    return { kind: 'command', name, nameStart: start, words, start, end: this.end(token) };
  }

  /** The one word behind a keyword, in the same token: `console web`. */
  wordAfter(token: IToken): Word {
    const start = this.start(token);
    return this.#word(scanWords(this.#until(token), start + /^\w+/.exec(token.image)![0].length).words[0]!);
  }

  /** `inject FAULT word… on DOMAIN [for DURATION]` */
  inject(token: IToken): InjectStatement | BrokenNode {
    const start = this.start(token);
    const end = this.end(token);
    const words = scanWords(this.#until(token), start + 'inject'.length).words;
    const isWord = (at: number, text: string): boolean => this.#text.slice(words[at]?.start, words[at]?.end) === text;
    const on = words.findIndex((_, at) => at > 0 && isWord(at, 'on'));
    const [fault] = words;
    const domain = words[on + 1];
    const rest = words.slice(on + 2);
    if (on < 0 || !fault || !domain || (rest.length > 0 && !(rest.length === 2 && isWord(on + 2, 'for')))) {
      const at = rest[rest.length > 0 && isWord(on + 2, 'for') ? 2 : 0] ?? { start, end };
      const found = this.#text.slice(at.start, at.end);
      this.find(
        'syntax',
        at.start,
        at.end,
        domain ? `expected 'for DURATION' and no more, found '${found}'` : 'expected a domain',
        INJECT_FORM,
      );
      return { kind: 'broken', start, end };
    }
    return {
      kind: 'inject',
      fault: this.#text.slice(fault.start, fault.end),
      faultStart: fault.start,
      args: words.slice(1, on).map((word) => this.#word(word)),
      domain: this.#word(domain),
      duration: rest[1] ? this.#word(rest[1]) : null,
      start,
      end,
    };
  }

  #word({ start, end, pieces: scanned }: ScannedWord): Word {
    const pieces: (string | Expression)[] = [];
    for (const piece of scanned) this.#piece(piece, pieces);
    const quoted = scanned[0]?.kind === 'string';
    // "${x}" is text even when x is a number; $x keeps its value.
    if (quoted && !(pieces.length === 1 && typeof pieces[0] === 'string')) pieces.push('');
    return { pieces, quoted, start, end };
  }

  #piece(piece: WordPiece, into: (string | Expression)[]): void {
    switch (piece.kind) {
      case 'text':
        into.push(piece.text);
        break;
      case 'string':
        if (!piece.scan.closed)
          this.find('unclosed-string', piece.start, piece.end, 'the string is not closed', `it needs another ${this.#text[piece.start]}`);
        this.#pieces(piece.scan, into);
        break;
      case 'variable':
        into.push({ kind: 'name', name: piece.name, start: piece.start + 1, end: piece.end });
        break;
      case 'expression':
        if (!piece.closed)
          this.find(
            'unclosed-bracket',
            piece.start,
            piece.innerStart,
            `'${this.#text.slice(piece.start, piece.innerStart)}' is not closed`,
          );
        this.#later(into, piece.innerStart, piece.innerEnd);
        break;
    }
  }

  parametersOf(token: IToken): Parameter[] {
    const from = this.start(token);
    return [...token.image.matchAll(/[A-Za-z_]\w*/g)].map(({ 0: name, index }) => ({
      name,
      fallback: null,
      start: from + index,
      end: from + index + name.length,
    }));
  }

  /** A column is called as its expression is written, unless it is given a name. */
  column(first: Expression, named: Expression | null): SelectedColumn {
    const written = this.#text.slice(first.start, first.end);
    if (!named) return { name: written, value: first, start: first.start, end: first.end };
    const name = first.kind === 'name' ? first.name : first.kind === 'string' ? first.value : written;
    return { name, value: named, start: first.start, end: named.end };
  }
}
