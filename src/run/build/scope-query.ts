import { quoteName, type Sql, sql, trustedSql } from '../../base/index.ts';
import { type Engine, keyBounds } from '../../engine/index.ts';
import { columnNames, nearRows, type ScopeContext } from './scope-context.ts';

/** SQL that is true where row `left` and row `right` agree in all these columns; null agrees with null. */
export const sameGroup = (columns: readonly string[], left: Sql, right: Sql): Sql =>
  trustedSql(
    columns
      .map((c) => `${left}.${quoteName(c)} is not distinct from ${right}.${quoteName(c)}`)
      .join(' and '),
  );

/** Groups of rows: a relation of them, their columns, and what they span. */
export type Groups = {
  readonly by: readonly string[];
  readonly groups: Sql;
  readonly bounds: Sql;
  /** Where their rows are looked for, by relation: asked once, as it reads the footers of all its parts. */
  readonly near: Map<string, Sql>;
};

/** What groups span, as a condition on `r`; found once for all that is read by them. */
export const spanGroups = async (
  engine: Engine,
  by: readonly string[],
  groups: Sql,
): Promise<Groups> => ({
  by,
  groups,
  bounds: await keyBounds(engine, groups, { columns: by, of: sql`r` }),
  near: new Map(),
});

/** Rows of a relation whose group is one of these. */
export const rowsOfGroups = async (
  context: ScopeContext,
  relation: string,
  span: Groups,
): Promise<Sql> => {
  const from = span.near.get(relation) ?? (await nearRows(context, relation, span));
  span.near.set(relation, from);
  return sql`select r.* from ${from} as r semi join ${span.groups} as g on ${sameGroup(span.by, sql`r`, sql`g`)} where ${span.bounds}`;
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
  context: ScopeContext,
  relations: readonly string[],
  span: Groups,
): Promise<ReadonlyMap<string, Sql>> => {
  const made = new Map<string, Sql>();
  for (const relation of relations) {
    const names = await columnNames(context, relation);
    if (!span.by.every((column) => names.includes(column))) continue;
    const view = scopedName(relation);
    const rows = await rowsOfGroups(context, relation, span);
    await context.engine.execute(sql`create or replace view ${view} as ${rows}`);
    made.set(relation, view);
  }
  return made;
};
