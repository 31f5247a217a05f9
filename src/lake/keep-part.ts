import { dirname, join } from 'node:path';
import { hashFile, joinSql, pipelineError, quotePath, sql } from '../base/index.ts';
import type { CopiedFile } from './copy-file.ts';
import { countUp, type DraftContext } from './draft-context.ts';
import { lakeErrors } from './errors.ts';
import { guardDisk } from './guard-disk.ts';
import type { LakeColumn, Part } from './manifest.ts';

type Relation = { readonly name: string; readonly columns: readonly LakeColumn[] };

/** One column of one file as its footer declares it; nested ones are told by their number of children. */
type FooterColumn = { readonly name: string; readonly type: string | null };

/** Reads the top-level columns and row counts from the footers of files, by path. */
const readFooters = async (
  context: DraftContext,
  paths: readonly string[],
): Promise<ReadonlyMap<string, { rows: number; columns: FooterColumn[] }>> => {
  const list = joinSql(paths.map(quotePath));
  const found = new Map<string, { rows: number; columns: FooterColumn[] }>();
  const elements = await context.engine.rows(
    sql`select file_name, num_rows as file_rows, null as name, null as duckdb_type, 0 as children from parquet_file_metadata([${list}])
      union all select file_name, null, name, duckdb_type, coalesce(num_children, 0) from parquet_schema([${list}])`,
  );
  // The footer is a tree in depth-first order: `below` counts the elements that are still inside others.
  let below: number[] = [];
  for (const row of elements) {
    if (row.file_rows !== null) {
      found.set(String(row.file_name), { rows: Number(row.file_rows), columns: [] });
      continue;
    }
    const entry = found.get(String(row.file_name));
    const children = Number(row.children);
    if (row.name === 'duckdb_schema' && below.length === 0) {
      below = [children];
      continue;
    }
    const type = row.duckdb_type === null ? null : String(row.duckdb_type);
    if (below.length === 1) entry?.columns.push({ name: String(row.name), type });
    below[below.length - 1] = (below.at(-1) ?? 1) - 1;
    if (children > 0) below.push(children);
    while (below.length > 0 && below.at(-1) === 0) below.pop();
  }
  return found;
};

/** Refuses files whose footer is not what was declared and counted: the engine may store another type. */
const verifyFooters = async (
  context: DraftContext,
  relation: Relation,
  files: readonly CopiedFile[],
): Promise<void> => {
  const footers = await readFooters(
    context,
    files.map((file) => file.path),
  );
  const refuse = (what: string): never => {
    throw pipelineError(lakeErrors, 'lake.part-differs', { relation: relation.name, what });
  };
  for (const file of files) {
    const footer = footers.get(file.path);
    if (footer === undefined) return refuse('its footer cannot be read');
    if (footer.rows !== file.rows) refuse(`${footer.rows} rows instead of ${file.rows}`);
    if (footer.columns.length !== relation.columns.length)
      refuse(`${footer.columns.length} columns instead of ${relation.columns.length}`);
    relation.columns.forEach(({ name, type }, index) => {
      const column = footer.columns[index];
      if (column?.name !== name) refuse(`column ${name} is not in its place`);
      // A nested type has no single word in the footer; its leaves were cast by name.
      if (column?.type !== null && column?.type !== type)
        refuse(`column ${name} is ${column?.type} instead of ${type}`);
    });
  }
};

/** Makes a partition folder and remembers every folder that got a new name. */
const makePartitionFolder = async (context: DraftContext, folder: string): Promise<void> => {
  const made = await context.effects.fs.makeFolder(folder);
  context.unsynced.add(folder);
  if (made === undefined) return;
  for (let at = folder; at.length >= made.length; at = dirname(at)) context.unsynced.add(at);
  context.unsynced.add(dirname(made));
};

const keepPart = async (
  context: DraftContext,
  folder: string,
  { file, partition }: { readonly file: CopiedFile; readonly partition: string },
): Promise<Part> => {
  const { fs } = context.effects;
  const path = `${folder}/${partition}/${context.run}-${countUp(context, `${folder}/${partition}`)}.parquet`;
  const target = join(context.lakeFolder, path);
  await fs.setMode(file.path, 0o400);
  await fs.syncFile(file.path);
  const sha256 = await hashFile(file.path, context.effects);
  await makePartitionFolder(context, dirname(target));
  if ((await fs.stat(target)) !== undefined)
    throw pipelineError(lakeErrors, 'lake.part-exists', { part: path });
  context.written.add(path);
  await fs.rename(file.path, target);
  await context.effects.point('part.written');
  const { rows, bytes, min, max } = file;
  return { path, rows, bytes, sha256, partition, min, max };
};

export type DraftedFile = { readonly file: CopiedFile; readonly partition: string };

/**
 * Makes parts of drafted files, in their order: verifies the footer, then mode 0400, fsync, SHA-256
 * and rename to `<schema>/<relation>/<partition>/<run>-<i>.parquet`. Files without rows are left out.
 */
export const keepParts = async (
  context: DraftContext,
  relation: Relation,
  drafted: readonly DraftedFile[],
): Promise<readonly Part[]> => {
  const full = drafted.filter(({ file }) => file.rows > 0);
  if (full.length === 0) return [];
  await verifyFooters(
    context,
    relation,
    full.map(({ file }) => file),
  );
  const folder = relation.name.replace('.', '/');
  const kept: Part[] = [];
  for (const one of full) {
    const act = {
      act: 'write',
      path: join(context.lakeFolder, folder),
      neededBytes: one.file.bytes,
    };
    kept.push(await guardDisk(act, context.effects, () => keepPart(context, folder, one)));
  }
  return kept;
};
