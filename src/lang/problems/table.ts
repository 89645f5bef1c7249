/** Every diagnostic of the language, declared once. Codes are stable: a code that falls out of use is never given to another problem. */
import type { Severity } from '../problem.ts';

export interface ProblemKind {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** Paragraphs for `help XM1042`. */
  readonly explanation: string;
}

export type ProblemId =
  | 'syntax'
  | 'unknown-character'
  | 'unclosed-string'
  | 'bad-escape'
  | 'unclosed-bracket'
  | 'bad-number'
  | 'too-deep'
  | 'bad-pattern'
  | 'not-xl'
  | 'config-statement'
  | 'unknown-key'
  | 'wrong-type'
  | 'out-of-range'
  | 'bad-choice'
  | 'missing-key'
  | 'bad-disk'
  | 'bad-vif'
  | 'vif-ignored'
  | 'bad-cpus'
  | 'ignored-key'
  | 'old-key'
  | 'mixed-append'
  | 'python'
  | 'unsupported-type'
  | 'overridden-key'
  | 'bad-uuid'
  | 'unused-key'
  | 'bad-resource'
  | 'unknown-name'
  | 'unknown-command'
  | 'unknown-event'
  | 'wrong-words'
  | 'unused'
  | 'shadowed'
  | 'unreachable'
  | 'text-for-value'
  | 'dollar-in-text'
  | 'unknown-domain'
  | 'too-large'
  | 'no-end'
  | 'slow-pattern'
  | 'never-happens'
  | 'not-declared'
  | 'misplaced'
  | 'type-error'
  | 'unknown-property'
  | 'wrong-arguments'
  | 'index-range'
  | 'overflow'
  | 'division-by-zero'
  | 'not-in-config'
  | 'assertion-failed'
  | 'timed-out'
  | 'command-failed'
  | 'thrown'
  | 'cancelled'
  | 'console-ended'
  | 'host-failed';

/** 10xx reading the text, 104x and 105x configurations, 11xx names and meaning, 12xx while a script runs. */
export const PROBLEMS: Readonly<Record<ProblemId, ProblemKind>> = {
  syntax: {
    code: 'XM1001',
    severity: 'error',
    title: 'the text is not a statement',
    explanation:
      'The parser met something that cannot stand at this place. It goes on at the next line, so further errors are reported too.',
  },
  'unknown-character': {
    code: 'XM1002',
    severity: 'error',
    title: 'a character that means nothing here',
    explanation:
      'Outside strings and comments only letters, digits and the signs of the language may stand. A configuration names its keys with lower-case letters, digits, dots and underscores.',
  },
  'unclosed-string': {
    code: 'XM1003',
    severity: 'error',
    title: 'a string is not closed',
    explanation:
      'A string ends with the quote it began with, on the same line. In scripts three quotes hold several lines. In configurations a string never goes over a line.',
  },
  'bad-escape': {
    code: 'XM1004',
    severity: 'error',
    title: 'a wrong escape in a string',
    explanation:
      'A backslash takes the next character: \\n \\t \\r \\a \\b \\f \\v \\\\ \\\' \\". Scripts also know \\e, \\0, \\xHH, \\u{H…} and \\$. Real xl rejects every \\x in a configuration, so it is an error there.',
  },
  'unclosed-bracket': {
    code: 'XM1005',
    severity: 'error',
    title: 'a bracket is not closed',
    explanation: 'Each ( [ { needs its partner. In a configuration only lists may go over several lines.',
  },
  'bad-number': {
    code: 'XM1006',
    severity: 'error',
    title: 'not a number',
    explanation:
      'Numbers are decimal (16), hexadecimal (0x1f) or, with a leading 0, octal (010), as in C. Scripts also know 0b101, 1.5, 1_000 and units: 512MiB, 250ms, 10Mb/s, 40%.',
  },
  'too-deep': {
    code: 'XM1007',
    severity: 'error',
    title: 'nested too deeply',
    explanation: 'Brackets inside brackets, or a function that calls itself without end.',
  },
  'bad-pattern': {
    code: 'XM1008',
    severity: 'error',
    title: 'not a regular expression',
    explanation: 'Between the slashes stands a regular expression as JavaScript knows it: /login:/, /^burn-\\d+$/i.',
  },
  'not-xl': {
    code: 'XM1040',
    severity: 'warning',
    title: 'real xl would not read this',
    explanation:
      'The meaning is plain, so it is accepted, but libxlutil rejects the file for it: line ends of Windows, a byte order mark, a comment at the end of the file without a newline, upper-case hexadecimal, negative numbers, True, yes, units, and expressions.',
  },
  'config-statement': {
    code: 'XM1041',
    severity: 'error',
    title: 'a line of a configuration is KEY = VALUE',
    explanation:
      'A configuration consists of settings: KEY = VALUE or KEY += VALUE, one a line or separated by ";". A value is a string in quotes, a number, or a list in brackets. Commands belong into a script (.xm) or at the prompt.',
  },
  'unknown-key': {
    code: 'XM1042',
    severity: 'error',
    title: 'an unknown configuration key',
    explanation:
      'No such key is known. Real xl ignores unknown keys without a word, which hides misspellings; Xenolith refuses them before anything is created.',
  },
  'wrong-type': {
    code: 'XM1043',
    severity: 'error',
    title: 'a value of the wrong type',
    explanation: 'The key wants another kind of value: a number, a text, or a list in brackets. Real xl warns and drops the setting.',
  },
  'out-of-range': {
    code: 'XM1044',
    severity: 'error',
    title: 'a value out of range',
    explanation: 'The number is smaller or larger than the key allows; the message says the limits.',
  },
  'bad-choice': {
    code: 'XM1045',
    severity: 'error',
    title: 'not one of the possible values',
    explanation: 'The key takes one of a few words; the message lists them.',
  },
  'missing-key': {
    code: 'XM1046',
    severity: 'error',
    title: 'a mandatory key is missing',
    explanation: 'Every domain needs a name, and a kernel to boot.',
  },
  'bad-disk': {
    code: 'XM1047',
    severity: 'error',
    title: 'a wrong disk specification',
    explanation:
      "A disk is TARGET,FORMAT,VDEV,ACCESS or named parameters: format=qcow2,vdev=xvdb,access=r,target=/srv/data.qcow2 (target= last). xm's w! and r! are not known to xl.",
  },
  'bad-vif': {
    code: 'XM1048',
    severity: 'error',
    title: 'a wrong network interface specification',
    explanation:
      'An interface is a list of parameters: mac=00:16:3e:01:02:03,bridge=xenbr0,rate=10Mb/s. A rate is a whole number with KB/s, Mb/s, GB/s and so on, and may name an interval: 1MB/s@20ms.',
  },
  'vif-ignored': {
    code: 'XM1049',
    severity: 'warning',
    title: 'a part of a network interface specification is ignored',
    explanation: 'Real xl says so and creates the domain without it.',
  },
  'bad-cpus': {
    code: 'XM1050',
    severity: 'error',
    title: 'a wrong list of CPUs',
    explanation:
      'A list of CPUs is all, N, A-B, ^N, ^A-B, node:N or nodes:A-B, separated by commas without blanks, applied from left to right.',
  },
  'ignored-key': {
    code: 'XM1051',
    severity: 'hint',
    title: 'a key that is read but has no effect',
    explanation: 'The key is one of xl, but has no meaning for a paravirtual domain of this version; the message says why.',
  },
  'old-key': {
    code: 'XM1052',
    severity: 'warning',
    title: 'a key that only old xm knew',
    explanation: 'xl silently drops it, and so does Xenolith, but not silently.',
  },
  'mixed-append': {
    code: 'XM1053',
    severity: 'error',
    title: '+= mixes a list and a single value',
    explanation: 'list += list appends, text += text concatenates; the two cannot be mixed.',
  },
  python: {
    code: 'XM1054',
    severity: 'error',
    title: 'Python in a configuration',
    explanation:
      'Old xm ran its configurations as Python programs; xl does not. What real ones use is run here in a sandbox: no file, network, clock or process can be reached. The message names what cannot be given a meaning, and what to write in its place; xm convert writes the file anew.',
  },
  'unsupported-type': {
    code: 'XM1055',
    severity: 'error',
    title: 'a type of domain that cannot be run',
    explanation: 'Xenolith runs paravirtual (PV) domains: type="pv", or no type at all. HVM and PVH guests need hardware virtualisation.',
  },
  'overridden-key': {
    code: 'XM1056',
    severity: 'warning',
    title: 'keys that exclude each other',
    explanation: 'cmdline wins over root and extra, as in xl.',
  },
  'bad-uuid': {
    code: 'XM1057',
    severity: 'error',
    title: 'not a UUID',
    explanation: 'A UUID is 32 hexadecimal digits, usually with dashes: 12345678-1234-1234-1234-123456789abc.',
  },
  'unused-key': {
    code: 'XM1058',
    severity: 'warning',
    title: 'a key that nothing reads',
    explanation: 'The key is not one of xl, nor is its name near to one. xl ignores such keys without a word.',
  },
  'bad-resource': {
    code: 'XM1059',
    severity: 'error',
    title: 'a value that xl refuses',
    explanation:
      'The key has no effect here, but real xl reads it and refuses this value: pci, ioports, irqs, iomem, channel, vnuma, tsc_mode and timer_mode.',
  },
  'unknown-name': {
    code: 'XM1101',
    severity: 'error',
    title: 'an unknown name',
    explanation: 'Nothing is called so: no variable (let NAME = …), no function, nothing of the machine (host, domains) and no command.',
  },
  'unknown-command': {
    code: 'XM1102',
    severity: 'error',
    title: 'an unknown command',
    explanation: "No command and no function is called so. 'help' lists the commands.",
  },
  'not-declared': {
    code: 'XM1103',
    severity: 'error',
    title: 'an assignment to a name that was not declared',
    explanation:
      'A variable is declared with let NAME = VALUE. Configuration keys stand in a configuration file or in a domain block: domain "web" { memory = 64MiB }.',
  },
  misplaced: {
    code: 'XM1104',
    severity: 'error',
    title: 'a statement at the wrong place',
    explanation: 'break and continue belong into loops, return into functions, expect, send and match into console blocks.',
  },
  'type-error': {
    code: 'XM1105',
    severity: 'error',
    title: 'values that do not go together',
    explanation:
      'The operation is not defined for values of these types. Units are part of a value: 1GiB + 10s is an error, 1GiB / 4 is a size.',
  },
  'unknown-property': {
    code: 'XM1106',
    severity: 'error',
    title: 'an unknown property',
    explanation: 'The value has no such property.',
  },
  'wrong-arguments': {
    code: 'XM1107',
    severity: 'error',
    title: 'wrong arguments',
    explanation: 'The function was called with too few, too many, or unsuitable arguments.',
  },
  'index-range': {
    code: 'XM1108',
    severity: 'error',
    title: 'an index outside of the list',
    explanation: 'Indices count from 0; negative ones from the end.',
  },
  overflow: {
    code: 'XM1109',
    severity: 'error',
    title: 'a number too large',
    explanation: 'Whole numbers have 64 bits with a sign.',
  },
  'division-by-zero': {
    code: 'XM1110',
    severity: 'error',
    title: 'division by zero',
    explanation: 'The divisor was 0.',
  },
  'not-in-config': {
    code: 'XM1111',
    severity: 'error',
    title: 'something that a configuration cannot do',
    explanation: 'Reading a configuration touches nothing: it cannot ask the machine, run commands or wait. Do that in a script.',
  },
  'unknown-event': {
    code: 'XM1112',
    severity: 'error',
    title: 'an event that does not exist',
    explanation:
      'on and wait for know created, started, paused, unpaused, blocked, shutdown, rebooted, crashed, destroyed, renamed, migrated, watchdog and xenstore PATH. All but the last may be narrowed: crashed of "web-*".',
  },
  'wrong-words': {
    code: 'XM1113',
    severity: 'error',
    title: 'words that the command does not take',
    explanation: 'The command has no such option, or wants fewer or more words. help COMMAND shows how it is called.',
  },
  unused: {
    code: 'XM1114',
    severity: 'warning',
    title: 'a variable that is never used',
    explanation: 'It is given a value that nothing reads. A name that begins with _ is not told.',
  },
  shadowed: {
    code: 'XM1115',
    severity: 'warning',
    title: 'a name that hides another one',
    explanation:
      'Inside this block, or from this line on, the name means something else than outside of it. To change a variable leave out let.',
  },
  unreachable: {
    code: 'XM1116',
    severity: 'warning',
    title: 'a statement that is never reached',
    explanation: 'Something before it always leaves the block: return, break, continue, throw, or a loop without end.',
  },
  'text-for-value': {
    code: 'XM1117',
    severity: 'warning',
    title: 'a word of a command line that looks like an expression',
    explanation:
      'The words of a command are text: print now() prints "now()". A value is passed as $name, ${expression} or (expression): print (now()).',
  },
  'dollar-in-text': {
    code: 'XM1123',
    severity: 'warning',
    title: 'a variable that is text, because braces are missing',
    explanation:
      'Outside of quotation marks $name is the value of a variable; between them only ${name} is. \\$name says that text is meant.',
  },
  'unknown-domain': {
    code: 'XM1118',
    severity: 'warning',
    title: 'a domain that this file does not declare',
    explanation: 'No domain block of the file has this name, but one has a name that is nearly the same.',
  },
  'too-large': {
    code: 'XM1119',
    severity: 'error',
    title: 'a value that becomes too large',
    explanation: 'A text may have 16 million characters, a list a million elements.',
  },
  'no-end': {
    code: 'XM1120',
    severity: 'error',
    title: 'a script that does not come to an end',
    explanation:
      'The script has taken five million steps without asking the machine anything or letting its time pass. A loop that waits for something needs a wait in it, or wait until.',
  },
  'slow-pattern': {
    code: 'XM1121',
    severity: 'error',
    title: 'a pattern that takes too long',
    explanation:
      'A regular expression is tried in every way it can match. With one repetition inside another, as in /(a+)+$/, there are more ways than can be tried, so it is stopped after half a second. Write it without the inner repetition: /a+$/.',
  },
  'never-happens': {
    code: 'XM1122',
    severity: 'warning',
    title: 'an event that never happens',
    explanation:
      'The event belongs to the language, but this machine has nothing that could cause it yet: domains do not migrate. A handler of it does nothing, and to wait for it fails.',
  },
  'assertion-failed': {
    code: 'XM1201',
    severity: 'error',
    title: 'an assertion failed',
    explanation: 'The condition of an assert statement was false; the values it read are shown.',
  },
  'timed-out': {
    code: 'XM1202',
    severity: 'error',
    title: 'a wait ran out of time',
    explanation: 'What was waited for did not happen within the stated time; what was seen last is shown. Times are machine time.',
  },
  'command-failed': {
    code: 'XM1203',
    severity: 'error',
    title: 'a command failed',
    explanation:
      "The message is the command's own. In a script try { … } catch e { … } goes on; e.code, e.message and e.hint say what happened.",
  },
  thrown: {
    code: 'XM1204',
    severity: 'error',
    title: 'the script threw an error',
    explanation: 'A throw statement was reached and nothing caught it.',
  },
  cancelled: {
    code: 'XM1205',
    severity: 'error',
    title: 'cancelled',
    explanation: 'The script was interrupted.',
  },
  'console-ended': {
    code: 'XM1206',
    severity: 'error',
    title: 'the console ended',
    explanation: 'The domain is gone, so nothing more will be printed on its console.',
  },
  'host-failed': {
    code: 'XM1207',
    severity: 'error',
    title: 'the machine could not be asked',
    explanation: 'Reading a property, a file or the xenstore failed; the message says why.',
  },
};
