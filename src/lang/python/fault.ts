/** What stops an old xm file, with its place; `instead` says what to write. */
export class PythonFault extends Error {
  readonly start: number;
  readonly end: number;
  readonly instead: string | null;
  /** The text is no Python that is known here; else the program itself failed. */
  readonly kind: 'syntax' | 'unsupported' | 'failed';

  constructor(
    kind: PythonFault['kind'],
    message: string,
    { start, end }: { readonly start: number; readonly end: number },
    instead: string | null = null,
  ) {
    super(message);
    this.kind = kind;
    this.start = start;
    this.end = end;
    this.instead = instead;
  }
}

/** A mistake that has no place yet. */
export class PyError extends Error {}

/** What JavaScript says of a stack that is full. */
export function isDeep({ message }: RangeError): boolean {
  return /call stack/.test(message);
}

export function rangeMessage(error: RangeError): string {
  if (isDeep(error)) return 'nested too deeply';
  return /length/.test(error.message) ? 'the value is too large' : 'a number is out of range';
}
