import type { Reader } from '../run/index.ts';
import type { SchoolNote } from './generated-school.ts';

export const countNames = [
  'read',
  'loaded',
  'duplicate',
  'superseded',
  'blank',
  'quarantined',
] as const;

type Pair = { readonly planted: number; readonly found: number };

/** What a generated school planted beside what its project counts and refused. */
export type Comparison = {
  readonly counts: Readonly<Record<(typeof countNames)[number], Pair>>;
  /** In the generator's order; then reasons that nobody planted. */
  readonly reasons: readonly (Pair & { readonly code: string })[];
  /** Reasons that were planted and not found at their file and line, and those found where none was planted. */
  readonly misplaced: number;
  readonly isEqual: boolean;
};

const sums = countNames.map((name) => `cast(sum(${name}) as bigint) as ${name}`).join(', ');

const refusals = `
  select file, line, reason.code as code
  from (select file, line, unnest(reasons) as reason from quarantine.record) as records
  order by file, line, code`;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** How often each text stands in a list. */
const tally = (texts: readonly string[]): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1);
  return found;
};

const difference = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number =>
  [...new Set([...a.keys(), ...b.keys()])].reduce(
    (sum, text) => sum + Math.abs((a.get(text) ?? 0) - (b.get(text) ?? 0)),
    0,
  );

/** Compares the ledger and the quarantine of a project with the note of the school in it. */
export const compareWithPlanted = async (
  reader: Reader,
  { files, totals, planted }: SchoolNote,
): Promise<Comparison> => {
  const names = files.map(({ path }) => `'data/raw/${path.replaceAll("'", "''")}'`).join(', ');
  const ledger = await reader.query(`select ${sums} from meta.file where path in (${names})`);
  const { rows } = await reader.query(refusals);
  const [counted] = ledger.rows;
  const pair = (name: (typeof countNames)[number]): Pair => ({
    planted: totals[name],
    found: Number(counted?.[name] ?? 0),
  });
  const counts = {
    read: pair('read'),
    loaded: pair('loaded'),
    duplicate: pair('duplicate'),
    superseded: pair('superseded'),
    blank: pair('blank'),
    quarantined: pair('quarantined'),
  };
  const found = tally(rows.map((row) => String(row.code)));
  const codes = new Set([...Object.keys(totals.reasons), ...found.keys()]);
  const reasons = [...codes].map((code) => ({
    code,
    planted: totals.reasons[code] ?? 0,
    found: found.get(code) ?? 0,
  }));
  const misplaced = difference(
    tally(planted.map(({ file, line, code }) => `${file}:${line}:${code}`)),
    tally(rows.map((row) => `${nameOf(String(row.file))}:${String(row.line)}:${String(row.code)}`)),
  );
  const isEqual =
    misplaced === 0 && countNames.every((name) => counts[name].planted === counts[name].found);
  return { counts, reasons, misplaced, isEqual };
};
