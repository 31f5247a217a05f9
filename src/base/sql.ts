declare const sqlBrand: unique symbol;

/** Text that is safe to give to an engine: only the functions of this file make it. */
export type Sql = string & { readonly [sqlBrand]: true };

/** SQL from our own files (models, generated expressions). Never for a value that came from outside. */
export const trustedSql = (text: string): Sql => text as Sql;

/** A quoted identifier: `x"; drop` becomes `"x""; drop"`. */
export const quoteName = (name: string): Sql => `"${name.replaceAll('"', '""')}"` as Sql;

/** A quoted text literal, or `null`. NUL cannot be in a literal and is dropped. */
export const quoteText = (text: string | null): Sql =>
  (text === null ? 'null' : `'${text.replaceAll('\u0000', '').replaceAll("'", "''")}'`) as Sql;

/**
 * A path as the engine must be given it to open that one file: it takes a name with * ? or [ in it for a
 * pattern. It knows no way to write { or a backslash: files with these in their names are read through a copy.
 */
export const quotePath = (path: string): Sql => quoteText(path.replaceAll(/[*?[]/g, '[$&]'));

/** True for a path that the engine cannot be given. */
export const isUnspeakablePath = (path: string): boolean => /[{\\]/.test(path);

/** `"silver"."fact_attendance"` from `silver.fact_attendance`; only the first dot divides. */
export const quoteRelation = (relation: string): Sql => {
  const dot = relation.indexOf('.');
  return dot < 0
    ? quoteName(relation)
    : (`${quoteName(relation.slice(0, dot))}.${quoteName(relation.slice(dot + 1))}` as Sql);
};

/** Joins parts with `separator`, by default a comma. */
export const joinSql = (parts: readonly Sql[], separator = ', '): Sql =>
  parts.join(separator) as Sql;

/** Builds a statement; only `Sql` and finite numbers may be put in, so a value must be quoted first. */
export const sql = (
  strings: TemplateStringsArray,
  ...values: readonly (Sql | number | bigint | boolean)[]
): Sql => {
  let text = strings[0] ?? '';
  values.forEach((value, index) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new Error('number is not finite');
    text += String(value) + (strings[index + 1] ?? '');
  });
  return text as Sql;
};
