import { quoteName, type Sql, sql } from '../base/index.ts';
import type { Drift } from '../contract/index.ts';

/** Where the text of a new column stands in the raw stage; no header or contract can have such a name. */
const newName = (position: number): Sql => quoteName(`_new_${position}`);

/** The places of the columns whose text is looked at. */
export const newPositions = ({ added, unexpected }: Drift): readonly number[] =>
  [...added, ...unexpected].map(({ position }) => position);

/** The select items that carry new columns out of the trimmed cells `t0`, `t1` …; null when empty. */
export const newCells = ({ added, unexpected }: Drift): readonly Sql[] =>
  [...added, ...unexpected].map(
    ({ position }) => sql`nullif(${quoteName(`t${position}`)}, '') as ${newName(position)}`,
  );

/** The columns that bronze keeps, under their names. */
export const addedCells = ({ added }: Drift): readonly Sql[] =>
  added.map(({ name, position }) => sql`${newName(position)} as ${quoteName(name)}`);

/** Reasons to refuse a row for the columns of its file: one too many with a value in it, or one too few. */
export const driftConditions = ({
  unexpected,
  lacking,
}: Drift): readonly { readonly code: string; readonly column: string; readonly when: Sql }[] => [
  ...unexpected.map(({ header, position }) => ({
    code: 'columns',
    column: header,
    when: sql`${newName(position)} is not null`,
  })),
  ...lacking.map((column) => ({ code: 'columns', column, when: sql`true` })),
];
