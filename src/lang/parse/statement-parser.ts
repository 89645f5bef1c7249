/** The grammar of statements. A mistake costs its own line only: the parser goes on at the next one. */
import { isRecognitionException, type IToken } from 'chevrotain';
import type { Block, EventTrigger, Expression, IfStatement, Parameter, Pipeline, Statement } from './ast.ts';
import { ENDS_LINE, type Rule } from './expression-parser.ts';
import { describeToken } from './messages.ts';
import { PipelineParser } from './pipeline-parser.ts';
import { pythonConstruct } from './python.ts';
import { Separator, Stray } from './token-kinds.ts';
import * as T from './tokens.ts';
import type { TreeBuilder } from './tree-builder.ts';

export class StatementParser extends PipelineParser {
  constructor(validate = false) {
    super(validate);
    this.performSelfAnalysis();
  }

  begin(tokens: readonly IToken[], tree: TreeBuilder): void {
    this.input = [...tokens];
    this.tree = tree;
  }

  // ------------------------------------------------------------------------------------------------------------------------ lists of lines

  readonly program: Rule<Statement[]> = this.RULE('program', (): Statement[] => {
    const body: Statement[] = [];
    this.MANY(() => {
      this.OR([
        { ALT: () => this.SUBRULE(this.statements, { ARGS: [body] }) },
        {
          ALT: () => {
            const stray = this.CONSUME(T.BlockClose);
            this.ACTION(() => this.tree.find('syntax', this.tree.start(stray), this.tree.end(stray), "'}' closes nothing"));
          },
        },
      ]);
    });
    return body;
  });

  /** What stands in `${…}` or in the brackets of a word. */
  readonly interpolation: Rule<Expression> = this.RULE('interpolation', (): Expression => this.SUBRULE(this.pipeline));

  private readonly statements = this.RULE('statements', (body: Statement[] = []): void => {
    this.AT_LEAST_ONE(() => {
      this.OR([
        { ALT: () => void this.CONSUME(Separator) },
        { ALT: () => this.SUBRULE(this.stray) },
        {
          ALT: () => {
            const statement = this.SUBRULE(this.line);
            this.ACTION(() => body.push(statement));
          },
        },
      ]);
    });
  });

  private readonly stray: Rule<void> = this.RULE('stray', (): void => {
    const token = this.CONSUME(Stray);
    this.ACTION(() => {
      this.report(
        token,
        token.tokenType === T.Unknown ? `${describeToken(token)} means nothing here` : `a line cannot begin with ${describeToken(token)}`,
      );
      this.skipLine(true);
    });
  });

  private readonly line: Rule<Statement> = this.RULE('line', (): Statement => {
    const first = this.LA(1);
    try {
      const statement = this.SUBRULE(this.statement);
      this.ACTION(() => this.#endLine());
      return statement;
    } catch (error) {
      if (this.RECORDING_PHASE || !(error instanceof Error) || !isRecognitionException(error)) throw error;
      this.skipLine(this.LA(1) === first);
      return { kind: 'broken', start: this.tree.start(first), end: this.tree.end(this.LA(0)) };
    }
  });

  #endLine(): void {
    const token = this.LA(1);
    if (ENDS_LINE.has(token.tokenType)) return;
    this.report(
      token,
      token.tokenType === T.Unknown
        ? `${describeToken(token)} means nothing here`
        : `expected the end of the line or ';', found ${describeToken(token)}`,
    );
    this.skipLine(false);
  }

  // --------------------------------------------------------------------------------------------------------------------------------- blocks

  protected readonly block: Rule<Block> = this.RULE('block', (): Block => {
    this.ACTION(() => this.#findBlock());
    const open = this.CONSUME(T.BlockOpen);
    const body: Statement[] = [];
    this.OPTION(() => this.SUBRULE(this.statements, { ARGS: [body] }));
    let close: IToken | null = null;
    this.OPTION1(() => {
      close = this.CONSUME(T.BlockClose);
    });
    const start = this.tree.start(open);
    this.ACTION(() => {
      if (close === null) this.tree.find('unclosed-bracket', start, start + 1, "'{' is not closed");
    });
    return { kind: 'block', body, start, end: close === null ? start + 1 : this.tree.end(close) };
  });

  /** A mistake in a header does not lose the block behind it. */
  #findBlock(): void {
    const token = this.LA(1);
    if (token.tokenType === T.BlockOpen || !this.#blockFollows()) return;
    this.report(token, `expected '{', found ${describeToken(token)}`);
    while (this.LA(1).tokenType !== T.BlockOpen) this.SKIP_TOKEN();
  }

  #blockFollows(): boolean {
    for (let ahead = 1; ; ahead++) {
      const { tokenType } = this.LA(ahead);
      if (tokenType === T.BlockOpen) return true;
      if (ENDS_LINE.has(tokenType)) return false;
    }
  }

  /** An expression in front of a block. */
  private readonly header: Rule<Expression> = this.RULE('header', (): Expression => {
    const first = this.LA(1);
    try {
      return this.SUBRULE(this.pipeline);
    } catch (error) {
      if (this.RECORDING_PHASE || !(error instanceof Error) || !isRecognitionException(error) || !this.#blockFollows()) throw error;
      while (this.LA(1).tokenType !== T.BlockOpen) this.SKIP_TOKEN();
      return { kind: 'broken', start: this.tree.start(first), end: this.tree.end(this.LA(0)) };
    }
  });

  // ----------------------------------------------------------------------------------------------------------------------------- statements

  private readonly statement: Rule<Statement> = this.RULE('statement', (): Statement =>
    this.OR({
      ERR_MSG: 'a statement',
      DEF: (this.#statements ??= [
        { ALT: () => this.#assign() },
        { ALT: () => this.SUBRULE(this.pipelineStatement) },
        { ALT: () => this.#let() },
        { ALT: () => this.SUBRULE(this.ifStatement) },
        { ALT: () => this.#for() },
        { ALT: () => this.#while() },
        { ALT: () => this.#jump(this.CONSUME(T.Break), 'break') },
        { ALT: () => this.#jump(this.CONSUME(T.Continue), 'continue') },
        { ALT: () => this.#return() },
        { ALT: () => this.#throw() },
        { ALT: () => this.#try() },
        { ALT: () => this.SUBRULE(this.fnStatement) },
        { ALT: () => this.#wait() },
        { ALT: () => this.#waitUntil() },
        { ALT: () => this.#assert() },
        { ALT: () => this.#console() },
        { ALT: () => this.#expect() },
        { ALT: () => this.#send() },
        { ALT: () => this.#domain() },
        { ALT: () => this.SUBRULE(this.everyStatement) },
        { ALT: () => this.#parallel() },
        { ALT: () => this.SUBRULE8(this.block) },
        { ALT: () => this.#include() },
        { ALT: () => this.#on() },
        { ALT: () => this.#waitFor() },
        { ALT: () => this.#inject() },
        { ALT: () => this.#python() },
      ]),
    }),
  );
  #statements: { ALT: () => Statement }[] | null = null;

  #assign(): Statement {
    const key = this.CONSUME(T.Key);
    const sign = this.OR1([{ ALT: () => this.CONSUME(T.Assign) }, { ALT: () => this.CONSUME(T.Append) }]);
    const value = this.SUBRULE(this.expression);
    return {
      kind: 'assign',
      key: key.image,
      keyEnd: this.tree.end(key),
      append: sign.tokenType === T.Append,
      value,
      start: this.tree.start(key),
      end: value.end,
    };
  }

  private readonly pipelineStatement: Rule<Statement> = this.RULE('pipelineStatement', (): Statement => {
    const head = this.SUBRULE(this.pipeline);
    let statement: Statement =
      this.RECORDING_PHASE || head.kind === 'pipeline'
        ? (head as Pipeline)
        : { kind: 'pipeline', head, stages: [], start: head.start, end: head.end };
    this.OPTION(() => {
      const sign = this.OR([{ ALT: () => this.CONSUME(T.Assign) }, { ALT: () => this.CONSUME(T.Append) }]);
      const value = this.SUBRULE(this.expression);
      statement = { kind: 'set', target: head, append: sign.tokenType === T.Append, value, start: head.start, end: value.end };
    });
    return statement;
  });

  #let(): Statement {
    const keyword = this.CONSUME(T.Let);
    const name = this.CONSUME(T.Identifier);
    this.CONSUME2(T.Assign);
    const value = this.SUBRULE(this.pipeline);
    return { kind: 'let', name: name.image, value, start: this.tree.start(keyword), end: value.end };
  }

  private readonly ifStatement: Rule<IfStatement> = this.RULE('ifStatement', (): IfStatement => {
    const keyword = this.CONSUME(T.If);
    const condition = this.SUBRULE(this.header);
    const then = this.SUBRULE(this.block);
    let otherwise: Block | IfStatement | null = null;
    this.OPTION(() => {
      this.CONSUME(T.Else);
      otherwise = this.OR([
        { ALT: (): Block | IfStatement => this.SUBRULE(this.ifStatement) },
        { ALT: (): Block | IfStatement => this.SUBRULE1(this.block) },
      ]);
    });
    const last = (otherwise as Block | IfStatement | null) ?? then;
    return { kind: 'if', condition, then, otherwise, start: this.tree.start(keyword), end: last.end };
  });

  #for(): Statement {
    const keyword = this.CONSUME(T.For);
    const name = this.CONSUME1(T.Identifier);
    this.CONSUME(T.In);
    const iterable = this.SUBRULE(this.header);
    const body = this.SUBRULE(this.block);
    return { kind: 'for', name: name.image, iterable, body, start: this.tree.start(keyword), end: body.end };
  }

  #while(): Statement {
    const keyword = this.CONSUME(T.While);
    const condition = this.SUBRULE1(this.header);
    const body = this.SUBRULE1(this.block);
    return { kind: 'while', condition, body, start: this.tree.start(keyword), end: body.end };
  }

  #jump(token: IToken, kind: 'break' | 'continue'): Statement {
    return { kind, start: this.tree.start(token), end: this.tree.end(token) };
  }

  #return(): Statement {
    const keyword = this.CONSUME(T.Return);
    const value = this.OPTION1(() => this.SUBRULE1(this.pipeline)) ?? null;
    return { kind: 'return', value, start: this.tree.start(keyword), end: value?.end ?? this.tree.end(keyword) };
  }

  #throw(): Statement {
    const keyword = this.CONSUME(T.Throw);
    const value = this.SUBRULE1(this.expression);
    return { kind: 'throw', value, start: this.tree.start(keyword), end: value.end };
  }

  #try(): Statement {
    const keyword = this.CONSUME(T.Try);
    const body = this.SUBRULE2(this.block);
    this.CONSUME(T.Catch);
    const name = this.OPTION2(() => this.CONSUME2(T.Identifier).image) ?? null;
    const handler = this.SUBRULE3(this.block);
    return { kind: 'try', body, name, handler, start: this.tree.start(keyword), end: handler.end };
  }

  private readonly fnStatement: Rule<Statement> = this.RULE('fnStatement', (): Statement => {
    const keyword = this.CONSUME(T.Fn);
    const name = this.CONSUME(T.Identifier);
    this.OR([{ ALT: () => this.CONSUME(T.CallOpen) }, { ALT: () => this.CONSUME(T.LParen) }]);
    const parameters: Parameter[] = [];
    this.MANY_SEP({ SEP: T.Comma, DEF: () => parameters.push(this.SUBRULE(this.parameter)) });
    this.CONSUME(T.RParen);
    const body = this.SUBRULE(this.block);
    return { kind: 'fn', name: name.image, parameters, body, start: this.tree.start(keyword), end: body.end };
  });

  private readonly parameter: Rule<Parameter> = this.RULE('parameter', (): Parameter => {
    const name = this.CONSUME(T.Identifier);
    const fallback =
      this.OPTION(() => {
        this.CONSUME(T.Assign);
        return this.SUBRULE(this.expression);
      }) ?? null;
    return { name: name.image, fallback, start: this.tree.start(name), end: fallback?.end ?? this.tree.end(name) };
  });

  #wait(): Statement {
    const keyword = this.CONSUME(T.Wait);
    const duration = this.SUBRULE2(this.expression);
    return { kind: 'wait', duration, start: this.tree.start(keyword), end: duration.end };
  }

  #waitUntil(): Statement {
    const keyword = this.CONSUME(T.WaitUntil);
    const condition = this.SUBRULE3(this.expression);
    const within = this.SUBRULE(this.within);
    return { kind: 'wait-until', condition, within, start: this.tree.start(keyword), end: (within ?? condition).end };
  }

  #assert(): Statement {
    const keyword = this.CONSUME(T.Assert);
    const condition = this.SUBRULE4(this.expression);
    const message =
      this.OPTION3(() => {
        this.CONSUME(T.Comma);
        return this.SUBRULE5(this.expression);
      }) ?? null;
    return { kind: 'assert', condition, message, start: this.tree.start(keyword), end: (message ?? condition).end };
  }

  #console(): Statement {
    const keyword = this.CONSUME(T.Console);
    const domain = this.ACTION(() => this.tree.wordAfter(keyword));
    const body = this.SUBRULE4(this.block);
    return { kind: 'console', domain, body, start: this.tree.start(keyword), end: body.end };
  }

  #expect(): Statement {
    const keyword = this.CONSUME(T.Expect);
    const pattern = this.SUBRULE6(this.expression);
    const within = this.SUBRULE1(this.within);
    return { kind: 'expect', pattern, within, start: this.tree.start(keyword), end: (within ?? pattern).end };
  }

  #send(): Statement {
    const keyword = this.CONSUME(T.Send);
    const text = this.SUBRULE7(this.expression);
    return { kind: 'send', text, start: this.tree.start(keyword), end: text.end };
  }

  #domain(): Statement {
    const keyword = this.CONSUME(T.Domain);
    const name = this.ACTION(() => this.tree.wordAfter(keyword));
    const body = this.SUBRULE5(this.block);
    return { kind: 'domain', name, body, start: this.tree.start(keyword), end: body.end };
  }

  private readonly everyStatement: Rule<Statement> = this.RULE('everyStatement', (): Statement => {
    const keyword = this.CONSUME(T.Every);
    const interval = this.SUBRULE(this.expression);
    const duration =
      this.OPTION(() => {
        this.CONSUME(T.For);
        return this.SUBRULE1(this.expression);
      }) ?? null;
    const body = this.SUBRULE(this.block);
    return { kind: 'every', interval, duration, body, start: this.tree.start(keyword), end: body.end };
  });

  #parallel(): Statement {
    const keyword = this.CONSUME(T.Parallel);
    const body = this.SUBRULE6(this.block);
    return { kind: 'parallel', body, start: this.tree.start(keyword), end: body.end };
  }

  #include(): Statement {
    const keyword = this.CONSUME(T.Include);
    const path = this.SUBRULE8(this.expression);
    return { kind: 'include', path, start: this.tree.start(keyword), end: path.end };
  }

  private readonly trigger: Rule<EventTrigger> = this.RULE('trigger', (): EventTrigger => {
    const event = this.CONSUME(T.Identifier);
    const path = this.OPTION(() => this.SUBRULE(this.expression)) ?? null;
    const of =
      this.OPTION1(() => {
        this.CONSUME(T.Of);
        return this.SUBRULE1(this.expression);
      }) ?? null;
    const start = this.tree.start(event);
    return { event: event.image, path, of, start, end: (of ?? path)?.end ?? this.tree.end(event) };
  });

  private readonly eventName: Rule<string | null> = this.RULE('eventName', (): string | null => {
    let name: string | null = null;
    this.OPTION(() => {
      this.CONSUME(T.As);
      name = this.CONSUME(T.Identifier).image;
    });
    return name;
  });

  #on(): Statement {
    const keyword = this.CONSUME(T.On);
    const trigger = this.SUBRULE(this.trigger);
    const name = this.SUBRULE(this.eventName);
    const body = this.SUBRULE7(this.block);
    return { kind: 'on', trigger, name, body, start: this.tree.start(keyword), end: body.end };
  }

  #waitFor(): Statement {
    const keyword = this.CONSUME(T.WaitFor);
    const trigger = this.SUBRULE1(this.trigger);
    const name = this.SUBRULE1(this.eventName);
    const within = this.SUBRULE2(this.within);
    const last = this.ACTION(() => within?.end ?? this.tree.end(this.LA(0)));
    return { kind: 'wait-for', trigger, name, within, start: this.tree.start(keyword), end: last };
  }

  #inject(): Statement {
    const token = this.CONSUME(T.Inject);
    return this.ACTION(() => this.tree.inject(token));
  }

  #python(): Statement {
    const token = this.CONSUME(T.PythonStatement);
    const start = this.tree.start(token);
    this.ACTION(() => {
      const construct = pythonConstruct(token.image, 0);
      const lineEnd = token.image.search(/\s*(?:\r?\n|$)/);
      this.tree.find('python', start, start + lineEnd, `this is Python (${construct?.name}), which xl does not read`, construct?.instead);
    });
    return { kind: 'broken', start, end: this.tree.end(token) };
  }
}
