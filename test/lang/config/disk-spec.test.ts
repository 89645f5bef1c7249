import { describe, expect, test } from 'vitest';
import { parseDiskSpec } from '../../../src/lang/index.ts';
import { needsCorpus, vectors } from '../corpus.ts';

interface Oracle {
  readonly ok: boolean;
  readonly msg?: string;
  readonly target: string;
  readonly vdev: string;
  readonly format: string;
  readonly backendtype: string;
  readonly backend: string | null;
  readonly script: string | null;
  readonly readwrite: number;
  readonly removable: number;
  readonly is_cdrom: number;
  readonly direct_io_safe: number;
  readonly discard: boolean | null;
}

describe(needsCorpus('disk specifications'), () => {
  test.each(vectors<Oracle>('disk'))('$input', ({ input, oracle }) => {
    const result = parseDiskSpec(input);
    if (!oracle.ok) {
      const [, reason, near = null] = /specification: (.*?)(?:: near `(.*?)')? in `/.exec(oracle.msg!)!;
      expect(result).toEqual({ fault: { reason, near } });
      return;
    }
    const { target, vdev, format, backendtype, backend, script, readwrite, removable, is_cdrom, direct_io_safe, discard } = oracle;
    expect(result).toMatchObject({
      disk: {
        target,
        vdev,
        format,
        backend,
        script,
        discard,
        backendType: backendtype === 'unknown' ? null : backendtype,
        readWrite: readwrite === 1,
        removable: removable === 1,
        cdrom: is_cdrom === 1,
        directIoSafe: direct_io_safe === 1,
      },
    });
  });
});

test('target= takes the rest of the specification, commas and all', () => {
  expect(parseDiskSpec('format=qcow2,vdev=xvdb,access=r,target=/a,b')).toMatchObject({
    disk: { target: '/a,b', format: 'qcow2', readWrite: false },
  });
});

test('a fifth positional parameter is an error', () => {
  expect(parseDiskSpec('/x,raw,xvda,w,dom1')).toEqual({ fault: { reason: 'too many positional parameters', near: 'dom1' } });
});
