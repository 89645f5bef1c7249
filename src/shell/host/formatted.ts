/** `to yaml`, `to table` and the others that are the shell's to draw. */
import type { Value } from '../../lang/index.ts';
import { WRITERS } from '../plain/formats.ts';

const WIDTH = 200;

/** Null: there is no such format. */
export async function formatted(value: Value, format: string): Promise<string | null> {
  if (format === 'table') {
    const { layoutValue } = await import('../plain/value-layout.ts');
    return layoutValue(value, WIDTH)
      .map((line) =>
        line
          .map(({ text }) => text)
          .join('')
          .trimEnd(),
      )
      .join('\n');
  }
  const writer = Object.hasOwn(WRITERS, format) ? WRITERS[format as keyof typeof WRITERS] : null;
  return writer && writer(value, true).replace(/\n$/, '');
}
