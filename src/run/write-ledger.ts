import { sql } from '../base/index.ts';
import { readAccess } from './access-log.ts';
import type { Applied } from './apply-feeds.ts';
import { builtFromHash } from './build/build-models.ts';
import {
  appendLedger,
  ledgerDefinition,
  ledgerQuery,
  replaceLedger,
  timestamp,
} from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import type { LedgerRow } from './ledger/rows-query.ts';
import type { CheckReport, ModelReport, Warning } from './run-report.ts';
import { asOfMark, type Session, stagingMark } from './run-session.ts';
import { quarantineQuery, replacedFiles } from './settle-quarantine.ts';
import { type Intake, readFileIds } from './take-in.ts';
import { settledFeeds } from './waiting-models.ts';

/** What a run tells in the ledger, beside the files' counts in its book. */
export type LedgerFacts = {
  readonly intake: Intake;
  readonly applied: Applied | undefined;
  readonly models: readonly ModelReport[];
  readonly checks: readonly CheckReport[];
  readonly status: 'ok' | 'data';
  readonly startedAt: Date;
  readonly asOf: string | null;
  readonly errorCode: string | null;
  /** False after a failed check: the rows are not in the lake, and the next run must read these files again. */
  readonly isSound: boolean;
  /** True when data is committed, false when only the ledger is. */
  readonly isData: boolean;
};

const seconds = (value: number): number => Math.round(value * 1000) / 1000;

const runRow = (session: Session, facts: LedgerFacts): LedgerRow => {
  const now = session.effects.now();
  return {
    run_id: session.handle.run,
    command: session.effects.process.command,
    started_at: timestamp(facts.startedAt),
    finished_at: timestamp(now),
    seconds: seconds((now.getTime() - facts.startedAt.getTime()) / 1000),
    status: facts.status,
    as_of: facts.asOf,
    snapshot: facts.isData ? session.handle.run : null,
    error_code: facts.errorCode,
    stopped_at: null,
    version: session.options.version,
  };
};

/** The row of `meta.run` for the run before, when it stopped before its commit: it could not write its own. */
export const unfinishedRows = ({
  handle,
  options,
  base,
}: {
  readonly handle: Pick<Session['handle'], 'unfinished'>;
  readonly options: { readonly version: string };
  readonly base: Session['base'];
}): readonly LedgerRow[] => {
  const { unfinished } = handle;
  if (unfinished === undefined || unfinished.run <= (base?.manifest.run ?? 0)) return [];
  const { run, command, startedAt, heartbeatAt, state, step } = unfinished;
  const started = new Date(startedAt);
  // A killed run could not say when it ended.
  const ended = state === 'running' ? undefined : new Date(heartbeatAt);
  return [
    {
      run_id: run,
      command,
      started_at: timestamp(started),
      finished_at: ended === undefined ? null : timestamp(ended),
      seconds: ended === undefined ? null : seconds((ended.getTime() - started.getTime()) / 1000),
      status: state === 'running' ? 'killed' : state,
      as_of: null,
      snapshot: null,
      error_code: null,
      stopped_at: step,
      version: options.version,
    },
  ];
};

const warningRows = (run: number, warnings: readonly Warning[]): readonly LedgerRow[] =>
  warnings.map((warning, index) => ({
    run_id: run,
    ordinal: index + 1,
    code: warning.code,
    feed: warning.feed ?? null,
    file: warning.file ?? null,
    line: warning.line ?? null,
    column_name: warning.column ?? null,
    text: warning.text,
  }));

const schemaRows = (run: number, intake: Intake): readonly LedgerRow[] =>
  intake.loaded.flatMap(({ row, contract, changes }) =>
    changes.map(({ change, column }) => ({
      run_id: run,
      file_id: row.file_id,
      feed: contract.feed,
      change,
      column_name: column,
    })),
  );

const relationRows = (session: Session, facts: LedgerFacts): readonly LedgerRow[] => {
  const { project, handle } = session;
  const built = facts.models.map((model) => {
    const source = project.graph.models.find((one) => one.relation === model.name);
    return {
      relation: model.name,
      run_id: handle.run,
      rows: model.rows,
      changed: model.changed,
      seconds: seconds(model.seconds),
      built_from: source === undefined ? null : builtFromHash(project, source),
    };
  });
  if (facts.applied === undefined) return built;
  const settled = settledFeeds(session);
  const marked = project.contracts.filter((contract) => settled.has(contract.feed));
  const marks = marked.map((contract) => ({
    relation: stagingMark(contract.feed),
    run_id: handle.run,
    rows: null,
    changed: null,
    seconds: null,
    built_from: contract.hash,
  }));
  const asOf = {
    relation: asOfMark,
    run_id: handle.run,
    rows: 1,
    changed: null,
    seconds: null,
    built_from: session.options.asOf === undefined ? 'found' : 'asked',
  };
  return [...built, ...marks, asOf];
};

/** Writes what this run refused and resolved; nothing when it did neither. */
const writeQuarantine = async (
  session: Session,
  { applied, isData, isSound, intake }: LedgerFacts,
): Promise<void> => {
  const { draft, engine } = session;
  const relation = ledgerRelations.quarantine;
  const [count] = await engine.rows(sql`select count(*) as n from load.refusals`);
  const isKnown = draft.relation(relation.relation) !== undefined;
  const outdated = {
    replaced: isData ? replacedFiles(session) : [],
    reread: isSound ? readFileIds(intake) : [],
  };
  const replacesNow =
    outdated.reread.length > 0 ||
    (outdated.replaced.length > 0 && session.book.changed().length > 0);
  if (
    isKnown &&
    Number(count?.n ?? 0) === 0 &&
    !replacesNow &&
    (applied?.promoted ?? 0) + (applied?.replayed ?? 0) === 0
  )
    return;
  if (applied === undefined)
    await engine.execute(sql`create or replace table load.promoted (record_id varchar)`);
  await engine.execute(
    sql`create or replace table load.quarantine as ${quarantineQuery(session, outdated)}`,
  );
  await draft.write(ledgerDefinition(relation), sql`select * from load.quarantine`);
};

/** Copies what was noted in `data/access.jsonl` since the last run that committed. */
const writeAccess = async ({ draft, engine, project, effects }: Session): Promise<void> => {
  const relation = ledgerRelations.accessLog;
  const [last] = await engine.rows(
    sql`select coalesce(max(line), 0) as line from (${ledgerQuery(draft, relation)})`,
  );
  const known = Number(last?.line ?? 0);
  const entries = await readAccess(project.folders.data, { known }, effects);
  await appendLedger(
    draft,
    relation,
    entries.map(({ line, at, user, command, action, record_ids }) => ({
      ...{ line, at: timestamp(new Date(at)), user, command, action },
      record_ids: record_ids.join(','),
    })),
  );
};

/** Puts everything that a run tells about itself into the draft. */
export const writeLedger = async (session: Session, facts: LedgerFacts): Promise<void> => {
  const { draft, handle, book } = session;
  const run = handle.run;
  await appendLedger(draft, ledgerRelations.run, [
    ...unfinishedRows(session),
    runRow(session, facts),
  ]);
  await appendLedger(
    draft,
    ledgerRelations.runStep,
    session.steps.map((one) => ({ run_id: run, step: one.step, seconds: seconds(one.seconds) })),
  );
  const changed = book.changed();
  // After a failed check no file is told as loaded, but the relation is there for questions.
  const files = facts.isSound ? changed.map((row) => ({ ...row })) : [];
  await replaceLedger(draft, ledgerRelations.file, files);
  await appendLedger(
    draft,
    ledgerRelations.runFile,
    changed.map((row) => ({
      run_id: run,
      file_id: row.file_id,
      status: row.status,
      reason: row.reason,
      read: row.read,
      loaded: row.loaded,
      duplicate: row.duplicate,
      superseded: row.superseded,
      blank: row.blank,
      quarantined: row.quarantined,
    })),
  );
  await replaceLedger(draft, ledgerRelations.relation, relationRows(session, facts));
  await appendLedger(
    draft,
    ledgerRelations.checkResult,
    facts.checks.map((check) => ({
      run_id: run,
      check_name: check.name,
      owner: session.project.graph.checks.find((one) => one.name === check.name)?.owner ?? null,
      severity: check.severity,
      failed_rows: check.failed_rows,
    })),
  );
  await appendLedger(draft, ledgerRelations.schemaChange, schemaRows(run, facts.intake));
  await appendLedger(draft, ledgerRelations.warning, warningRows(run, session.warnings));
  await writeQuarantine(session, facts);
  await writeAccess(session);
};
