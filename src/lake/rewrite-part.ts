import { join } from 'node:path';
import { hashFile, pipelineError, type Sql, sql, trustedSql } from '../base/index.ts';
import { orderClause } from './cast-query.ts';
import { copyToFile } from './copy-file.ts';
import type { DraftContext } from './draft-context.ts';
import { lakeErrors } from './errors.ts';
import { keepParts } from './keep-part.ts';
import type { Part, PartsRelation } from './manifest.ts';
import { partsScan, readColumns } from './relation-query.ts';
import { withDraftFolder } from './write-rows.ts';

/** Throws `lake.part-altered` when a part is no longer the bytes that were committed. */
export const verifyPart = async (context: DraftContext, part: Part): Promise<void> => {
  const path = join(context.lakeFolder, part.path);
  if ((await hashFile(path, context.effects)) === part.sha256) return;
  const run = context.base?.manifest.run;
  throw pipelineError(
    lakeErrors,
    'lake.part-altered',
    { part: part.path },
    {
      hint: `${run === undefined ? '' : `Older snapshots that lack this part stay readable (schoolhouse query --at, before ${run}). `}The archive has every row: schoolhouse run --full-refresh builds the lake anew.`,
    },
  );
};

export type Rewrite = {
  readonly name: string;
  readonly entry: PartsRelation;
  /** Parts of one partition; their rows become one new part. */
  readonly parts: readonly Part[];
  /** Positions (`file_row_number`) to leave out of the one part, and how many they are. */
  readonly without?: { readonly positions: Sql; readonly count: number };
};

/**
 * Writes the rows of parts anew as one part of their partition, with the columns of the entry, each
 * computed column stored. Verifies the SHA-256 of what it reads and the count of what it writes.
 * Returns the new part, or none when no row is left.
 */
export const rewriteParts = async (
  context: DraftContext,
  { name, entry, parts, without }: Rewrite,
): Promise<readonly Part[]> => {
  for (const part of parts) await verifyPart(context, part);
  const before = parts.reduce((sum, part) => sum + part.rows, 0);
  const expected = before - (without?.count ?? 0);
  if (expected === 0) return [];
  const scan = partsScan(context.lakeFolder, entry, parts);
  const all = sql`select ${readColumns(entry.columns, entry.materialise)} from ${scan}`;
  const rest =
    without === undefined ? all : sql`${all} where file_row_number not in (${without.positions})`;
  // One part keeps its order; only where most rows go may the engine turn the join around and lose it.
  const keepsOrder = parts.length === 1 && expected >= before / 2;
  const query = sql`${rest}${keepsOrder ? trustedSql('') : orderClause(entry.sortBy)}`;
  return withDraftFolder(context, async (folder) => {
    const target = { path: join(folder, 'part.parquet'), keyColumn: entry.key[0] };
    const file = await copyToFile(context.engine, query, target);
    if (file.rows !== expected) {
      const what = `${file.rows} rows instead of ${expected}`;
      throw pipelineError(lakeErrors, 'lake.part-differs', { relation: name, what });
    }
    const partition = parts[0]?.partition ?? 'none';
    return keepParts(context, { name, columns: entry.columns }, [{ file, partition }]);
  });
};
