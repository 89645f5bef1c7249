/** lsp: the language server that editors start. */
import type { Command } from './command.ts';
import { NOTHING } from './command.ts';
import { ShellFailure } from './failure.ts';

export const lsp: Command = {
  name: 'lsp',
  group: 'shell',
  summary: 'Serve editors: diagnostics, completion, renaming and more',
  details:
    'A server of the Language Server Protocol, which editors start by themselves and talk to over stdin and stdout. The same checks, words and form as those of ' +
    'check, the prompt and fmt. docs/editors.md says how to set up VS Code, Neovim, Helix and Emacs.',
  positionals: [],
  options: [{ long: 'stdio', summary: 'over stdin and stdout, as always: some editors say so', value: null }],
  effect: 'reads',
  offline: true,
  examples: [{ run: 'lsp', says: 'as an editor would start it' }],
  async run({ pipe, host, note }) {
    if (!pipe) throw new ShellFailure('not-supported', 'the language server is started by an editor, not at the prompt');
    if (process.stdin.isTTY) note('xm lsp waits for an editor on its stdin; Ctrl-C ends it');
    const { serve } = await import('../lsp/serve.ts');
    await serve(pipe, host);
    return NOTHING;
  },
};
