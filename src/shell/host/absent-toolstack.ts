/** For commands that need no machine: whoever asks it something all the same is told so. */
import { type Toolstack, ToolstackError } from '../../dom0/toolstack/types.ts';

export function absentToolstack(): Toolstack {
  const refuse = (): Promise<never> =>
    Promise.reject(new ToolstackError({ code: 'not-supported', message: 'there is no machine: this command runs without one' }));
  const halt = (): Promise<void> => Promise.resolve();
  // A promise may hold it: it is none itself.
  const get = (_: object, name: string | symbol): unknown => (name === 'then' ? undefined : name === 'halt' ? halt : refuse);
  return new Proxy({}, { get }) as Toolstack;
}
