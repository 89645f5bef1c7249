/** The extension for VS Code: what its package.json points at is there, and fits the language and the server. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../../src/shell/commands/table.ts';

const FOLDER = resolve('editors/vscode');

interface Manifest {
  readonly main: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly languages: readonly {
      id: string;
      extensions?: string[];
      filenamePatterns?: string[];
      firstLine?: string;
      configuration: string;
    }[];
    readonly grammars: readonly { language: string; scopeName: string; path: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { default: unknown }>> };
  };
}

const json = <T>(path: string): T => JSON.parse(readFileSync(join(FOLDER, path), 'utf8')) as T;
const manifest = json<Manifest>('package.json');
const source = readFileSync(join(FOLDER, manifest.main), 'utf8');

test('every file that it points at is there', () => {
  const { languages, grammars } = manifest.contributes;
  const files = [manifest.main, 'README.md', ...languages.map(({ configuration }) => configuration), ...grammars.map(({ path }) => path)];
  for (const file of files) expect(existsSync(join(FOLDER, file)), file).toBe(true);
  expect(manifest.version).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
});

test('every language has its grammar, and the grammar is that of the language', () => {
  const { languages, grammars } = manifest.contributes;
  expect(grammars.map(({ language }) => language)).toEqual(languages.map(({ id }) => id));
  for (const { path, scopeName } of grammars) expect(json<{ scopeName: string }>(path).scopeName).toBe(scopeName);
  expect(languages.find(({ id }) => id === 'xm')?.extensions).toEqual(['.xm']);
  for (const { firstLine = '' } of languages) expect(() => new RegExp(firstLine)).not.toThrow();
});

test('the extension is a program, starts a command that there is, for the languages and by the setting that it declares', () => {
  execFileSync(process.execPath, ['--check', join(FOLDER, manifest.main)]);
  const [, args] = /args: \['(\w+)'\]/.exec(source)!;
  expect(COMMANDS.map(({ name }) => name)).toContain(args);
  const [, listed] = /LANGUAGES = \[([^\]]+)\]/.exec(source)!;
  expect(listed!.split(', ')).toEqual(manifest.contributes.languages.map(({ id }) => `'${id}'`));
  for (const setting of Object.keys(manifest.contributes.configuration.properties)) {
    const [section, name] = setting.split('.');
    expect(source).toContain(
      `getConfiguration('${section}').get('${name}', '${String(manifest.contributes.configuration.properties[setting]!.default)}')`,
    );
  }
  const [...needed] = source.matchAll(/require\('([^'/]+)/g);
  expect(needed.map(([, name]) => name).filter((name) => name !== 'vscode')).toEqual(Object.keys(manifest.dependencies));
});

interface LanguageConfiguration {
  readonly comments: { readonly lineComment: string };
  readonly brackets: readonly (readonly [string, string])[];
  readonly wordPattern: string;
  readonly indentationRules: { readonly increaseIndentPattern: string; readonly decreaseIndentPattern: string };
}

test('words, comments and indentation are those of the language', () => {
  const { comments, brackets, wordPattern, indentationRules } = json<LanguageConfiguration>('language-configuration.json');
  expect(comments.lineComment).toBe('#');
  expect(brackets.map((pair) => pair.join(''))).toEqual(['{}', '[]', '()']);
  const words = (text: string): readonly string[] => text.match(new RegExp(wordPattern, 'g')) ?? [];
  expect(words('vcpu-list $name 64MiB x.state')).toEqual(['vcpu-list', 'name', '64MiB', 'x', 'state']);
  const increase = new RegExp(indentationRules.increaseIndentPattern);
  for (const line of ['domain "a" {', '  disk = [', 'if x { # so', 'print ("{") {']) expect(increase.test(line), line).toBe(true);
  for (const line of ['# domain {', 'list', 'let m = { a: 1 }', 'print "{"']) expect(increase.test(line), line).toBe(false);
  const decrease = new RegExp(indentationRules.decreaseIndentPattern);
  expect([decrease.test('  }'), decrease.test('list }')]).toEqual([true, false]);
});
