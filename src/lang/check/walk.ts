/** Goes through a tree: every statement and expression once, outermost first. */
import type { Block, Command, Expression, Pipeline, Stage, Statement, Word } from '../parse/ast.ts';

/** False from `enter`: what is inside is not visited. */
export interface Visitor {
  statement?(node: Statement): boolean | void;
  expression?(node: Expression): boolean | void;
  command?(node: Command, inPipe: boolean): void;
  stage?(node: Stage): void;
}

export function walk(body: readonly Statement[], visitor: Visitor): void {
  for (const statement of body) walkStatement(statement, visitor);
}

export function walkBlock(block: Block, visitor: Visitor): void {
  walk(block.body, visitor);
}

function walkStatement(node: Statement, visitor: Visitor): void {
  if (visitor.statement?.(node) === false) return;
  const see = (...expressions: (Expression | null)[]): void => {
    for (const expression of expressions) if (expression) walkExpression(expression, visitor);
  };
  switch (node.kind) {
    case 'pipeline':
      walkPipeline(node, visitor);
      return;
    case 'assign':
    case 'let':
    case 'throw':
      return see(node.value);
    case 'set':
      return see(node.target, node.value);
    case 'return':
      return see(node.value);
    case 'if':
      see(node.condition);
      walkBlock(node.then, visitor);
      if (node.otherwise?.kind === 'if') walkStatement(node.otherwise, visitor);
      else if (node.otherwise) walkBlock(node.otherwise, visitor);
      return;
    case 'for':
      see(node.iterable);
      return walkBlock(node.body, visitor);
    case 'while':
      see(node.condition);
      return walkBlock(node.body, visitor);
    case 'every':
      see(node.interval, node.duration);
      return walkBlock(node.body, visitor);
    case 'fn':
      see(...node.parameters.map(({ fallback }) => fallback));
      return walkBlock(node.body, visitor);
    case 'block':
      return walkBlock(node, visitor);
    case 'parallel':
      return walkBlock(node.body, visitor);
    case 'try':
      walkBlock(node.body, visitor);
      return walkBlock(node.handler, visitor);
    case 'console':
      walkWord(node.domain, visitor);
      return walkBlock(node.body, visitor);
    case 'domain':
      walkWord(node.name, visitor);
      return walkBlock(node.body, visitor);
    case 'wait':
      return see(node.duration);
    case 'wait-until':
      return see(node.condition, node.within);
    case 'assert':
      return see(node.condition, node.message);
    case 'expect':
      return see(node.pattern, node.within);
    case 'send':
      return see(node.text);
    case 'include':
      return see(node.path);
    case 'on':
      see(node.trigger.path, node.trigger.of);
      return walkBlock(node.body, visitor);
    case 'wait-for':
      return see(node.trigger.path, node.trigger.of, node.within);
    case 'inject':
      for (const word of [...node.args, node.domain, ...(node.duration ? [node.duration] : [])]) walkWord(word, visitor);
      return;
    case 'break':
    case 'continue':
    case 'broken':
  }
}

function walkWord({ pieces }: Word, visitor: Visitor): void {
  for (const piece of pieces) if (typeof piece !== 'string') walkExpression(piece, visitor);
}

function walkPipeline({ head, stages }: Pipeline, visitor: Visitor): void {
  if (head.kind === 'command') walkCommand(head, visitor, false);
  else walkExpression(head, visitor);
  for (const stage of stages) walkStage(stage, visitor);
}

function walkCommand(command: Command, visitor: Visitor, inPipe: boolean): void {
  visitor.command?.(command, inPipe);
  for (const word of command.words) walkWord(word, visitor);
}

function walkStage(stage: Stage, visitor: Visitor): void {
  visitor.stage?.(stage);
  switch (stage.kind) {
    case 'command':
      return walkCommand(stage, visitor, true);
    case 'where':
      return walkExpression(stage.condition, visitor);
    case 'select':
      for (const { value } of stage.columns) walkExpression(value, visitor);
      return;
    case 'sort':
      for (const { by } of stage.keys) walkExpression(by, visitor);
      return;
    case 'group':
      return walkExpression(stage.by, visitor);
    case 'each':
      return walkExpression(stage.body, visitor);
    case 'first':
    case 'last':
      if (stage.count) walkExpression(stage.count, visitor);
      return;
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
      if (stage.of) walkExpression(stage.of, visitor);
      return;
    case 'join':
      walkExpression(stage.other, visitor);
      return walkExpression(stage.on, visitor);
    case 'save':
      return walkWord(stage.file, visitor);
    case 'count':
    case 'reverse':
    case 'to':
  }
}

export function walkExpression(node: Expression, visitor: Visitor): void {
  if (visitor.expression?.(node) === false) return;
  switch (node.kind) {
    case 'template':
      for (const part of node.parts) if (typeof part !== 'string') walkExpression(part, visitor);
      return;
    case 'list':
      for (const item of node.items) walkExpression(item, visitor);
      return;
    case 'map':
      for (const { key, value } of node.entries) {
        if (typeof key !== 'string') walkExpression(key, visitor);
        walkExpression(value, visitor);
      }
      return;
    case 'member':
      return walkExpression(node.object, visitor);
    case 'index':
      walkExpression(node.object, visitor);
      return walkExpression(node.index, visitor);
    case 'call':
      walkExpression(node.callee, visitor);
      for (const argument of node.args) walkExpression(argument, visitor);
      return;
    case 'unary':
      return walkExpression(node.operand, visitor);
    case 'binary':
      walkExpression(node.left, visitor);
      return walkExpression(node.right, visitor);
    case 'conditional':
      walkExpression(node.condition, visitor);
      walkExpression(node.yes, visitor);
      return walkExpression(node.no, visitor);
    case 'arrow':
      return node.body.kind === 'block' ? walkBlock(node.body, visitor) : walkExpression(node.body, visitor);
    case 'match':
      walkExpression(node.pattern, visitor);
      if (node.within) walkExpression(node.within, visitor);
      return;
    case 'pipeline':
      return walkPipeline(node, visitor);
    case 'number':
    case 'string':
    case 'constant':
    case 'regex':
    case 'name':
    case 'broken':
  }
}
