import { join } from 'node:path';
import { type Effects, pipelineError, sql } from '../base/index.ts';
import type { Contract } from '../contract/index.ts';
import type { Engine } from '../engine/index.ts';
import { openReceiptLog, type Receipt, type ReceiptLog } from '../ingest/index.ts';
import {
  type Draft,
  openDraft,
  type RunHandle,
  type RunLock,
  relationQuery,
  type Snapshot,
} from '../lake/index.ts';
import type { Model } from '../model/index.ts';
import { runErrors } from './errors.ts';
import { type FileBook, openFileBook } from './file-book.ts';
import { ledgerQuery } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { publishBronze } from './load/bronze-relation.ts';
import { readFileRow } from './load/file-row.ts';
import type { LoadContext } from './load/load-context.ts';
import { createRefusals } from './load/record-refusals.ts';
import type { Project } from './open-project.ts';
import { readWithHash } from './read-with.ts';
import type { RunOptions } from './run-options.ts';
import type { Warning } from './run-report.ts';
import { createWorkSchemas } from './stage/stage-feeds.ts';

/** Everything one run works with, once the project compiles and the lock is held. */
export type Session = {
  readonly options: RunOptions;
  readonly project: Project;
  readonly engine: Engine;
  readonly handle: RunHandle;
  readonly base: Snapshot | undefined;
  readonly draft: Draft;
  readonly log: ReceiptLog;
  readonly book: FileBook;
  readonly load: LoadContext;
  readonly warnings: Warning[];
  /** The project's models that are views, by relation. */
  readonly views: ReadonlyMap<string, Model>;
  /** The run that each stored relation was last built in, before this one. */
  readonly builtIn: ReadonlyMap<string, number>;
  /** Run that each feed's rows were last applied to silver in, by feed. */
  readonly appliedIn: ReadonlyMap<string, number>;
  /** True when the last data commit's as-of was given by `--as-of`. */
  readonly wasAsOfAsked: boolean;
  readonly steps: { step: string; seconds: number }[];
  readonly effects: Effects;
};

/** The relation name under which `meta.relation` keeps how far a feed's rows were applied. */
export const stagingMark = (feed: string): string => `staging.${feed}`;

const readApplied = async (engine: Engine, draft: Draft): Promise<ReadonlyMap<string, number>> => {
  const rows = await engine.rows(
    sql`select relation, run_id from (${ledgerQuery(draft, ledgerRelations.relation)}) where relation like 'staging.%'`,
  );
  return new Map(
    rows.map((row) => [String(row.relation).slice('staging.'.length), Number(row.run_id)]),
  );
};

/** The relation name under which `meta.relation` keeps whether as-of was asked for or found. */
export const asOfMark = 'reference.run_context';

const readAsOfAsked = async (engine: Engine, draft: Draft): Promise<boolean> => {
  const rows = await engine.rows(
    sql`select built_from from (${ledgerQuery(draft, ledgerRelations.relation)}) where relation = 'reference.run_context'`,
  );
  return rows[0]?.built_from === 'asked';
};

/** The run that each stored relation of a draft was last built in. */
export const builtInOf = (draft: Draft): ReadonlyMap<string, number> =>
  new Map(
    draft.names().flatMap((name) => {
      const entry = draft.relation(name);
      return entry?.kind === 'parts' ? [[name, entry.builtIn] as const] : [];
    }),
  );

export type SessionParts = {
  readonly options: RunOptions;
  readonly project: Project;
  readonly engine: Engine;
  readonly handle: RunHandle;
  readonly lock: RunLock;
  readonly base: Snapshot | undefined;
};

/** Receipts that the tables were built from and the log lacks would be given again to other files, which then count as known. */
const refuseLostReceipts = async (
  log: ReceiptLog,
  engine: Engine,
  base: Snapshot | undefined,
): Promise<void> => {
  const { relation } = ledgerRelations.file;
  if (base?.manifest.relations[relation] === undefined) return;
  const [row] = await engine.rows(
    sql`select max(receipt) as known from (${relationQuery(base, relation)})`,
  );
  const known = Number(row?.known ?? 0);
  const receipts = log.receipts().at(-1)?.seq ?? 0;
  if (known <= receipts) return;
  const hint =
    'Restore data/archive from its backup. To begin anew with the files in data/raw, remove data/lake too.';
  throw pipelineError(runErrors, 'run.archive-lost', { receipts, known }, { hint });
};

/** Opens the draft, the ledger and the receipts of a run. With `fullRefresh` the draft starts from nothing but the ledger. */
export const openSession = async (parts: SessionParts, effects: Effects): Promise<Session> => {
  const { options, project, engine, handle, lock, base } = parts;
  const { folders } = project;
  const draft = await openDraft(folders.lake, { run: handle.run, base, engine, lock }, effects);
  await createWorkSchemas(engine);
  const isFresh = options.fullRefresh === true;
  const files = isFresh ? [] : await engine.rows(ledgerQuery(draft, ledgerRelations.file));
  const wasAsOfAsked = isFresh ? false : await readAsOfAsked(engine, draft);
  const appliedIn = isFresh ? new Map<string, number>() : await readApplied(engine, draft);
  if (isFresh) {
    for (const name of draft.names()) if (!name.startsWith('meta.')) draft.drop(name);
    draft.drop(ledgerRelations.file.relation);
    draft.drop(ledgerRelations.relation.relation);
  }
  const log = await openReceiptLog(folders.archive, project.config.settings.timezone, effects);
  await refuseLostReceipts(log, engine, base);
  const warnings: Warning[] = [];
  const load: LoadContext = {
    project,
    engine,
    draft,
    run: handle.run,
    tempFolder: join(folders.temp, String(handle.run)),
    batchDate: options.batchDate,
    readWith: readWithHash(project),
    warn: (warning) => warnings.push(warning),
    effects,
  };
  await effects.fs.makeFolder(load.tempFolder);
  await createRefusals(load);
  return {
    options,
    project,
    engine,
    handle,
    base,
    draft,
    log,
    book: openFileBook(files.map(readFileRow)),
    load,
    warnings,
    views: new Map(
      project.graph.models
        .filter((model) => model.refresh.kind === 'view')
        .map((model) => [model.relation, model]),
    ),
    builtIn: builtInOf(draft),
    appliedIn,
    wasAsOfAsked,
    steps: [],
    effects,
  };
};

/** Runs a part of the run under a name that `data/run.json` and the ledger tell. */
export const inStep = async <T>(
  session: Session,
  step: string,
  act: () => Promise<T>,
): Promise<T> => {
  session.options.onProgress?.({ kind: 'step', step });
  await session.handle.heartbeat(step);
  const started = session.effects.now().getTime();
  try {
    return await act();
  } finally {
    session.steps.push({ step, seconds: (session.effects.now().getTime() - started) / 1000 });
  }
};

/** Makes bronze of every feed readable as the draft has it. */
export const publishAllBronze = async (
  { engine, draft }: Pick<Session, 'engine' | 'draft'>,
  contracts: readonly Contract[],
): Promise<void> => {
  for (const contract of contracts) await publishBronze(engine, draft, contract);
};

/** Receipts whose file versions the ledger does not hold, in order. */
export const pendingReceipts = ({ log, book }: Session): readonly Receipt[] => {
  const known = new Set([...book.rows().values()].map((row) => row.receipt));
  return log
    .receipts()
    .filter((receipt) => receipt.action === 'received' && !known.has(receipt.seq));
};
