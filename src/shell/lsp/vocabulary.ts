/** The shell's commands and faults as the language server's words. */
import type { ScriptHost } from '../../lang/index.ts';
import type { Vocabulary } from '../../lang/services/index.ts';
import { COMMON_OPTIONS } from '../commands/common-options.ts';
import { commandHelp } from '../commands/help-text.ts';
import { findCommand } from '../commands/resolve-command.ts';
import { COMMANDS } from '../commands/table.ts';
import { FAULTS } from '../host/faults.ts';

export function shellVocabulary(host: ScriptHost): Vocabulary {
  return {
    commands: host.commands(),
    options: COMMON_OPTIONS,
    page(name) {
      const command = findCommand(COMMANDS, name);
      return command && commandHelp(command);
    },
    faults: FAULTS.map(({ name, usage, doc, missing }) => ({
      name,
      usage,
      doc: missing === undefined ? doc : `${doc} (not yet: ${missing})`,
    })),
  };
}
