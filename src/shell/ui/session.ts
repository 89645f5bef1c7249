/**
 * The prompt, alive: keys become lines, lines become jobs, jobs become output above the prompt. Holds no machine and no language of its
 * own; both may still be starting while the first line is typed.
 */
import type { Toolstack } from '../../dom0/toolstack/types.ts';
import type { Value } from '../../lang/index.ts';
import { actionOf } from '../editor/bindings.ts';
import { createHistorySearch } from '../editor/history-search.ts';
import type { History } from '../editor/history.ts';
import type { RoleSpan } from '../editor/layout.ts';
import type { InputEvent } from '../term/input-event.ts';
import { sanitize } from '../term/sanitize.ts';
import { fitLine, paint, type Role, run, type StyledLine } from '../term/style.ts';
import type { Closed, TerminalOwner } from '../term/terminal.ts';
import { editExternally } from './external-editor.ts';
import { fullViews } from './host-screen.ts';
import type { Interpreter } from './interpreter.ts';
import { JobBoard } from './job-board.ts';
import type { Job } from './job.ts';
import { keyHelp } from './key-help.ts';
import { leaveAnswer, leaveQuestion, runningGuests, shutDownAll } from './leave-question.ts';
import { type Intent, LineInput } from './line-input.ts';
import { LiveRegion } from './live-region.ts';
import type { HostScreen } from './options.ts';
import { echoLine, promptFrame, type PromptModel } from './prompt-frame.ts';
import { layoutValue } from '../plain/value-layout.ts';

export interface SessionServices {
  readonly toolstack: Promise<Toolstack>;
  /** Loaded after the first prompt is on the screen. */
  readonly interpreter: (screen: HostScreen) => Promise<Interpreter>;
  readonly history: History;
  /** The first prompt is on the screen. */
  onPrompt?(): void;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How long leaving waits for the machine: it has nothing to lose. */
const HALT_MS = 2000;
/** Above this a text is not a line any more: colours are not worth the wait. */
const HIGHLIGHT_LIMIT = 20_000;
const CLOSED_CODES: Readonly<Record<Closed, number>> = { 'input-ended': 0, 'output-broken': 0, SIGHUP: 129, SIGTERM: 143 };

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class Session {
  readonly #terminal: TerminalOwner;
  readonly #services: SessionServices;
  readonly #region: LiveRegion;
  readonly #input: LineInput;
  readonly #jobs: JobBoard;
  #interpreter: Interpreter | null = null;
  #loading: Promise<Interpreter> | null = null;
  /** Keys that wait for the language; null once it is there, or cannot be had. */
  #earlyKeys: InputEvent[] | null = [];
  #hint: readonly StyledLine[] = [];
  /** Guests that leaving would end, while the person is asked about them. */
  #asking: readonly string[] | null = null;
  #highlighted: { readonly text: string; readonly spans: readonly RoleSpan[] } = { text: '', spans: [] };
  #leaving: number | null = null;
  readonly #ended: PromiseWithResolvers<number> = Promise.withResolvers<number>();

  constructor(terminal: TerminalOwner, services: SessionServices) {
    this.#terminal = terminal;
    this.#services = services;
    this.#region = new LiveRegion(terminal, () => promptFrame(this.#model(), terminal.size));
    const changed = (): void => this.#region.changed();
    this.#jobs = new JobBoard({ changed, note: (text) => this.#say(text, 'dim'), free: () => this.#next() });
    this.#input = new LineInput({
      changed,
      history: () => services.history.lines,
      isComplete: (text) => this.#interpreter?.isComplete(text) ?? true,
      complete: async (text, offset) =>
        (await this.#load()).complete(text, offset).catch(() => ({ start: offset, end: offset, items: [] })),
      openSearch: (history) => Promise.resolve(createHistorySearch(history)),
    });
  }

  /** Until the person leaves; resolves with the exit code. */
  async run(): Promise<number> {
    const terminal = this.#terminal;
    const end = (code: number): void => this.#ended.resolve(code);
    terminal.write(`${paint(fitLine(welcome(this.#services.version), terminal.size.columns), terminal.depth)}\r\n`);
    this.#region.open();
    const held = [
      terminal.focus({ kind: 'keys', key: (event) => this.#key(event) }),
      terminal.onResize(() => this.#region.resized()),
      terminal.onClosed((why) => end(CLOSED_CODES[why])),
      terminal.onStopRequest(() => void this.#stop()),
    ];
    if (terminal.closed !== null) end(CLOSED_CODES[terminal.closed]);
    setImmediate(() => this.#warmUp());
    process.on('uncaughtException', this.#bug);
    const code = await this.#ended.promise;
    process.off('uncaughtException', this.#bug);
    this.#jobs[Symbol.dispose]();
    await this.#region[Symbol.asyncDispose]();
    for (const one of held) one[Symbol.dispose]();
    await this.#halt();
    return code;
  }

  // ── starting: what the prompt can do without comes after the prompt ──

  #warmUp(): void {
    this.#services.onPrompt?.();
    this.#load().catch(() => undefined);
    void this.#services.history.load().then((note) => {
      if (note !== null) this.#say(note, 'dim');
    });
    void this.#services.toolstack.then(
      (toolstack) => this.#watch(toolstack),
      (error: unknown) => this.#say(`error: the machine did not start: ${message(error)}`, 'error'),
    );
  }

  #load(): Promise<Interpreter> {
    if (!this.#loading) {
      this.#loading = this.#services.interpreter(this.#hostScreen()).then((interpreter) => {
        this.#interpreter = interpreter;
        return interpreter;
      });
      void this.#loading.catch(() => undefined).then(() => this.#replayKeys());
    }
    return this.#loading;
  }

  /** Whether a line is finished, and how a word goes on, only the language knows: from the first such key on, keys wait for it. */
  #mustWait(event: InputEvent): boolean {
    if (this.#interpreter || !this.#earlyKeys) return false;
    const action = event.kind === 'key' ? actionOf(event.chord) : null;
    return this.#earlyKeys.length > 0 || action === 'submit' || action === 'complete' || action === 'complete-back';
  }

  #replayKeys(): void {
    const keys = this.#earlyKeys ?? [];
    this.#earlyKeys = null;
    for (const event of keys) this.#key(event);
    this.#region.changed();
  }

  /** What happens to domains without anybody asking is said when it happens. */
  async #watch(toolstack: Toolstack): Promise<void> {
    try {
      for await (const event of toolstack.events()) {
        if (event.kind !== 'crashed') continue;
        const why = event.detail === undefined ? '' : `: ${sanitize(event.detail)}`;
        this.#say(`${sanitize(event.name)} crashed${why}; dmesg tells more`, 'warn');
      }
    } catch (error) {
      this.#say(`domain events are not shown any more: ${message(error)}`, 'dim');
    }
  }

  /** A mistake of ours: say so, with all that helps to find it, and keep the shell and its domains alive. */
  readonly #bug = (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#say(`error: this is a bug in Xenolith; the shell goes on\n${sanitize(stack)}`, 'error');
  };

  // ── what is on the screen ──

  #model(): PromptModel {
    const { editor, mode, suggestion } = this.#input;
    return {
      editor,
      suggestion,
      spans: this.#spans(editor.text),
      menu: mode.kind === 'menu' ? mode.menu : null,
      search: mode.kind === 'search' ? mode.search : null,
      foreground: this.#jobs.foreground?.view() ?? null,
      background: this.#jobs.background,
      queued: this.#jobs.queued,
      below: this.#asking ? leaveQuestion(this.#asking) : this.#hint,
    };
  }

  #spans(text: string): readonly RoleSpan[] {
    if (this.#highlighted.text === text) return this.#highlighted.spans;
    if (!this.#interpreter || text.length > HIGHLIGHT_LIMIT) return [];
    this.#highlighted = { text, spans: this.#interpreter.highlight(text) };
    return this.#highlighted.spans;
  }

  #printLines(lines: readonly StyledLine[]): void {
    this.#region.print(lines.map((line) => `${paint(line, this.#terminal.depth)}\n`).join(''));
  }

  #say(text: string, role: Role): void {
    this.#printLines(text.split('\n').map((line) => [run(line, role)]));
  }

  #show(value: Value): void {
    this.#printLines(layoutValue(value, this.#terminal.size.columns));
  }

  #hostScreen(): HostScreen {
    return {
      terminal: fullViews(this.#terminal, this.#region, this.#services.toolstack),
      print: (text) => this.#show(text),
      show: (value) => Promise.resolve(this.#show(value)),
      note: (text) => this.#say(sanitize(text), 'dim'),
      progress: (stage, fraction) => this.#jobs.progress(stage, fraction),
      leave: (code) => {
        this.#leaving = code;
        if (!this.#jobs.foreground) this.#ended.resolve(code);
      },
    };
  }

  // ── keys ──

  #key(event: InputEvent): void {
    if (this.#asking) {
      if (event.kind === 'key') this.#answer(event.chord, this.#asking);
    } else if (this.#mustWait(event)) {
      this.#earlyKeys?.push(event);
    } else {
      this.#hint = [];
      const intent = this.#input.key(event);
      if (intent) this.#act(intent);
    }
    this.#region.changed();
  }

  #act(intent: NonNullable<Intent>): void {
    switch (intent.do) {
      case 'submit':
        if (!this.#jobs.foreground) this.#submit(intent.line);
        else if (intent.line.trim() !== '') this.#jobs.queued.push(intent.line);
        break;
      case 'help':
        if (!this.#jobs.foreground) void this.#help(intent.command);
        break;
      case 'interrupt':
        if (this.#jobs.foreground) this.#jobs.interrupt();
        else if (this.#input.editor.text !== '') this.#input.setText('');
        else this.#hint = [[run('Ctrl-D leaves', 'dim')]];
        break;
      case 'leave':
        if (!this.#jobs.foreground) void this.#askToLeave();
        break;
      case 'clear-screen':
        this.#region.clear();
        break;
      case 'suspend':
        if (this.#jobs.foreground) this.#jobs.toBackground();
        else void this.#stop();
        break;
      case 'open-editor':
        void this.#openEditor();
        break;
    }
  }

  #submit(line: string): void {
    this.#printLines(echoLine(line, this.#spans(line)));
    if (line.trim() !== '') void this.#jobs.run(line, (job) => this.#work(job));
  }

  async #help(command: string | null): Promise<void> {
    const line = command === null ? 'help' : `help ${command}`;
    this.#printLines(echoLine(line, this.#spans(line)));
    await this.#jobs.run(line, (job) => this.#work(job));
    if (command === null) this.#printLines(keyHelp(this.#terminal.size.columns));
  }

  #stop(): Promise<void> {
    return this.#region.away(() => this.#terminal.stop());
  }

  async #openEditor(): Promise<void> {
    const { text } = this.#input.editor;
    try {
      this.#input.setText(await this.#region.away(() => editExternally(this.#terminal, text, this.#services.env)));
    } catch (error) {
      this.#hint = [[run(message(error), 'error')]];
    }
    this.#region.changed();
  }

  // ── lines that run ──

  /** Everything a line does, from the first step to its place in history; the exit code is what a script would have got. */
  async #work(job: Job): Promise<number> {
    const { history } = this.#services;
    const folder = process.cwd();
    history.add(job.line, { folder, exitCode: 0, durationMs: 0 });
    let exitCode = 1;
    try {
      const interpreter = await this.#load();
      const ran = await interpreter.run(job.line, {
        signal: job.signal,
        show: (value) => {
          if (!job.abandoned) this.#show(value);
        },
      });
      exitCode = ran.exitCode;
      if (!job.abandoned) for (const failure of ran.failures) this.#region.print(failure);
    } catch (error) {
      // Failures are values here; what is thrown is a mistake of ours, or a language that could not be loaded.
      if (!job.abandoned) this.#bug(error);
    }
    const note = history.add(job.line, { folder, exitCode, durationMs: job.elapsedMs });
    if (note !== null) this.#say(note, 'dim');
    return exitCode;
  }

  /** What was typed ahead runs now. */
  #next(): void {
    if (this.#leaving !== null) {
      this.#ended.resolve(this.#leaving);
      return;
    }
    const line = this.#jobs.queued.shift();
    if (line !== undefined) this.#submit(line);
  }

  // ── leaving ──

  async #askToLeave(): Promise<void> {
    const names = await runningGuests(this.#services.toolstack);
    if (names.length === 0) {
      this.#ended.resolve(0);
      return;
    }
    this.#asking = names;
    this.#region.changed();
  }

  #answer(chord: string, names: readonly string[]): void {
    const choice = leaveAnswer(chord);
    if (choice === null) return;
    this.#asking = null;
    if (choice === 'leave') this.#ended.resolve(0);
    if (choice === 'shut-down') void this.#jobs.run(`shutting down ${names.join(', ')}`, (job) => this.#shutDown(job, names));
  }

  async #shutDown(job: Job, names: readonly string[]): Promise<number> {
    const failures = await shutDownAll(await this.#services.toolstack, names);
    if (failures.length === 0 && !job.signal.aborted) this.#ended.resolve(0);
    for (const failure of failures) this.#say(`error: ${sanitize(failure)}`, 'error');
    return failures.length === 0 ? 0 : 1;
  }

  async #halt(): Promise<void> {
    const halted = this.#services.toolstack.then((toolstack) => toolstack.halt()).catch(() => undefined);
    const enough = new Promise<void>((resolve) => {
      setTimeout(resolve, HALT_MS).unref();
    });
    await Promise.race([halted, enough]);
  }
}

function keyHint(key: string, does: string): StyledLine {
  return [run(key, 'name'), run(does, 'dim')];
}

function welcome(version: string): StyledLine {
  const hints = [...keyHint('help', ' lists the commands, '), ...keyHint('Tab', ' completes, '), ...keyHint('Ctrl-D', ' leaves')];
  return [run('Xenolith ', 'strong'), run(`${version}  `, 'dim'), ...hints];
}
