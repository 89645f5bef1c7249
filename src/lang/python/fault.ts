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
