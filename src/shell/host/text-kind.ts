/** A script or a configuration: scripts end in .xm; configurations have many endings, and often none. */
import type { Dialect } from '../../lang/index.ts';

export function dialectOfFile(path: string): Dialect {
  return path.endsWith('.xm') ? 'script' : 'config';
}
