/** create: xl's, with every mistake of a configuration found before anything is built. */
import { type CreateOptions, type DomainConfig, type DomainInfo, type Toolstack, ToolstackError } from '../../dom0/toolstack/types.ts';
import { atItsPlace, loadConfig, type LoadedConfig } from '../host/load-config.ts';
import { afterOf, startOrder, untilReady } from '../host/start-order.ts';
import { attachConsole } from './attach-console.ts';
import { NOTHING, type Command, type CommandContext, type Outcome } from './command.ts';
import { domainValue } from './domain-table.ts';
import { ShellFailure, usage } from './failure.ts';
import { didYouMean } from './near.ts';
import { printJson, toValue, xlConfig } from './xl-json.ts';

let jobs = 0;

/** Stages as they come, while the domain is built. Without a terminal nobody looks. */
function watchProgress({ toolstack, terminal, progress }: CommandContext): { readonly options: CreateOptions; stop(): void } {
  if (!terminal) return { options: {}, stop: () => undefined };
  const job = `create-${++jobs}`;
  const events = toolstack.events()[Symbol.asyncIterator]();
  let open = true;
  const follow = async (): Promise<void> => {
    for (;;) {
      const { done, value: event } = await events.next();
      if (done || !open) return;
      if (event.kind === 'progress' && event.job === job) progress(event.stage, event.total > 0 ? event.done / event.total : null);
    }
  };
  follow().catch(() => undefined);
  return {
    options: { job },
    stop() {
      open = false;
      void events.return?.();
    },
  };
}

async function build(context: CommandContext, config: DomainConfig, options: CreateOptions): Promise<DomainInfo> {
  const { toolstack, signal } = context;
  const watched = watchProgress(context);
  try {
    const info = await toolstack.create(config, { ...options, ...watched.options });
    if (signal.aborted) await undo(toolstack, info);
    return info;
  } finally {
    watched.stop();
  }
}

/** Given up meanwhile: what was made is taken down again. */
async function undo(toolstack: Toolstack, { domid }: DomainInfo): Promise<void> {
  await toolstack.destroy(domid).catch(() => undefined);
}

async function buildLoaded(context: CommandContext, loaded: LoadedConfig, options: CreateOptions): Promise<DomainInfo> {
  try {
    return await build(context, loaded.config, options);
  } catch (error) {
    throw error instanceof ToolstackError ? atItsPlace(error, loaded) : error;
  }
}

async function isThere({ toolstack }: CommandContext, name: string): Promise<boolean> {
  return (await toolstack.list()).some((info) => info.name === name);
}

/** Those that a declared domain comes after, as far as they are not there, each as soon as it may. */
async function createBefore(context: CommandContext, name: string): Promise<void> {
  for (const before of startOrder([name], context.declarations).slice(0, -1)) await start(context, before);
  for (const before of afterOf(context.declarations.get(name))) await untilReady(context, before);
}

async function start(context: CommandContext, name: string): Promise<void> {
  if (await isThere(context, name)) return;
  if (!context.declarations.has(name)) {
    const hint = didYouMean(name, context.declarations.keys()) ?? 'domain "…" { … } declares one';
    throw new ShellFailure('no-such-domain', `'${name}' of after = […] is neither there nor declared`, { hint });
  }
  for (const before of afterOf(context.declarations.get(name))) await untilReady(context, before);
  const loaded = await loadConfig(context, { words: [name], file: undefined, quiet: true });
  const info = await buildLoaded(context, loaded, {});
  context.created.set(info.uuid, loaded.config);
}

async function createAll(context: CommandContext, words: readonly string[]): Promise<Outcome> {
  if (words.length > 0) throw usage(`--all takes no more words: ${words.join(' ')}`);
  const names = startOrder([...context.declarations.keys()], context.declarations);
  if (names.length === 0) throw usage('no domain has been declared', 'domain "web" { … }');
  for (const name of names) await start(context, name);
  return NOTHING;
}

export const create: Command = {
  name: 'create',
  group: 'lifecycle',
  summary: 'Create a domain from a configuration file or a declared domain',
  details:
    'CONFIG is an xl.cfg file, or the name of a domain block that has run. KEY=VALUE words are settings that win over those of the file; strings may be left without quotes. ' +
    'A declared domain starts those of its after = […] first, and waits until they are ready. ' +
    'A kernel that ships with Xenolith is kernel = guest("pebble").',
  positionals: [
    {
      name: 'config',
      kind: 'config-file',
      summary: 'configuration file or declared domain, and key=value settings',
      required: false,
      rest: true,
    },
  ],
  options: [
    { long: 'all', short: 'a', summary: 'every declared domain that is not there, in the order that after = […] says', value: null },
    { long: 'console', short: 'c', summary: 'attach to its console', value: null },
    { long: 'paused', short: 'p', summary: 'leave it paused', value: null },
    { long: 'dryrun', short: 'n', summary: 'print the resulting configuration as JSON and build nothing', value: null },
    { long: 'strict-xl', summary: 'tell what real xl would reject', value: null },
    { long: 'quiet', short: 'q', summary: 'no notes', value: null },
    { long: 'defconfig', short: 'f', summary: 'the configuration file', value: 'config-file' },
  ],
  effect: 'modifies',
  examples: [
    { run: 'create examples/scripts/pebble.cfg', says: 'the guest that ships with Xenolith' },
    { run: 'create web.cfg -c', says: 'and watch it boot' },
    { run: 'create web.cfg name=web2 memory=128', says: 'a second one, with other settings' },
    { run: 'create -n web.cfg', says: 'only what it would be' },
  ],
  async run(context, args) {
    const quiet = args.flag('quiet');
    if (args.flag('console') && args.flag('paused')) throw usage('a paused domain says nothing on its console: -c or -p, not both');
    const words = args.texts('config');
    if (args.flag('all')) return await createAll(context, words);
    const name = words.find((word) => !word.includes('='));
    if (name !== undefined && !args.flag('dryrun')) await createBefore(context, name);
    const loaded = await loadConfig(context, {
      words,
      file: args.text('defconfig'),
      quiet,
      strictXl: args.flag('strict-xl'),
      dry: args.flag('dryrun'),
    });
    if (args.flag('dryrun')) {
      const json = xlConfig(loaded.config, loaded.settings);
      return { kind: 'text', text: `${printJson(json)}\n`, value: toValue(json) };
    }
    const info = await buildLoaded(context, loaded, { paused: args.flag('paused') });
    context.created.set(info.uuid, loaded.config);
    if (context.terminal && !quiet) context.note(`${info.name} is domain ${info.domid}`);
    if (args.flag('console')) await attachConsole(context, info);
    return { kind: 'text', text: '', value: domainValue(info) };
  },
};
