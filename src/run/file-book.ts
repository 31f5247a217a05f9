import { pipelineError } from '../base/index.ts';
import { runErrors } from './errors.ts';
import type { FileRow } from './load/file-row.ts';
import { type Counts, hasNegative, imbalance } from './run-report.ts';

/** Today's counts of every file version, and which of them this run changed. */
export type FileBook = {
  readonly rows: () => ReadonlyMap<string, FileRow>;
  readonly changed: () => readonly FileRow[];
  readonly put: (row: FileRow) => void;
  /** Adds to counts of a file; what is not given stays. */
  readonly add: (fileId: string, change: Partial<Counts>) => void;
  /** All rows of a file won again: the count before rows compete anew. */
  readonly rebase: (fileId: string) => void;
  /** Throws `run.unbalanced` for the first file whose records are not all accounted for. */
  readonly verify: () => void;
};

/** Opens the book with the file versions that the ledger knows; only what is put or added after that counts as changed. */
export const openFileBook = (known: readonly FileRow[]): FileBook => {
  const rows = new Map(known.map((row) => [row.file_id, row]));
  const changed = new Set<string>();
  const put = (row: FileRow): void => {
    rows.set(row.file_id, row);
    changed.add(row.file_id);
  };
  const changedRows = (): readonly FileRow[] =>
    [...changed].flatMap((id) => {
      const row = rows.get(id);
      return row === undefined ? [] : [row];
    });
  return {
    rows: () => rows,
    changed: changedRows,
    put,
    add: (fileId, change) => {
      const row = rows.get(fileId);
      if (row === undefined) throw new Error(`file ${fileId} is not in the ledger`);
      put({
        ...row,
        read: row.read + (change.read ?? 0),
        loaded: row.loaded + (change.loaded ?? 0),
        duplicate: row.duplicate + (change.duplicate ?? 0),
        superseded: row.superseded + (change.superseded ?? 0),
        blank: row.blank + (change.blank ?? 0),
        quarantined: row.quarantined + (change.quarantined ?? 0),
      });
    },
    rebase: (fileId) => {
      const row = rows.get(fileId);
      if (row === undefined || row.status !== 'loaded') return;
      put({
        ...row,
        loaded: row.loaded + row.duplicate + row.superseded,
        duplicate: 0,
        superseded: 0,
      });
    },
    verify: () => {
      for (const row of changedRows()) {
        const difference = imbalance(row);
        // A count below zero balances another that is too high.
        if (difference === 0 && !hasNegative(row)) continue;
        const facts = { file: row.path, read: row.read, accounted: row.read - difference };
        throw pipelineError(runErrors, 'run.unbalanced', facts, { place: { file: row.path } });
      }
    },
  };
};
