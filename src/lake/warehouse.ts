import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  type Effects,
  hashFile,
  pipelineError,
  quoteName,
  quoteRelation,
  type Sql,
  sql,
} from '../base/index.ts';
import { writeDuckDBFile } from '../engine/index.ts';
import { viewStatements } from './create-views.ts';
import { lakeErrors } from './errors.ts';
import { guardDisk } from './guard-disk.ts';
import type { Snapshot } from './read-snapshot.ts';

export type WarehouseOptions = {
  /** The relations that get a view (with what they read); all when it is not given. */
  readonly relations?: readonly string[] | undefined;
  /** Schemas whose names also work unqualified; the earlier one wins where both have a name. */
  readonly searchPath: readonly string[];
};

const warehouseNote = z.strictObject({
  run: z.number().int(),
  lakeFolder: z.string(),
  sha256: z.string(),
  options: z.string(),
});

const paths = (dataFolder: string) => {
  const file = join(dataFolder, 'warehouse.duckdb');
  return { file, wal: `${file}.wal`, note: join(dataFolder, 'warehouse.json') };
};

/** A DuckDB file cannot keep a search path, so plain views in `main` stand in for it. */
const unqualifiedViews = (
  snapshot: Snapshot,
  { relations, searchPath }: WarehouseOptions,
): readonly Sql[] => {
  const names = relations ?? Object.keys(snapshot.manifest.relations);
  const chosen = new Map<string, string>();
  for (const schema of searchPath) {
    for (const name of names) {
      const [own, short] = name.split('.');
      if (own === schema && short !== undefined && !chosen.has(short)) chosen.set(short, name);
    }
  }
  return [...chosen].map(
    ([short, name]) =>
      sql`create view main.${quoteName(short)} as select * from ${quoteRelation(name)}`,
  );
};

/**
 * Writes `warehouse.duckdb` anew: views over the snapshot with absolute paths, for the duckdb shell and
 * BI tools. Replaced by rename; a `.wal` of somebody's shell would be replayed onto the new file, so it
 * is removed before and after. `warehouse.json` beside it notes what it was made from.
 */
export const writeWarehouse = async (
  dataFolder: string,
  snapshot: Snapshot,
  options: WarehouseOptions,
  effects: Effects,
): Promise<void> => {
  const { file, wal, note } = paths(dataFolder);
  const draft = join(dataFolder, `warehouse.${effects.process.pid}.draft`);
  const { fs } = effects;
  await guardDisk({ act: 'write', path: file }, effects, async () => {
    await effects.point('warehouse');
    await fs.unlink(draft);
    await fs.unlink(`${draft}.wal`);
    try {
      const views = viewStatements(snapshot, options.relations);
      await writeDuckDBFile(draft, [...views, ...unqualifiedViews(snapshot, options)]);
      if ((await fs.stat(`${draft}.wal`)) !== undefined)
        throw pipelineError(lakeErrors, 'lake.warehouse-wal', { path: file });
      await fs.setMode(draft, 0o600);
      await fs.syncFile(draft);
      const told: z.infer<typeof warehouseNote> = {
        run: snapshot.manifest.run,
        lakeFolder: snapshot.lakeFolder,
        sha256: await hashFile(draft, effects),
        options: JSON.stringify(options),
      };
      await fs.unlink(wal);
      await fs.rename(draft, file);
      await fs.unlink(wal);
      const noteDraft = `${note}.${effects.process.pid}`;
      await fs.writeText(noteDraft, `${JSON.stringify(told)}\n`, { replace: true });
      await fs.rename(noteDraft, note);
    } finally {
      await fs.unlink(draft);
      await fs.unlink(`${draft}.wal`);
    }
  });
};

/**
 * False when `warehouse.duckdb` must be made again: missing, altered, of another snapshot or with other
 * options, moved with its project, or with a `.wal` beside it.
 */
export const isWarehouseCurrent = async (
  dataFolder: string,
  snapshot: Snapshot,
  options: WarehouseOptions,
  effects: Effects,
): Promise<boolean> => {
  const { file, wal, note } = paths(dataFolder);
  const { fs } = effects;
  if ((await fs.stat(wal)) !== undefined || (await fs.stat(file))?.kind !== 'file') return false;
  if ((await fs.stat(note))?.kind !== 'file') return false;
  try {
    const told = warehouseNote.parse(JSON.parse(await fs.readText(note)));
    return (
      told.run === snapshot.manifest.run &&
      told.lakeFolder === resolve(snapshot.lakeFolder) &&
      told.options === JSON.stringify(options) &&
      told.sha256 === (await hashFile(file, effects))
    );
  } catch {
    return false;
  }
};
