/** What a person has set in top, and what each key does to it. xentop's letters, and a few of ours. */
import type { InputEvent } from '../../term/input-event.ts';
import { CPU_PERCENT, TOP_COLUMNS, type TopRow } from './columns.ts';
import type { TopData } from './samples.ts';

export interface TopState {
  readonly delayMs: number;
  readonly sortBy: number;
  readonly networks: boolean;
  readonly disks: boolean;
  readonly vcpus: boolean;
  readonly repeatHeader: boolean;
  readonly graph: boolean;
  readonly paused: boolean;
  /** First domain shown. */
  readonly first: number;
  readonly filter: string;
  /** What is being typed at the bottom. */
  readonly typing: { readonly what: 'delay' | 'filter'; readonly text: string } | null;
  readonly help: boolean;
}

export type TopEffect = 'quit' | 'repaint' | 'new-delay' | 'stop' | null;

export function initialTop(delayMs: number): TopState {
  return {
    delayMs,
    sortBy: 0,
    networks: false,
    disks: false,
    vcpus: false,
    repeatHeader: false,
    graph: true,
    paused: false,
    first: 0,
    filter: '',
    typing: null,
    help: false,
  };
}

interface TopKey {
  readonly chords: readonly string[];
  readonly help: string;
  /** How it stands in the bottom line: the first letter that is upper case is the hot one. */
  readonly label?: string;
  press(state: TopState): TopState | TopEffect;
  isOn?(state: TopState): boolean;
}

const SHORTEST_DELAY_S = 0.1;

export const TOP_KEYS: readonly TopKey[] = [
  {
    chords: ['d'],
    label: 'Delay',
    help: 'seconds between updates',
    press: (state) => ({ ...state, typing: { what: 'delay', text: '' } }),
  },
  {
    chords: ['n'],
    label: 'Networks',
    help: 'network lines',
    press: (state) => ({ ...state, networks: !state.networks }),
    isOn: ({ networks }) => networks,
  },
  {
    chords: ['b'],
    label: 'vBds',
    help: 'block device lines',
    press: (state) => ({ ...state, disks: !state.disks }),
    isOn: ({ disks }) => disks,
  },
  { chords: ['v'], label: 'VCPUs', help: 'vCPU lines', press: (state) => ({ ...state, vcpus: !state.vcpus }), isOn: ({ vcpus }) => vcpus },
  {
    chords: ['r'],
    label: 'Repeat header',
    help: 'header before every domain',
    press: (state) => ({ ...state, repeatHeader: !state.repeatHeader }),
    isOn: ({ repeatHeader }) => repeatHeader,
  },
  {
    chords: ['s', '>'],
    label: 'Sort order',
    help: 'sort by the next column',
    press: (state) => ({ ...state, sortBy: (state.sortBy + 1) % TOP_COLUMNS.length }),
  },
  { chords: ['q', 'escape', 'ctrl+c', 'ctrl+d'], label: 'Quit', help: 'back to the prompt', press: () => 'quit' },
  {
    chords: ['<'],
    help: 'sort by the column before',
    press: (state) => ({ ...state, sortBy: (state.sortBy + TOP_COLUMNS.length - 1) % TOP_COLUMNS.length }),
  },
  { chords: ['c'], help: 'sort by CPU use', press: (state) => ({ ...state, sortBy: CPU_PERCENT }) },
  {
    chords: ['/'],
    label: '/ filter',
    help: 'only domains whose name contains a text',
    press: (state) => ({ ...state, typing: { what: 'filter', text: state.filter } }),
  },
  {
    chords: ['p', 'space'],
    label: 'Pause',
    help: 'hold the picture still',
    press: (state) => ({ ...state, paused: !state.paused }),
    isOn: ({ paused }) => paused,
  },
  { chords: ['g'], help: 'load graph', press: (state) => ({ ...state, graph: !state.graph }) },
  { chords: ['up', 'k'], help: 'scroll up', press: (state) => ({ ...state, first: Math.max(0, state.first - 1) }) },
  { chords: ['down', 'j'], help: 'scroll down', press: (state) => ({ ...state, first: state.first + 1 }) },
  { chords: ['home'], help: 'first domain', press: (state) => ({ ...state, first: 0 }) },
  { chords: ['ctrl+l'], help: 'repaint', press: () => 'repaint' },
  { chords: ['ctrl+z'], help: 'stop the shell', press: () => 'stop' },
  { chords: ['?', 'h', 'f1'], label: '? keys', help: 'this list', press: (state) => ({ ...state, help: true }) },
];

const BY_CHORD: ReadonlyMap<string, TopKey> = new Map(TOP_KEYS.flatMap((key) => key.chords.map((chord) => [chord, key] as const)));

export function topKey(state: TopState, event: InputEvent): { readonly state: TopState; readonly effect: TopEffect } {
  if (event.kind !== 'key') return { state, effect: null };
  if (state.typing) return typed(state, state.typing, event.chord, event.text);
  if (state.help) return { state: { ...state, help: false }, effect: null };
  // Esc first drops the filter, then leaves.
  if (event.chord === 'escape' && state.filter !== '') return { state: { ...state, filter: '' }, effect: null };
  const result = BY_CHORD.get(event.chord.toLowerCase())?.press(state) ?? null;
  return result !== null && typeof result === 'object' ? { state: result, effect: null } : { state, effect: result };
}

function typed(
  state: TopState,
  typing: NonNullable<TopState['typing']>,
  chord: string,
  text: string,
): { state: TopState; effect: TopEffect } {
  const { what } = typing;
  const done = { ...state, typing: null };
  const change = (next: string): { state: TopState; effect: TopEffect } => {
    const now = { ...state, typing: { what, text: next } };
    return { state: what === 'filter' ? { ...now, filter: next, first: 0 } : now, effect: null };
  };
  switch (chord) {
    case 'escape':
    case 'ctrl+c':
      return { state: what === 'filter' ? { ...done, filter: '' } : done, effect: null };
    case 'enter':
    case 'ctrl+j': {
      const seconds = Number.parseFloat(typing.text);
      if (what === 'filter' || !Number.isFinite(seconds)) return { state: done, effect: null };
      return { state: { ...done, delayMs: Math.max(SHORTEST_DELAY_S, seconds) * 1000 }, effect: 'new-delay' };
    }
    case 'backspace':
    case 'ctrl+h':
      return change(typing.text.slice(0, -1));
    case 'ctrl+u':
      return change('');
    default:
      if (text === '' || (what === 'delay' && !/[\d.]/.test(text))) return { state, effect: null };
      return change(typing.text + text);
  }
}

/** The rows that pass the filter, in order. */
export function arranged({ rows }: TopData, { sortBy, filter }: TopState): readonly TopRow[] {
  const { sort } = TOP_COLUMNS[sortBy]!;
  const wanted = filter.toLowerCase();
  return rows
    .filter(({ domain }) => domain.name.toLowerCase().includes(wanted))
    .toSorted((a, b) => {
      const left = sort(a);
      const right = sort(b);
      const order =
        typeof left === 'number' && typeof right === 'number'
          ? right - left
          : String(left) < String(right)
            ? -1
            : String(left) > String(right)
              ? 1
              : 0;
      return order || a.domain.domid - b.domain.domid;
    });
}
