/** The workloads of programs/table.c that are measured against others. */
export const INTEGER: readonly string[] = [
  'integer-loop',
  'memory-walk',
  'hash',
  'sort',
  'byte-code',
  'parser',
  'string-sort',
  'recursion',
];
export const FLOATING: readonly string[] = ['matrix', 'n-body', 'mandelbrot', 'string-search'];
