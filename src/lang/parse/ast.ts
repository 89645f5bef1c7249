/** The tree that the parser builds. Every node has its place as two offsets into the text of its `Source`. */
import type { Problem } from '../problem.ts';
import type { Dialect, Source } from './source.ts';

export interface Node {
  readonly start: number;
  readonly end: number;
}

export interface Program {
  readonly source: Source;
  readonly dialect: Dialect;
  readonly body: readonly Statement[];
}

export interface Parsed {
  readonly program: Program;
  readonly problems: readonly Problem[];
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '=~'
  | '!~'
  | 'in'
  | 'and'
  | 'or'
  | '??'
  | '..';

export interface NumberNode extends Node {
  readonly kind: 'number';
  readonly text: string;
}
export interface StringNode extends Node {
  readonly kind: 'string';
  readonly value: string;
}
export interface TemplateNode extends Node {
  readonly kind: 'template';
  readonly parts: readonly (string | Expression)[];
}
export interface ConstantNode extends Node {
  readonly kind: 'constant';
  readonly value: boolean | null;
}
export interface RegexNode extends Node {
  readonly kind: 'regex';
  readonly value: RegExp;
}
export interface NameNode extends Node {
  readonly kind: 'name';
  readonly name: string;
}
export interface ListNode extends Node {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}
export interface MapNode extends Node {
  readonly kind: 'map';
  readonly entries: readonly { readonly key: string | Expression; readonly value: Expression }[];
}
export interface MemberNode extends Node {
  readonly kind: 'member';
  readonly object: Expression;
  readonly property: string;
}
export interface IndexNode extends Node {
  readonly kind: 'index';
  readonly object: Expression;
  readonly index: Expression;
}
export interface CallNode extends Node {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: readonly Expression[];
}
export interface UnaryNode extends Node {
  readonly kind: 'unary';
  readonly operator: '-' | '+' | 'not';
  readonly operand: Expression;
}
export interface BinaryNode extends Node {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
export interface ConditionalNode extends Node {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
}
export interface ArrowNode extends Node {
  readonly kind: 'arrow';
  readonly parameters: readonly Parameter[];
  readonly body: Expression | Block;
}
/** `match /…/ within 5s`, in a console dialogue: waits for the pattern and yields what it caught. */
export interface MatchNode extends Node {
  readonly kind: 'match';
  readonly pattern: Expression;
  readonly within: Expression | null;
}
/** What could not be read; a problem has been reported for it. */
export interface BrokenNode extends Node {
  readonly kind: 'broken';
}

export type Expression =
  | NumberNode
  | StringNode
  | TemplateNode
  | ConstantNode
  | RegexNode
  | NameNode
  | ListNode
  | MapNode
  | MemberNode
  | IndexNode
  | CallNode
  | UnaryNode
  | BinaryNode
  | ConditionalNode
  | ArrowNode
  | MatchNode
  | Pipeline
  | BrokenNode;

export interface Parameter extends Node {
  readonly name: string;
  readonly fallback: Expression | null;
}

export interface Block extends Node {
  readonly kind: 'block';
  readonly body: readonly Statement[];
}

/** A word is its pieces side by side; one piece that is an expression keeps its value. */
export interface Word extends Node {
  readonly pieces: readonly (string | Expression)[];
  readonly quoted: boolean;
}

export interface Command extends Node {
  readonly kind: 'command';
  readonly name: string;
  readonly nameStart: number;
  readonly words: readonly Word[];
}

export type Stage =
  | (Node & { readonly kind: 'where'; readonly condition: Expression })
  | (Node & { readonly kind: 'select'; readonly columns: readonly SelectedColumn[] })
  | (Node & { readonly kind: 'sort'; readonly keys: readonly { readonly by: Expression; readonly descending: boolean }[] })
  | (Node & { readonly kind: 'first' | 'last'; readonly count: Expression | null })
  | (Node & { readonly kind: 'group'; readonly by: Expression })
  | (Node & { readonly kind: 'sum' | 'min' | 'max' | 'avg'; readonly of: Expression | null })
  | (Node & { readonly kind: 'count' | 'reverse' })
  | (Node & { readonly kind: 'join'; readonly other: Expression; readonly on: Expression })
  | (Node & { readonly kind: 'save'; readonly file: Word })
  | (Node & { readonly kind: 'each'; readonly body: Expression })
  | (Node & { readonly kind: 'to'; readonly format: string })
  | Command;

export interface SelectedColumn extends Node {
  readonly name: string;
  readonly value: Expression;
}

export interface Pipeline extends Node {
  readonly kind: 'pipeline';
  readonly head: Command | Expression;
  readonly stages: readonly Stage[];
}

export interface AssignStatement extends Node {
  readonly kind: 'assign';
  readonly key: string;
  readonly keyEnd: number;
  readonly append: boolean;
  readonly value: Expression;
}
export interface SetStatement extends Node {
  readonly kind: 'set';
  readonly target: Expression;
  readonly append: boolean;
  readonly value: Expression;
}
export interface LetStatement extends Node {
  readonly kind: 'let';
  readonly name: string;
  readonly value: Expression;
}
export interface IfStatement extends Node {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly then: Block;
  readonly otherwise: Block | IfStatement | null;
}
export interface ForStatement extends Node {
  readonly kind: 'for';
  readonly name: string;
  readonly iterable: Expression;
  readonly body: Block;
}
export interface WhileStatement extends Node {
  readonly kind: 'while';
  readonly condition: Expression;
  readonly body: Block;
}
export interface JumpStatement extends Node {
  readonly kind: 'break' | 'continue';
}
export interface ReturnStatement extends Node {
  readonly kind: 'return';
  readonly value: Expression | null;
}
export interface ThrowStatement extends Node {
  readonly kind: 'throw';
  readonly value: Expression;
}
export interface TryStatement extends Node {
  readonly kind: 'try';
  readonly body: Block;
  readonly name: string | null;
  readonly handler: Block;
}
export interface FnStatement extends Node {
  readonly kind: 'fn';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Block;
}
export interface WaitStatement extends Node {
  readonly kind: 'wait';
  readonly duration: Expression;
}
export interface WaitUntilStatement extends Node {
  readonly kind: 'wait-until';
  readonly condition: Expression;
  readonly within: Expression | null;
}
export interface AssertStatement extends Node {
  readonly kind: 'assert';
  readonly condition: Expression;
  readonly message: Expression | null;
}
export interface ConsoleStatement extends Node {
  readonly kind: 'console';
  readonly domain: Word;
  readonly body: Block;
}
export interface ExpectStatement extends Node {
  readonly kind: 'expect';
  readonly pattern: Expression;
  readonly within: Expression | null;
}
export interface SendStatement extends Node {
  readonly kind: 'send';
  readonly text: Expression;
}
export interface DomainStatement extends Node {
  readonly kind: 'domain';
  readonly name: Word;
  readonly body: Block;
}
export interface EveryStatement extends Node {
  readonly kind: 'every';
  readonly interval: Expression;
  readonly duration: Expression | null;
  readonly body: Block;
}
export interface ParallelStatement extends Node {
  readonly kind: 'parallel';
  readonly body: Block;
}
/** `crashed of "web-*"`, `xenstore "/local/domain/1/name"`. */
export interface EventTrigger extends Node {
  readonly event: string;
  /** Of a xenstore event. */
  readonly path: Expression | null;
  readonly of: Expression | null;
}
export interface OnStatement extends Node {
  readonly kind: 'on';
  readonly trigger: EventTrigger;
  readonly name: string | null;
  readonly body: Block;
}
export interface WaitForStatement extends Node {
  readonly kind: 'wait-for';
  readonly trigger: EventTrigger;
  readonly name: string | null;
  readonly within: Expression | null;
}
export interface InjectStatement extends Node {
  readonly kind: 'inject';
  readonly fault: string;
  readonly faultStart: number;
  readonly args: readonly Word[];
  readonly domain: Word;
  readonly duration: Word | null;
}
export interface IncludeStatement extends Node {
  readonly kind: 'include';
  readonly path: Expression;
}

/** A block on its own groups statements: in `parallel`, a sequence that runs beside others. */
export type Statement =
  | Block
  | AssignStatement
  | SetStatement
  | LetStatement
  | IfStatement
  | ForStatement
  | WhileStatement
  | JumpStatement
  | ReturnStatement
  | ThrowStatement
  | TryStatement
  | FnStatement
  | WaitStatement
  | WaitUntilStatement
  | AssertStatement
  | ConsoleStatement
  | ExpectStatement
  | SendStatement
  | DomainStatement
  | EveryStatement
  | ParallelStatement
  | IncludeStatement
  | OnStatement
  | WaitForStatement
  | InjectStatement
  | Pipeline
  | BrokenNode;
