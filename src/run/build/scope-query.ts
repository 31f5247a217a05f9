import { quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import { type Engine, keyBounds } from '../../engine/index.ts';

/** SQL that is true where row `left` and row `right` agree in all these columns; null agrees with null. */
export const sameGroup = (columns: readonly string[], left: Sql, right: Sql): Sql =>
  trustedSql(
    columns
      .map((c) => `${left}.${quoteName(c)} is not distinct from ${right}.${quoteName(c)}`)
      .join(' and '),
  );

const rowsWithin = (
  relation: Sql,
  columns: readonly string[],
  { groups, bounds }: { readonly groups: Sql; readonly bounds: Sql },
): Sql =>
  sql`select r.* from ${relation} as r semi join ${groups} as g on ${sameGroup(columns, sql`r`, sql`g`)} where ${bounds}`;

/** Rows of a relation whose group stands in the relation `groups`. */
export const inGroups = async (
  engine: Engine,
  relation: Sql,
  columns: readonly string[],
  groups: Sql,
): Promise<Sql> => {
  const bounds = await keyBounds(engine, groups, { columns, of: sql`r` });
  return rowsWithin(relation, columns, { groups, bounds });
};

const writtenName = /(?:"(?:[^"]|"")*"|[\w\x80-\xff]+)\s*\.\s*(?:"(?:[^"]|"")*"|[\w\x80-\xff]+)/y;

/** The name that stands at `at` as it is written, quoted or not; undefined when none does. */
const nameAt = (text: string, at: number): string | undefined => {
  writtenName.lastIndex = at;
  return writtenName.exec(text)?.[0];
};

const plainName = (written: string): string =>
  written
    .replaceAll(/\s*\.\s*/g, '.')
    .replaceAll('"', '')
    .toLowerCase();

/**
 * A model's query with the named relations read through `scoped` views, so that only touched groups
 * are built. References are found by the engine's parser, never by searching the text.
 */
export const scopeQuery = async (
  engine: Engine,
  query: string,
  scoped: ReadonlyMap<string, Sql>,
): Promise<Sql> => {
  const parsed = await engine.parse(query);
  if (parsed.kind === 'error') throw new Error('a compiled model no longer parses');
  const bytes = Buffer.from(query);
  const places = parsed.references
    .flatMap((reference) => {
      const replacement = scoped.get(`${reference.schema}.${reference.name}`);
      return replacement === undefined || reference.offset === undefined
        ? []
        : [
            {
              at: reference.offset,
              replacement,
              relation: `${reference.schema}.${reference.name}`,
            },
          ];
    })
    .sort((a, b) => b.at - a.at);
  let text = bytes.toString('latin1');
  for (const { at, replacement, relation } of places) {
    const written = nameAt(text, at);
    if (written === undefined || plainName(written) !== relation.toLowerCase()) {
      throw new Error(`the reference to ${relation} does not stand where the parser says`);
    }
    text =
      text.slice(0, at) +
      Buffer.from(replacement).toString('latin1') +
      text.slice(at + written.length);
  }
  return trustedSql(Buffer.from(text, 'latin1').toString());
};

/** The temp view through which one relation is read while a model is built by groups. */
export const scopedName = (relation: string): Sql => sql`scoped.${quoteName(relation)}`;

/** Creates the scoped view of each relation that has all group columns; the others are read whole. */
export const createScopedViews = async (
  engine: Engine,
  relations: readonly string[],
  by: readonly string[],
  groups: Sql,
): Promise<ReadonlyMap<string, Sql>> => {
  const made = new Map<string, Sql>();
  const bounds = await keyBounds(engine, groups, { columns: by, of: sql`r` });
  for (const relation of relations) {
    const columns = await engine.describe(sql`select * from ${quoteRelation(relation)}`);
    const names = new Set(columns.map((column) => column.name));
    if (!by.every((column) => names.has(column))) continue;
    const view = scopedName(relation);
    const rows = rowsWithin(quoteRelation(relation), by, { groups, bounds });
    await engine.execute(sql`create or replace view ${view} as ${rows}`);
    made.set(relation, view);
  }
  return made;
};
