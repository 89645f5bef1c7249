import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { instructionTable, PAGE } from './instruction-table.ts';

test('docs/instructions.md is what the descriptions make (node test/conformance/instruction-table.ts writes it)', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(instructionTable());
});
