/** The shell's commands and faults as the language server's words. */
import type { ScriptHost } from '../../lang/index.ts';
import type { Vocabulary } from '../../lang/services/index.ts';
import { COMMON_OPTIONS } from '../commands/common-options.ts';
import type { Command } from '../commands/command.ts';
import { findCommand } from '../commands/resolve-command.ts';
import { COMMANDS } from '../commands/table.ts';
import { synopsis } from '../commands/usage-line.ts';
import { FAULTS } from '../host/faults.ts';

export function shellVocabulary(host: ScriptHost): Vocabulary {
  return {
    commands: host.commands(),
    options: COMMON_OPTIONS,
    page(name) {
      const command = findCommand(COMMANDS, name);
      return command && commandPage(command);
    },
    faults: FAULTS.map(({ name, usage, doc, missing }) => ({
      name,
      usage,
      doc: missing === undefined ? doc : `${doc} (not yet: ${missing})`,
    })),
  };
}

/** As `help CMD` has it, without the options of every command. */
function commandPage(command: Command): string {
  const { summary, details, options, examples } = command;
  const width = Math.max(...examples.map(({ run }) => run.length));
  return [
    `\`\`\`text\n${synopsis(command)}\n\`\`\``,
    `${summary}.`,
    details ?? '',
    options
      .map(({ long, short, value, summary: what }) => {
        const written = `${short === undefined ? '' : `-${short}, `}--${long}${value === null ? '' : `=${value.toUpperCase()}`}`;
        return `- \`${written}\`: ${what}`;
      })
      .join('\n'),
    `\`\`\`xm\n${examples.map(({ run, says }) => `${run.padEnd(width)}  # ${says}`).join('\n')}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
