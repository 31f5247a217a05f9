import { pipelineError } from '../base/index.ts';
import { generateErrors } from './errors.ts';
import { type Fault, type Feed, type RowCode, rowCodes } from './row-code.ts';

/** One reason of one planted bad row. `line` is physical, `row` the ordinal of the record; both from 1. */
export type PlantedRow = {
  readonly file: string;
  readonly line: number;
  readonly row: number;
  readonly code: RowCode;
  readonly column: string | null;
};

export type RowCounts = {
  readonly read: number;
  readonly loaded: number;
  readonly duplicate: number;
  readonly superseded: number;
  readonly blank: number;
  readonly quarantined: number;
  /** Row code to number of rows that carry it. */
  readonly reasons: Readonly<Partial<Record<RowCode, number>>>;
};

export type GeneratedFile = RowCounts & { readonly path: string; readonly feed: Feed };

/** Files with what was planted in them. */
export type WrittenFiles = {
  readonly files: readonly GeneratedFile[];
  readonly planted: readonly PlantedRow[];
};

/** Counts a file while it is written. */
export type Tally = {
  /** `count` good records follow. */
  readonly good: (count: number) => void;
  readonly duplicate: () => void;
  /** A good record that replaces an earlier one of this file. */
  readonly correction: () => void;
  readonly blank: () => void;
  readonly bad: (faults: readonly Fault[]) => void;
  readonly file: () => GeneratedFile;
  readonly planted: () => readonly PlantedRow[];
};

/** Opens the count of one file; all its records are one line each, the first on `firstLine`. */
export const openTally = (path: string, feed: Feed, firstLine: number): Tally => {
  const planted: PlantedRow[] = [];
  const reasons: Partial<Record<RowCode, number>> = {};
  let read = 0;
  let loaded = 0;
  let duplicate = 0;
  let superseded = 0;
  let blank = 0;
  let quarantined = 0;
  return {
    good: (count) => {
      read += count;
      loaded += count;
    },
    duplicate: () => {
      read += 1;
      duplicate += 1;
    },
    correction: () => {
      read += 1;
      superseded += 1;
    },
    blank: () => {
      read += 1;
      blank += 1;
    },
    bad: (faults) => {
      read += 1;
      quarantined += 1;
      for (const { code, column } of faults) {
        reasons[code] = (reasons[code] ?? 0) + 1;
        planted.push({ file: path, line: read + firstLine - 1, row: read, code, column });
      }
    },
    planted: () => planted,
    file: () => {
      const sum = loaded + duplicate + superseded + blank + quarantined;
      if (sum !== read) {
        throw pipelineError(generateErrors, 'generate.unbalanced', { name: path, read, sum });
      }
      return { path, feed, read, loaded, duplicate, superseded, blank, quarantined, reasons };
    },
  };
};

/** The sums over files. */
export const totalCounts = (files: readonly RowCounts[]): RowCounts => {
  const sum = (count: (file: RowCounts) => number): number =>
    files.reduce((total, file) => total + count(file), 0);
  const reasons: Partial<Record<RowCode, number>> = {};
  for (const code of rowCodes) {
    const count = sum((file) => file.reasons[code] ?? 0);
    if (count > 0) reasons[code] = count;
  }
  return {
    read: sum((file) => file.read),
    loaded: sum((file) => file.loaded),
    duplicate: sum((file) => file.duplicate),
    superseded: sum((file) => file.superseded),
    blank: sum((file) => file.blank),
    quarantined: sum((file) => file.quarantined),
    reasons,
  };
};
