import { closestName, PipelineError } from '../base/index.ts';
import type { Snapshot } from '../lake/index.ts';

const withoutText = (statement: string): string => statement.replaceAll(/'(?:[^']|'')*'/g, "''");

const hintOf = (
  { facts, code }: PipelineError,
  statement: string,
  { snapshot, withValues }: { readonly snapshot: Snapshot; readonly withValues: boolean },
): string | undefined => {
  if (code !== 'engine.query') return undefined;
  const text = withoutText(statement);
  if (!withValues && /\braw_record\b/i.test(text))
    return 'What a refused record held (raw_record) is shown by query --values alone, which is noted in data/access.jsonl.';
  const { word, category } = facts;
  if (typeof word !== 'string') return undefined;
  const { relations } = snapshot.manifest;
  if (String(category).includes('several')) return `Say which one is meant: <relation>.${word}.`;
  const names = String(category).includes('column')
    ? Object.entries(relations)
        .filter(([relation]) => text.includes(relation.slice(relation.indexOf('.') + 1)))
        .flatMap(([, { columns }]) => columns.map((column) => column.name))
    : Object.keys(relations).flatMap((one) => [one, one.slice(one.indexOf('.') + 1)]);
  const near = closestName(word, names);
  return near === undefined
    ? 'schoolhouse query alone lists every table with its columns.'
    : `Closest: ${near}.`;
};

/** The same error with what to do about it, as far as the snapshot tells: the closest name, or the flag that is lacking. */
export const hintQuery = (
  error: unknown,
  statement: string,
  shown: { readonly snapshot: Snapshot; readonly withValues: boolean },
): unknown => {
  if (!(error instanceof PipelineError) || error.hint !== undefined) return error;
  const hint = hintOf(error, statement, shown);
  const { code, kind, message, facts, place } = error;
  return hint === undefined
    ? error
    : new PipelineError(code, kind, message, facts, { place, hint, cause: error });
};
