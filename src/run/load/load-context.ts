import type { Effects } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { ReadingContext, ScanReport } from '../../ingest/index.ts';
import type { Draft } from '../../lake/index.ts';
import type { Project } from '../open-project.ts';
import type { Warning } from '../run-report.ts';
import type { FileRow } from './file-row.ts';

/** What loading a run's files shares. */
export type LoadContext = {
  readonly project: Project;
  readonly engine: Engine;
  readonly draft: Draft;
  readonly run: number;
  readonly tempFolder: string;
  /** Date of batches whose files name none (`--batch-date`). */
  readonly batchDate: string | undefined;
  /** Hash of everything that decides how a file is read. */
  readonly readWith: string;
  readonly warn: (warning: Warning) => void;
  readonly effects: Effects;
};

/** A header that no column took, kept under a name of its own (added) or not, or a column that the file lacks. */
export type SchemaChange = {
  readonly change: 'added' | 'unmatched' | 'missing';
  readonly column: string;
};

/** A file version whose rows are in a bronze part of this run. */
export type LoadedFile = {
  readonly row: FileRow;
  readonly contract: Contract;
  readonly context: ReadingContext;
  readonly report: ScanReport;
  /** What the ledger keeps of its header. */
  readonly changes: readonly SchemaChange[];
};
