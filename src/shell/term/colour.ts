/** How much colour the terminal gets: decided once, from the environment, by the conventions people know. */

export type ColourDepth = 'none' | 'basic' | 'rich';

type Environment = Readonly<Record<string, string | undefined>>;

/** FORCE_COLOR wins, then NO_COLOR (no-color.org), then TERM. `rich` means at least 256 colours. */
export function colourDepth(env: Environment): ColourDepth {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) {
    if (forced === '0' || forced === 'false') return 'none';
    return forced === '1' ? 'basic' : 'rich';
  }
  if (env['NO_COLOR']) return 'none';
  const term = env['TERM'] ?? '';
  if (term === 'dumb') return 'none';
  if (/truecolor|24bit/i.test(env['COLORTERM'] ?? '')) return 'rich';
  return /256|kitty|alacritty|wezterm|ghostty|foot|direct/.test(term) ? 'rich' : 'basic';
}

/** A terminal that cannot move its cursor: no live region, no line editor. */
export function isDumb(env: Environment): boolean {
  return env['TERM'] === 'dumb' || env['TERM'] === '';
}
