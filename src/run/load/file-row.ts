import { type Counts, noCounts } from '../run-report.ts';

/** A file version as `meta.file` keeps it. */
export type FileRow = Counts & {
  readonly file_id: string;
  readonly path: string;
  readonly sha256: string | null;
  readonly size_bytes: number;
  readonly feed: string | null;
  readonly batch_date: string | null;
  readonly status: 'loaded' | 'skipped' | 'set_aside';
  readonly reason: string | null;
  /** Why it was set aside and what to do; null when it was not. */
  readonly detail: string | null;
  readonly receipt: number;
  readonly received_on: string;
  readonly run_id: number;
  readonly read_with: string;
};

type Cell = string | number | bigint | boolean | null | object;

const text = (cell: Cell | undefined): string | null =>
  cell === null || cell === undefined ? null : String(cell);

/** Reads a row of `meta.file`. */
export const readFileRow = (row: Readonly<Record<string, Cell>>): FileRow => ({
  file_id: String(row.file_id),
  path: String(row.path),
  sha256: text(row.sha256),
  size_bytes: Number(row.size_bytes),
  feed: text(row.feed),
  batch_date: text(row.batch_date),
  status: row.status === 'loaded' ? 'loaded' : row.status === 'skipped' ? 'skipped' : 'set_aside',
  reason: text(row.reason),
  detail: text(row.detail),
  receipt: Number(row.receipt),
  received_on: String(row.received_on),
  run_id: Number(row.run_id),
  read_with: String(row.read_with),
  read: Number(row.read),
  loaded: Number(row.loaded),
  duplicate: Number(row.duplicate),
  superseded: Number(row.superseded),
  blank: Number(row.blank),
  quarantined: Number(row.quarantined),
});

/** A file version that holds no loaded row: skipped or set aside. */
export const unloadedRow = (
  row: Omit<FileRow, keyof Counts | 'status'> & { readonly status: 'skipped' | 'set_aside' },
): FileRow => ({ ...row, ...noCounts });
