import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Effects, nodeEffects, type Sql, trustedSql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { type Draft, openDraft } from './draft.ts';
import type { RelationDefinition } from './draft-context.ts';
import type { Manifest } from './manifest.ts';
import { readSnapshot, type Snapshot } from './read-snapshot.ts';
import { relationQuery } from './relation-query.ts';

/** For tests only: a lake of one toy relation in a folder of its own, on real files and a real engine. */
export type ToyLake = {
  readonly dataFolder: string;
  readonly lakeFolder: string;
  readonly engine: Engine;
  readonly effects: Effects;
  /** Commits what `change` does as the next run and returns the manifest. */
  readonly commit: (
    run: number,
    change: (draft: Draft) => Promise<unknown>,
    facts?: {
      readonly kind?: 'data' | 'ledger';
      readonly complete?: boolean;
      readonly effects?: Effects;
    },
  ) => Promise<Manifest>;
  readonly open: (at?: number) => Promise<Snapshot>;
  /** Rows of a relation as `a|b|c` lines, sorted; of the current snapshot or one given. */
  readonly lines: (relation?: string, snapshot?: Snapshot) => Promise<readonly string[]>;
  /** Paths of the files in the lake, relative, sorted. */
  readonly files: () => readonly string[];
  readonly close: () => Promise<void>;
};

/** Moves of goods: a key, a place, a day (partition), an amount. */
export const moves: RelationDefinition = {
  name: 'stock.moves',
  columns: [
    { name: 'id', type: 'VARCHAR', privacy: 'personal' },
    { name: 'place', type: 'VARCHAR', privacy: 'public' },
    { name: 'moved_on', type: 'DATE', privacy: 'public' },
    { name: 'amount', type: 'INTEGER', privacy: 'public' },
  ],
  key: ['id'],
  partitionBy: 'moved_on',
  sortBy: ['place', 'moved_on'],
  policy: 'open',
  builtFrom: 'hash-1',
};

export type Move = readonly [id: string, place: string, day: string | null, amount: number];

/** A query of toy rows. */
export const movesOf = (rows: readonly Move[]): Sql => {
  const literals = rows.map(
    ([id, place, day, amount]) =>
      `('${id}', '${place}', ${day === null ? 'null' : `date '${day}'`}, ${amount})`,
  );
  return trustedSql(
    rows.length === 0
      ? `select 'x' as id, 'x' as place, date '2024-01-01' as moved_on, 1 as amount where false`
      : `select * from (values ${literals.join(', ')}) as t(id, place, moved_on, amount)`,
  );
};

/** Keys to take out. */
export const idsOf = (...ids: readonly string[]): Sql =>
  trustedSql(`select * from (values ${ids.map((id) => `('${id}')`).join(', ')}) as t(id)`);

/** Flips one bit in the middle of a file, or cuts it to half. */
export const spoil = (path: string, how: 'flip' | 'cut'): void => {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  chmodSync(path, 0o600);
  writeFileSync(path, how === 'flip' ? bytes : bytes.subarray(0, middle));
};

const listFiles = (folder: string): readonly string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();

export const openToyLake = async (): Promise<ToyLake> => {
  // The path has what the engine could take for a pattern, and for the value of a column.
  const root = mkdtempSync(join(tmpdir(), "toy [lake]'s "));
  const dataFolder = join(root, 'place=nowhere', 'data');
  const lakeFolder = join(dataFolder, 'lake');
  const effects = await nodeEffects();
  const engine = await openDuckDB({
    memoryLimitBytes: 500e6,
    threads: 2,
    tempFolder: join(dataFolder, 'tmp'),
  });
  const current = (): Promise<Snapshot | undefined> => readSnapshot(lakeFolder, {}, effects);
  const open = async (at?: number): Promise<Snapshot> => {
    const snapshot =
      at === undefined ? await current() : await readSnapshot(lakeFolder, { at }, effects);
    if (snapshot === undefined) throw new Error('the toy lake is empty');
    return snapshot;
  };
  return {
    dataFolder,
    lakeFolder,
    engine,
    effects,
    open,
    commit: async (run, change, facts = {}) => {
      const world = facts.effects ?? effects;
      const base = await current();
      await using draft = await openDraft(lakeFolder, { run, base, engine }, world);
      await change(draft);
      return await draft.commit({
        asOf: null,
        kind: facts.kind ?? 'data',
        complete: facts.complete ?? true,
        committedAt: world.now().toISOString(),
      });
    },
    lines: async (relation = 'stock.moves', snapshot) => {
      const query = relationQuery(snapshot ?? (await open()), relation);
      const rows = await engine.rows(query);
      return rows.map((row) => Object.values(row).join('|')).sort();
    },
    files: () => listFiles(lakeFolder),
    close: async () => {
      await engine[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
};
