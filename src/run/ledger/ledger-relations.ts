/** A column of a ledger relation: what it holds, in one sentence. */
export type LedgerColumn = { readonly name: string; readonly type: string; readonly is: string };

export type LedgerRelation = {
  readonly relation: string;
  readonly is: string;
  readonly key: readonly string[];
  readonly columns: readonly LedgerColumn[];
};

const column = (name: string, type: string, is: string): LedgerColumn => ({ name, type, is });

const counts: readonly LedgerColumn[] = [
  column('read', 'BIGINT', 'Records in the file, counted from its bytes.'),
  column('loaded', 'BIGINT', 'Records that are in the warehouse.'),
  column('duplicate', 'BIGINT', 'Records equal to the one that won their key.'),
  column('superseded', 'BIGINT', 'Records whose key a newer row won.'),
  column('blank', 'BIGINT', 'Records with every cell empty.'),
  column('quarantined', 'BIGINT', 'Records that were refused.'),
];

/** What was done, as relations of the lake. None of them holds the value of a cell, but for quarantine's raw text. */
export const ledgerRelations = {
  run: {
    relation: 'meta.run',
    is: 'One row per run.',
    key: ['run_id'],
    columns: [
      column('run_id', 'BIGINT', 'Number of the run, never used again.'),
      column('command', 'VARCHAR', 'What was typed, without values.'),
      column('started_at', 'TIMESTAMP', 'UTC.'),
      column('finished_at', 'TIMESTAMP', 'UTC.'),
      column('seconds', 'DECIMAL(18,3)', 'How long it took.'),
      column('status', 'VARCHAR', 'ok, data, failed, interrupted or killed.'),
      column('as_of', 'DATE', 'The latest date of something that happened.'),
      column('snapshot', 'BIGINT', 'The data snapshot that it committed, or null.'),
      column('error_code', 'VARCHAR', 'Why it failed, or null.'),
      column(
        'stopped_at',
        'VARCHAR',
        'The step at which a run stopped that did not end well, or null.',
      ),
      column('version', 'VARCHAR', 'Version of the program.'),
    ],
  },
  runStep: {
    relation: 'meta.run_step',
    is: 'One row per step of a run.',
    key: ['run_id', 'step'],
    columns: [
      column('run_id', 'BIGINT', 'The run.'),
      column('step', 'VARCHAR', 'receive, bronze, stage, build, checks or commit.'),
      column('seconds', 'DECIMAL(18,3)', 'How long it took.'),
    ],
  },
  file: {
    relation: 'meta.file',
    is: "One row per version of a file, with today's counts.",
    key: ['file_id'],
    columns: [
      column('file_id', 'VARCHAR', 'Receipt number, and the member of an archive.'),
      column('path', 'VARCHAR', 'Path in the project; members of an archive after its name.'),
      column('sha256', 'VARCHAR', 'SHA-256 of the bytes received.'),
      column('size_bytes', 'BIGINT', 'Bytes received.'),
      column('feed', 'VARCHAR', 'The feed that it was read as, or null.'),
      column('batch_date', 'DATE', 'Date in its name, or null.'),
      column('status', 'VARCHAR', 'loaded, skipped or set_aside.'),
      column('reason', 'VARCHAR', 'Why it was set aside, or null.'),
      column('detail', 'VARCHAR', 'The same in a sentence, with what to do.'),
      column('receipt', 'BIGINT', 'Order of receipt.'),
      column('received_on', 'DATE', 'Local date of receipt.'),
      ...counts,
      column('run_id', 'BIGINT', 'The run that read it.'),
      column('read_with', 'VARCHAR', 'Hash of the contract and settings that it was read with.'),
    ],
  },
  runFile: {
    relation: 'meta.run_file',
    is: 'One row per run and file that it looked at, with the counts as of that run.',
    key: ['run_id', 'file_id'],
    columns: [
      column('run_id', 'BIGINT', 'The run.'),
      column('file_id', 'VARCHAR', 'The file version.'),
      column('status', 'VARCHAR', 'loaded, skipped or set_aside.'),
      column('reason', 'VARCHAR', 'Why it was set aside, or null.'),
      ...counts,
    ],
  },
  relation: {
    relation: 'meta.relation',
    is: 'One row per relation: the run that last built it, from what.',
    key: ['relation'],
    columns: [
      column('relation', 'VARCHAR', 'Schema and name.'),
      column('run_id', 'BIGINT', 'The run that last changed it.'),
      column('rows', 'BIGINT', 'Rows in it.'),
      column('changed', 'BIGINT', 'Rows that the run changed, or null when it was written whole.'),
      column('seconds', 'DECIMAL(18,3)', 'How long the run took for it.'),
      column(
        'built_from',
        'VARCHAR',
        'Hash of its SQL, sidecar, functions, policies and reference rows.',
      ),
    ],
  },
  checkResult: {
    relation: 'meta.check_result',
    is: 'One row per run and check.',
    key: ['run_id', 'check_name'],
    columns: [
      column('run_id', 'BIGINT', 'The run.'),
      column('check_name', 'VARCHAR', 'Name of the check.'),
      column('owner', 'VARCHAR', 'The model that it guards.'),
      column('severity', 'VARCHAR', 'error or warn.'),
      column('failed_rows', 'BIGINT', 'Rows that it returned; 0 passes.'),
    ],
  },
  schemaChange: {
    relation: 'meta.schema_change',
    is: 'One row per column that came, went or could not be matched in a file.',
    key: ['run_id', 'file_id', 'column_name'],
    columns: [
      column('run_id', 'BIGINT', 'The run.'),
      column('file_id', 'VARCHAR', 'The file version.'),
      column('feed', 'VARCHAR', 'The feed.'),
      column(
        'change',
        'VARCHAR',
        'added (new in bronze), unmatched (in the file, and kept by no table) or missing.',
      ),
      column('column_name', 'VARCHAR', 'Header in the file, or column of the contract.'),
    ],
  },
  warning: {
    relation: 'meta.warning',
    is: 'One row per warning of a run.',
    key: ['run_id', 'ordinal'],
    columns: [
      column('run_id', 'BIGINT', 'The run.'),
      column('ordinal', 'BIGINT', '1, 2, … in the order told.'),
      column('code', 'VARCHAR', 'Code of the warning.'),
      column('feed', 'VARCHAR', 'The feed, or null.'),
      column('file', 'VARCHAR', 'The file, or null.'),
      column('line', 'BIGINT', 'Physical line, or null.'),
      column('column_name', 'VARCHAR', 'The column, or null.'),
      column('text', 'VARCHAR', 'The sentence.'),
    ],
  },
  accessLog: {
    relation: 'meta.access_log',
    is: 'One row per time that somebody was shown values; copied from data/access.jsonl.',
    key: ['line'],
    columns: [
      column('line', 'BIGINT', 'Line of data/access.jsonl, from 1.'),
      column('at', 'TIMESTAMP', 'UTC.'),
      column('user', 'VARCHAR', 'The account that asked.'),
      column('command', 'VARCHAR', 'What was typed, without values.'),
      column('action', 'VARCHAR', 'view.'),
      column('record_ids', 'VARCHAR', 'The records of quarantine.record, separated by commas.'),
    ],
  },
  quarantine: {
    relation: 'quarantine.record',
    is: 'One row per refused record, with its reasons and raw text.',
    key: ['record_id'],
    columns: [
      column('record_id', 'VARCHAR', 'File version and row.'),
      column('run_id', 'BIGINT', 'The run that refused it.'),
      column('feed', 'VARCHAR', 'The feed.'),
      column('file_id', 'VARCHAR', 'The file version.'),
      column('file', 'VARCHAR', 'Path of the file.'),
      column('row', 'BIGINT', 'Record in the file, from 1.'),
      column('line', 'BIGINT', 'Physical line, from 1.'),
      column('byte_offset', 'BIGINT', 'First byte in the decompressed file.'),
      column('byte_length', 'BIGINT', 'Bytes of the record.'),
      column('stage', 'VARCHAR', 'scan, type or silver.'),
      column('reasons', 'STRUCT(code VARCHAR, "column" VARCHAR)[]', 'Every reason.'),
      column(
        'raw_record',
        'VARCHAR',
        'The record as text; shown only on request, which is logged.',
      ),
      column('state', 'VARCHAR', 'open, resolved or discarded.'),
      column('resolved_run', 'BIGINT', 'The run that took it in or discarded it, or null.'),
      column('because', 'VARCHAR', 'Why it was discarded, or null.'),
      column('by', 'VARCHAR', 'Who discarded it, or null.'),
    ],
  },
} as const satisfies Readonly<Record<string, LedgerRelation>>;
