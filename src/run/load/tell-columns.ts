import { sayCount } from '../../base/index.ts';
import type { FeedMatch } from '../../contract/index.ts';
import { addedColumns } from './bronze-relation.ts';
import type { LoadContext, SchemaChange } from './load-context.ts';

type Matched = Extract<FeedMatch, { readonly kind: 'matched' }>;
type Unmatched = Matched['header']['unmatched'][number];

/** A header that is told: what becomes of its cells, and the change that the ledger keeps. */
type Told = {
  readonly change: SchemaChange;
  readonly code: 'column_unmatched' | 'column_withheld';
  /** The sentences behind "No column of … takes this header"; null: the ledger alone keeps it. */
  readonly text: string | null;
};

/** What is told of a header that no column takes; undefined when bronze has its column since an earlier file. */
const tellHeader = (
  { contract, drift }: Matched,
  { header, position, closest }: Unmatched,
  known: ReadonlySet<string>,
): Told | undefined => {
  const { feed } = contract;
  const unmatched = { change: 'unmatched', column: header } as const;
  switch (contract.onNewColumn) {
    case 'evolve': {
      if (drift.withheld.includes(header)) {
        const text = `It is named like a password, so no table keeps it. Leave it out of the export; what was received stays in the archive.`;
        return { change: unmatched, code: 'column_withheld', text };
      }
      const name = drift.added.find((one) => one.position === position - 1)?.name ?? '';
      // A header that is rather a misspelt column is told each time: its column is missing each time.
      if (known.has(name) && closest === undefined) return undefined;
      const text = `It is kept as text in bronze.${feed}.${name}.`;
      return { change: { change: 'added', column: header }, code: 'column_unmatched', text };
    }
    case 'quarantine':
      return {
        change: unmatched,
        code: 'column_unmatched',
        text: `Rows with a value in it are refused (feeds.${feed}.onNewColumn: quarantine).`,
      };
    case 'ignore':
    case 'reject':
      return { change: unmatched, code: 'column_unmatched', text: null };
    default:
      return contract.onNewColumn satisfies never;
  }
};

/** New columns that would be kept, were they not so many that none is. */
const isTooMany = ({ contract, drift, header }: Matched): boolean =>
  contract.onNewColumn === 'evolve' &&
  drift.added.length === 0 &&
  drift.withheld.length < header.unmatched.length;

const missingOf = ({ header }: Matched): readonly SchemaChange[] =>
  header.missing.map(({ column }) => ({ change: 'missing', column }) as const);

/** A header as a message can hold it. */
const short = (header: string): string => (header.length > 80 ? `${header.slice(0, 80)}…` : header);

/**
 * Warns of required columns that a file lacks and of headers that no column takes, each new column once.
 * Returns what the ledger keeps of both.
 */
export const tellColumns = (
  load: LoadContext,
  path: string,
  match: Matched,
): readonly SchemaChange[] => {
  const { contract, header } = match;
  const { feed } = contract;
  for (const column of match.missingRequired) {
    load.warn({
      code: 'column_missing',
      ...{ feed, file: path, line: 1, column },
      text: `The required column ${column} is not in the file; ${
        match.drift.lacking.includes(column)
          ? `its rows are refused (feeds.${feed}.onMissingColumn: quarantine)`
          : 'its rows load without it'
      }.`,
    });
  }
  if (isTooMany(match)) {
    const text = `It has ${sayCount(header.unmatched.length)} columns that no column of ${feed} takes; none of them is kept. What was received stays in the archive.`;
    load.warn({ code: 'column_unmatched', ...{ feed, file: path, line: 1 }, text });
    return missingOf(match);
  }
  const known = new Set(addedColumns(load.draft, contract));
  const changes: SchemaChange[] = [];
  for (const one of header.unmatched) {
    const told = tellHeader(match, one, known);
    if (told === undefined) continue;
    changes.push(told.change);
    if (told.text === null) continue;
    const near = one.closest === undefined ? '' : `; closest: ${one.closest}`;
    load.warn({
      code: told.code,
      ...{ feed, file: path, line: 1, column: short(one.header) },
      text: `No column of ${feed} takes this header${near}. ${told.text}`,
    });
  }
  return [...changes, ...missingOf(match)];
};
