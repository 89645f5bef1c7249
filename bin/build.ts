/**
 * Bundles the sources into dist/: main.js (what bin/xm loads) and machine-thread.js (the machine's worker), with what they
 * import lazily in chunks of their own. Run by `npm run build`, and by npm itself after an install in the checkout.
 */
import { build } from 'esbuild';
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/shell/main.ts', 'machine-thread': 'src/dom0/link/machine-thread.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: 'chunks/[name]-[hash]',
  jsx: 'automatic',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  // Ink asks for it only when DEV is set; iced-x86 loads its wasm from its own folder.
  external: ['react-devtools-core', 'iced-x86'],
  // CommonJS packages inside the bundle look for these.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
