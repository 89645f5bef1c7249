/** Random operands would prove little where arithmetic is hard: every form must have met the edges of its kind. */
import { expect, test } from 'vitest';
import { met, wanted } from './edges.ts';
import { unpackVectors, type Group } from './vectors.ts';

function missing(group: Group): { readonly forms: number; readonly edges: string[] } {
  const seen = new Map<string, { readonly wanted: readonly string[]; readonly met: Set<string> }>();
  for (const vector of unpackVectors(group)) {
    let form = seen.get(vector.name);
    if (!form) seen.set(vector.name, (form = { wanted: wanted(vector.name, vector), met: new Set() }));
    if (form.wanted.length > 0) for (const edge of met(vector)) form.met.add(edge);
  }
  const concerned = [...seen].filter(([, form]) => form.wanted.length > 0);
  return {
    forms: concerned.length,
    edges: concerned.flatMap(([name, form]) => form.wanted.filter((edge) => !form.met.has(edge)).map((edge) => `${name}: ${edge}`)),
  };
}

test('the operands of integer forms are zero, one, all ones and the sign bit; shifts are by 0 to 255, divisions by zero, too large, or good', () => {
  const { forms, edges } = missing('integer');
  expect(edges).toEqual([]);
  expect(forms).toBeGreaterThan(140);
});

test('SSE arithmetic meets zeroes, denormals, infinities and both kinds of NaN, with every rounding, DAZ, FTZ and exceptions unmasked', () => {
  const { forms, edges } = missing('vector');
  expect(edges).toEqual([]);
  expect(forms).toBeGreaterThan(90);
});

test('x87 arithmetic meets every kind of number, rounding and precision', () => {
  const { forms, edges } = missing('x87');
  expect(edges).toEqual([]);
  expect(forms).toBeGreaterThan(20);
});
