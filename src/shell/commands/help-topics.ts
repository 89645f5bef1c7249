/** Help that belongs to no command. */
import { EXIT_CODES } from './failure.ts';
import { wrap, type Topic } from './help-text.ts';

interface Page extends Topic {
  text(): string;
}

const exitCodes = (): string =>
  `Exit codes\n\n${EXIT_CODES.map(({ code, meaning, failures }) => {
    const causes = failures.length === 0 ? '' : ` (${failures.join(', ')})`;
    return `${String(code).padStart(5)}${wrap(meaning + causes, ' '.repeat(7)).slice(5)}`;
  }).join('')}
${wrap('In JSON a failure is an object on stderr with code (the words in brackets), message, hint and span. A failure of any other kind ends with 1.')}`;

const output = (): string =>
  [
    'Output',
    wrap(
      'On a terminal results are tables fitted to its width, with units for people. Without one they are exactly what xl and xentop print, so that scripts written for them keep working; what has no such form is columns separated by tabs.',
    ),
    wrap(
      '--json prints full values: sizes in bytes, durations in nanoseconds, shares in percent. --json=name,mem chooses fields. --format is one of json, ndjson (a line for each row), csv, tsv, yaml, table. --columns and --no-header work with all of them.',
    ),
    wrap(
      'These options may stand after any command, or before it to hold for all: xm --json -c "list; info". NO_COLOR or --no-color turns colours off.',
    ),
  ].join('\n');

const language = (): string =>
  [
    'The language, in short',
    wrap(
      'One language configures domains (an xl.cfg file is a program), is typed at the prompt (a command line is a statement) and scripts a machine.',
    ),
    `  let names = ["a", "b"]                 a variable
  for n in names { create pebble.cfg name=$n }
  if host.free_memory < 64MiB { list }   also: else if, else
  fn off(d) { shutdown $d -w }           a function, callable as a command
  domain "web" { kernel = guest("pebble"); memory = 64MiB }
  create web                             the domain declared above
  list | where mem > 64MiB | sort by time desc | select name, mem | first 3
  wait 2s                                in machine time
  wait until domain("web").state == "blocked" within 10s
  wait for rebooted of "web" within 10s    an event; on EVENT … is a handler
  on crashed of "web-*" as d { print "\${d.name}: \${d.reason}" }
  inject stall on web for 2s             a fault, taken back by itself
  domain app { kernel = guest("pebble"); after = [db]; ready = /login:/ }
  list | join (vcpu-list) on name | save report.json
  parallel { { wait 1s; pause web }; create db }   sequences beside each other
  names[-1], names[1..-1]                the last one; all but the first
  console web { expect /> $/ within 5s; send "help\\n" }
  assert len(domains) == 3, "somebody is missing"
`,
    wrap(
      'Sizes (512MiB), durations (250ms, 10s) and percentages (40%) are values with a unit. "…${x}…" interpolates, \'…\' does not. # begins a comment; a line ends a statement, so does ;.',
    ),
    wrap(
      'domain("web") has state, memory, max_memory, cpu_time, cpu_share, vcpus, disks, nics, weight, cap, uptime, shutdown_reason, id, uuid, console.last(20). host has free_memory, total_memory, cpus, cpu_mhz, xen_version.',
    ),
  ].join('\n');

const keys = (): string =>
  [
    'Keys at the prompt',
    `  Tab, Shift-Tab     complete, with descriptions
  Right, Alt-Right   take the grey suggestion, or a word of it
  Up, Down           lines first, then history that begins as typed
  Ctrl-R             search history
  Alt-Enter          a new line without running
  Alt-E              edit in $EDITOR
  Ctrl-_, Alt-_      undo, redo
  Ctrl-C             clear the line; stop what runs
  Ctrl-Z             send what runs to the background; else stop the shell
  Ctrl-]             leave a console
  Ctrl-D             leave
`,
  ].join('\n');

export const TOPICS: readonly Page[] = [
  { name: 'exit-codes', summary: 'what the exit codes mean', text: exitCodes },
  { name: 'output', summary: 'tables, JSON and other formats, units', text: output },
  { name: 'language', summary: 'scripts and pipelines, in short', text: language },
  { name: 'keys', summary: 'the keys of the prompt', text: keys },
];

/** What is said of it where commands are listed, but not a page of ours. */
export const PROBLEM_TOPIC: Topic = { name: 'XM1042', summary: 'what a diagnostic means: its code' };
