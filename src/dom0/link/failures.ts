/** Errors on their way across. */
import { ToolstackError, type ToolstackFailure } from '../toolstack/types.ts';
import type { Failure } from './protocol.ts';

export function packError(error: unknown): Failure {
  if (error instanceof ToolstackError) {
    const { code, message, hint, field } = error;
    const failure: ToolstackFailure = { code, message, ...(hint !== undefined && { hint }), ...(field !== undefined && { field }) };
    return { failure };
  }
  return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function unpackError(packed: Failure): ToolstackError {
  if ('failure' in packed) return new ToolstackError(packed.failure);
  return internalError(packed.bug);
}

/** A bug of ours on the other side: the stack is that of where it happened. */
export function internalError(stack: string): ToolstackError {
  const error = new ToolstackError({ code: 'internal', message: stack.split('\n')[0]! });
  error.stack = stack;
  return error;
}
