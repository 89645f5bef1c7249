/**
 * What crosses between a toolstack and somebody far from it: plain structured values, by number. A stream is paid for in advance: its source sends as many
 * items as it has credit for, and gets one more for each that was consumed.
 */
import type { Toolstack, ToolstackFailure } from '../toolstack/types.ts';

type NameOf<F> = { readonly [K in keyof Required<Toolstack>]: Required<Toolstack>[K] extends F ? K : never }[keyof Toolstack];

/** Operations that answer a stream at once; `console` answers one later; all others answer a value. */
export type StreamOperation = NameOf<(...args: never[]) => AsyncIterable<unknown>>;
export type ValueOperation = Exclude<keyof Toolstack, StreamOperation | 'console'>;

/** A complete list, checked against the interface. */
const VALUE_OPERATIONS_TABLE: Readonly<Record<ValueOperation, true>> = {
  create: true,
  list: true,
  domain: true,
  pause: true,
  unpause: true,
  shutdown: true,
  destroy: true,
  rename: true,
  vcpus: true,
  setVcpus: true,
  pinVcpu: true,
  setMemory: true,
  setMaxMemory: true,
  credit: true,
  info: true,
  dmesg: true,
  debugKeys: true,
  xenstoreRead: true,
  xenstoreWrite: true,
  xenstoreRemove: true,
  xenstoreList: true,
  time: true,
  sleepUntil: true,
  warm: true,
  halt: true,
};
export const VALUE_OPERATIONS = Object.keys(VALUE_OPERATIONS_TABLE) as readonly ValueOperation[];

/** An error as it crosses. Without `failure` it is a bug of ours, with its stack. */
export type Failure = { readonly failure: ToolstackFailure } | { readonly bug: string };

export type ToServer =
  | { readonly kind: 'call'; readonly id: number; readonly operation: ValueOperation; readonly args: readonly unknown[] }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'open'; readonly id: number; readonly operation: StreamOperation; readonly args: readonly unknown[] }
  | { readonly kind: 'console'; readonly id: number; readonly args: Parameters<Toolstack['console']> }
  | { readonly kind: 'type'; readonly id: number; readonly console: number; readonly bytes: Uint8Array }
  | { readonly kind: 'credit'; readonly id: number; readonly items: number }
  | { readonly kind: 'close'; readonly id: number };

export type ToClient =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: Failure }
  | { readonly kind: 'item'; readonly id: number; readonly value: unknown }
  /** null: the stream has ended as it should. */
  | { readonly kind: 'end'; readonly id: number; readonly error: Failure | null };

/** Items that may be on their way. */
export const FIRST_CREDIT = 16;

/** One end of a channel that keeps the order of its messages. */
export interface Channel<Out, In> {
  send(message: Out): void;
  onMessage(listener: (message: In) => void): void;
}
