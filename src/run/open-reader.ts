import { dirname, join } from 'node:path';
import { type Effects, pipelineError, quoteRelation, sql, trustedSql } from '../base/index.ts';
import {
  type Engine,
  openDuckDB,
  type QueryResult,
  type Row,
  type RowStream,
} from '../engine/index.ts';
import { createViews, type Lease, openLease, type Snapshot } from '../lake/index.ts';
import { runErrors } from './errors.ts';
import { findUnreadable } from './find-unreadable.ts';
import { hintQuery } from './hint-query.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { rowsQuery } from './ledger/rows-query.ts';
import { memoryLimitOf } from './memory-limit.ts';

/** Schemas whose names work unqualified, the earlier one winning. */
export const searchPath = ['gold', 'silver', 'bronze', 'compat', 'reference', 'meta'] as const;

/** Relations that only the machinery reads: no list shows them, no tool gets a view. */
export const isShown = (relation: string): boolean => !relation.startsWith('bronze_parts.');

export type Reader = {
  readonly snapshot: Snapshot;
  /** One SELECT or EXPLAIN; throws `query.not-select` for anything else. */
  readonly query: (text: string) => Promise<QueryResult>;
  /** The same, its rows a chunk at a time: an answer may be larger than memory. */
  readonly stream: (text: string) => Promise<RowStream>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type ReaderOptions = {
  readonly dataFolder: string;
  /** A kept snapshot; the current one when it is not given. */
  readonly at?: number | undefined;
  /** Show quarantine's raw text and who read what. */
  readonly withValues: boolean;
  readonly memoryLimitBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

const quarantine = ledgerRelations.quarantine.relation;
const accessLog = ledgerRelations.accessLog;

/** What is shown only to somebody who asks for values, and is noted for it. */
const guarded: readonly string[] = [quarantine, accessLog.relation];

const readableParts = ({ snapshot }: Lease, withValues: boolean): readonly string[] =>
  Object.entries(snapshot.manifest.relations).flatMap(([name, entry]) =>
    entry.kind === 'parts' && (withValues || !guarded.includes(name))
      ? entry.parts.map((part) => join(snapshot.lakeFolder, part.path))
      : [],
  );

/** Makes the snapshot's views and then shuts the engine off from everything but their parts. */
const prepare = async (engine: Engine, lease: Lease, withValues: boolean): Promise<void> => {
  const { snapshot } = lease;
  await createViews(engine, snapshot);
  if (!withValues && snapshot.manifest.relations[quarantine] !== undefined) {
    const name = quoteRelation(quarantine);
    await engine.execute(
      sql`create or replace temp table quarantine_shown as select * exclude (raw_record) from ${name}`,
    );
    await engine.execute(sql`create or replace view ${name} as select * from quarantine_shown`);
  }
  if (!withValues && snapshot.manifest.relations[accessLog.relation] !== undefined) {
    const name = quoteRelation(accessLog.relation);
    await engine.execute(sql`create or replace view ${name} as ${rowsQuery(accessLog, [])}`);
  }
  for (const schema of searchPath)
    await engine.execute(sql`create schema if not exists ${trustedSql(schema)}`);
  await engine.execute(sql`set search_path = ${trustedSql(`'${searchPath.join(',')}'`)}`);
  await engine.seal(readableParts(lease, withValues));
};

const explainWord = /^\s*explain\s+(?!analyze\b|\()/i;

const checkSelect = async (engine: Engine, text: string, withValues: boolean): Promise<void> => {
  const explained = explainWord.exec(text);
  const statement = explained === null ? text : text.slice(explained[0].length);
  const parsed = await engine.parse(statement);
  if (parsed.kind === 'error') {
    throw pipelineError(runErrors, 'query.not-select', { reason: parsed.reason });
  }
  const refused = findUnreadable(parsed, withValues);
  if (refused !== undefined) throw pipelineError(runErrors, 'query.unreadable', { name: refused });
};

/**
 * Opens a snapshot for questions: its own engine in memory, a lease on its parts, no way to write or
 * to read another file. Throws `run.no-lake` when nothing was ever committed.
 */
export const openReader = async (options: ReaderOptions, effects: Effects): Promise<Reader> => {
  const lease = await openLease(join(options.dataFolder, 'lake'), { at: options.at }, effects);
  if (lease === undefined) {
    throw pipelineError(
      runErrors,
      'run.no-lake',
      {},
      {
        hint: 'Put files into data/raw and type: schoolhouse run',
      },
    );
  }
  const tempFolder = join(options.dataFolder, 'tmp', lease.id ?? 'reader');
  const engine = await openDuckDB({
    memoryLimitBytes: await memoryLimitOf(
      { projectFolder: dirname(options.dataFolder), asked: options.memoryLimitBytes },
      effects,
    ),
    tempFolder,
    signal: options.signal,
  });
  const close = async (): Promise<void> => {
    await engine[Symbol.asyncDispose]();
    await effects.fs.removeTree(tempFolder).catch(() => undefined);
    await lease[Symbol.asyncDispose]();
  };
  try {
    await prepare(engine, lease, options.withValues);
  } catch (error) {
    await close();
    throw error;
  }
  const shown = { snapshot: lease.snapshot, withValues: options.withValues };
  const hinted = async <T>(text: string, act: () => Promise<T>): Promise<T> =>
    act().catch((error: unknown) => {
      throw hintQuery(error, text, shown);
    });
  async function* whole(text: string, { chunks }: RowStream): AsyncGenerator<readonly Row[]> {
    const iterator = chunks[Symbol.asyncIterator]();
    for (;;) {
      const next = await hinted(text, () => iterator.next());
      if (next.done === true) break;
      yield next.value;
    }
    await lease?.verify();
  }
  const query = async (text: string): Promise<QueryResult> => {
    await checkSelect(engine, text, options.withValues);
    const result = await hinted(text, () => engine.query(trustedSql(text)));
    await lease.verify();
    return result;
  };
  return {
    snapshot: lease.snapshot,
    query,
    stream: async (text) => {
      if (explainWord.test(text)) {
        const { columns, rows } = await query(text);
        return {
          columns,
          chunks: (async function* () {
            yield rows;
          })(),
        };
      }
      await checkSelect(engine, text, options.withValues);
      const stream = await hinted(text, () => engine.stream(trustedSql(text)));
      return { columns: stream.columns, chunks: whole(text, stream) };
    },
    [Symbol.asyncDispose]: close,
  };
};
