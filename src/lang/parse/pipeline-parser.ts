/** The grammar of commands and pipelines. */
import type { Command, Expression, Pipeline, SelectedColumn, Stage } from './ast.ts';
import { ExpressionParser, type Rule } from './expression-parser.ts';
import { describeToken } from './messages.ts';
import * as T from './tokens.ts';

export abstract class PipelineParser extends ExpressionParser {
  protected readonly pipeline: Rule<Pipeline | Expression> = this.RULE('pipeline', (): Pipeline | Expression => {
    const head = this.OR({
      ERR_MSG: 'a value',
      DEF: [
        { ALT: (): Command | Expression => this.SUBRULE(this.command) },
        { ALT: (): Command | Expression => this.SUBRULE(this.expression) },
      ],
    });
    const stages: Stage[] = [];
    this.MANY(() => {
      this.CONSUME(T.Pipe);
      stages.push(this.SUBRULE(this.stage));
    });
    // A name alone may be a command without words, so it stays a pipeline.
    if (!this.RECORDING_PHASE && stages.length === 0 && head.kind !== 'command' && head.kind !== 'name') return head;
    return { kind: 'pipeline', head, stages, start: head.start, end: (stages.at(-1) ?? head).end };
  });

  private readonly command: Rule<Command> = this.RULE('command', (): Command => {
    const line = this.CONSUME(T.CommandLine);
    return this.ACTION(() => this.tree.command(line));
  });

  private readonly stage: Rule<Stage> = this.RULE('stage', (): Stage =>
    this.OR({
      ERR_MSG: 'a stage: where, select, sort by, first, …',
      DEF: [
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.Where);
            const condition = this.SUBRULE(this.expression);
            return { kind: 'where', condition, start: this.tree.start(keyword), end: condition.end };
          },
        },
        { ALT: (): Stage => this.SUBRULE(this.selectStage) },
        { ALT: (): Stage => this.SUBRULE(this.sortStage) },
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.FirstLast);
            const count = this.OPTION(() => this.SUBRULE1(this.expression)) ?? null;
            return {
              kind: keyword.image === 'last' ? 'last' : 'first',
              count,
              start: this.tree.start(keyword),
              end: count?.end ?? this.tree.end(keyword),
            };
          },
        },
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.GroupBy);
            const by = this.SUBRULE2(this.expression);
            return { kind: 'group', by, start: this.tree.start(keyword), end: by.end };
          },
        },
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.Aggregate);
            const of = this.OPTION1(() => this.SUBRULE3(this.expression)) ?? null;
            return {
              kind: keyword.image as 'sum' | 'min' | 'max' | 'avg',
              of,
              start: this.tree.start(keyword),
              end: of?.end ?? this.tree.end(keyword),
            };
          },
        },
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.CountReverse);
            return { kind: keyword.image === 'count' ? 'count' : 'reverse', start: this.tree.start(keyword), end: this.tree.end(keyword) };
          },
        },
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.Each);
            const body = this.SUBRULE4(this.expression);
            return { kind: 'each', body, start: this.tree.start(keyword), end: body.end };
          },
        },
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.To);
            return {
              kind: 'to',
              format: keyword.image.replace(/^to\s+/, ''),
              start: this.tree.start(keyword),
              end: this.tree.end(keyword),
            };
          },
        },
        {
          ALT: (): Stage => {
            const keyword = this.CONSUME(T.Join);
            const other = this.SUBRULE5(this.expression);
            this.CONSUME(T.JoinOn);
            const on = this.SUBRULE6(this.expression);
            return { kind: 'join', other, on, start: this.tree.start(keyword), end: on.end };
          },
        },
        {
          ALT: (): Stage => {
            const token = this.CONSUME(T.Save);
            return this.ACTION(() => ({
              kind: 'save',
              file: this.tree.wordAfter(token),
              start: this.tree.start(token),
              end: this.tree.end(token),
            }));
          },
        },
        { ALT: (): Stage => this.SUBRULE(this.command) },
      ],
    }),
  );

  private readonly selectStage: Rule<Stage> = this.RULE('selectStage', (): Stage => {
    const keyword = this.CONSUME(T.Select);
    const columns: SelectedColumn[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, ERR_MSG: 'a column', DEF: () => columns.push(this.SUBRULE(this.column)) });
    return { kind: 'select', columns, start: this.tree.start(keyword), end: columns.at(-1)?.end ?? this.tree.end(keyword) };
  });

  /** `mem`, or `NAME: expression`. */
  private readonly column: Rule<SelectedColumn> = this.RULE('column', (): SelectedColumn => {
    const first = this.SUBRULE(this.expression);
    const named =
      this.OPTION(() => {
        this.CONSUME(T.Colon);
        return this.SUBRULE1(this.expression);
      }) ?? null;
    return this.ACTION(() => this.tree.column(first, named));
  });

  private readonly sortStage: Rule<Stage> = this.RULE('sortStage', (): Stage => {
    const keyword = this.CONSUME(T.SortBy);
    const keys: { by: Expression; descending: boolean }[] = [];
    let end = 0;
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      ERR_MSG: 'a column',
      DEF: () => {
        const by = this.SUBRULE(this.expression);
        const order = this.OPTION(() => this.CONSUME(T.Identifier)) ?? null;
        this.ACTION(() => {
          if (order && !/^(?:asc|desc)$/.test(order.image)) this.report(order, `expected 'asc' or 'desc', found ${describeToken(order)}`);
          keys.push({ by, descending: order?.image === 'desc' });
          end = order ? this.tree.end(order) : by.end;
        });
      },
    });
    return { kind: 'sort', keys, start: this.tree.start(keyword), end };
  });
}
