/** Statements that nothing reaches. */
import type { Block, Statement } from '../parse/ast.ts';
import { walk } from './walk.ts';

/** The first statement behind one that leaves the block, of each block. */
export function unreachable(body: readonly Statement[]): readonly { readonly statement: Statement; readonly because: string }[] {
  const found: { statement: Statement; because: string }[] = [];
  const look = (statements: readonly Statement[]): void => {
    for (const [at, statement] of statements.entries()) {
      const because = leaves(statement);
      // A function may stand behind: it is declared before anything runs.
      const next = because === null ? undefined : statements.slice(at + 1).find(({ kind }) => kind !== 'fn');
      if (because === null || !next) continue;
      found.push({ statement: next, because });
      break;
    }
  };
  look(body);
  walk(body, {
    statement(node) {
      for (const block of blocksOf(node)) look(block.body);
    },
    expression(node) {
      if (node.kind === 'arrow' && node.body.kind === 'block') look(node.body.body);
    },
  });
  return found;
}

function leaves(statement: Statement): string | null {
  switch (statement.kind) {
    case 'return':
    case 'break':
    case 'continue':
    case 'throw':
      return `'${statement.kind}'`;
    case 'while':
      return isForever(statement) ? 'a loop without end' : null;
    case 'if': {
      const { then, otherwise } = statement;
      if (!otherwise || !lastLeaves(then)) return null;
      return (otherwise.kind === 'if' ? leaves(otherwise) !== null : lastLeaves(otherwise)) ? "an 'if' that leaves both ways" : null;
    }
    default:
      return null;
  }
}

function lastLeaves({ body }: Block): boolean {
  const last = body.at(-1);
  return last !== undefined && leaves(last) !== null;
}

/** `while true` that nothing breaks. */
function isForever({ condition, body }: Extract<Statement, { kind: 'while' }>): boolean {
  if (condition.kind !== 'constant' || condition.value !== true) return false;
  let broken = false;
  walk(body.body, {
    statement(node) {
      if (node.kind === 'break') broken = true;
      return node.kind !== 'while' && node.kind !== 'for' && node.kind !== 'every' && node.kind !== 'fn';
    },
  });
  return !broken;
}

export function blocksOf(statement: Statement): readonly Block[] {
  switch (statement.kind) {
    case 'if':
      return statement.otherwise && statement.otherwise.kind === 'block' ? [statement.then, statement.otherwise] : [statement.then];
    case 'try':
      return [statement.body, statement.handler];
    case 'for':
    case 'while':
    case 'every':
    case 'fn':
    case 'console':
    case 'domain':
    case 'on':
      return [statement.body];
    case 'block':
      return [statement];
    // The statements of 'parallel' do not come after each other.
    default:
      return [];
  }
}
