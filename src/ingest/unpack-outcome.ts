import type { DataFormat } from '../source/index.ts';
import type { ScanWarning, SetAside } from './scan.ts';
import type { TextFormat } from './scan-file.ts';

/** A packed original: `path` is its name for people, `absolutePath` where its bytes are now. */
export type PackedFile = {
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  readonly format: DataFormat;
  readonly isGzip: boolean;
};

/** A plain text that came out of a file; the file itself when it is not packed. */
export type UnpackedText = {
  /** `x.zip/inner.csv` for an entry of a zip. */
  readonly path: string;
  readonly absolutePath: string;
  readonly format: TextFormat;
};

export type Unpacked =
  | {
      readonly kind: 'texts';
      readonly texts: readonly UnpackedText[];
      readonly warnings: readonly ScanWarning[];
    }
  | SetAside;
