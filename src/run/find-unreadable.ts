import type { ParsedQuery } from '../engine/index.ts';

/** Functions that make rows of their arguments, or tell of the engine's own tables. */
const readable: ReadonlySet<string> = new Set([
  ...['range', 'generate_series', 'unnest', 'repeat', 'repeat_row'],
  ...['duckdb_columns', 'duckdb_functions', 'duckdb_schemas', 'duckdb_tables', 'duckdb_types'],
]);

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** The first function in `from` that may read more than its arguments. */
const findFunction = (value: unknown): string | undefined => {
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = findFunction(item);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isNode(value)) return undefined;
  if (value.type === 'TABLE_FUNCTION' && isNode(value.function)) {
    const name = String(value.function.function_name ?? '').toLowerCase();
    if (!readable.has(name)) return name;
  }
  return findFunction(Object.values(value));
};

/**
 * What a question names that is no relation of the snapshot: a function or a file, which could reach the
 * rows that views hide; and, without `--values`, the parts in which refused rows lie.
 */
export const findUnreadable = (
  parsed: Extract<ParsedQuery, { readonly kind: 'select' }>,
  withValues: boolean,
): string | undefined => {
  const hidden = parsed.references.find(
    ({ schema, name }) =>
      (schema.toLowerCase() === 'bronze_parts' && !withValues) ||
      (schema === '' && /[/\\.]/.test(name)),
  );
  if (hidden !== undefined)
    return hidden.schema === '' ? hidden.name : `${hidden.schema}.${hidden.name}`;
  return findFunction(parsed.tree);
};
