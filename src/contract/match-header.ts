import { closestName, foldName } from '../base/index.ts';
import type { Contract, ContractColumn } from './contract.ts';

/** How the header of a file meets a contract. Positions of `columns` count from 0, all others from 1. */
export type HeaderMatch = {
  /** Contract column → index of its header. */
  readonly columns: ReadonlyMap<string, number>;
  /** Headers that no column takes, with the missing column that is spelled most like each. */
  readonly unmatched: readonly {
    readonly header: string;
    readonly position: number;
    readonly closest: string | undefined;
  }[];
  /** Contract columns that the file lacks, with the free header that is spelled most like each. */
  readonly missing: readonly { readonly column: string; readonly closest: string | undefined }[];
  /** Columns that several headers claim with equal right; neither is taken. */
  readonly duplicates: readonly {
    readonly column: string;
    readonly positions: readonly number[];
  }[];
};

type Claims = {
  readonly columns: Map<string, number>;
  readonly taken: Set<number>;
  readonly duplicates: { column: string; positions: readonly number[] }[];
};

/** A header was named for this column, in the contract or in schoolhouse.yaml. */
const hasOwnHeader = (column: ContractColumn): boolean => column.physicalName !== column.name;

/** Gives each open column the one free header that `fits` it; two are a duplicate, never a choice. */
const claim = (
  columns: readonly ContractColumn[],
  header: readonly string[],
  claims: Claims,
  fits: (column: ContractColumn, index: number) => boolean,
): void => {
  for (const column of columns) {
    const isDone =
      claims.columns.has(column.name) ||
      claims.duplicates.some((duplicate) => duplicate.column === column.name);
    if (isDone) continue;
    const found = header
      .map((_, index) => index)
      .filter((index) => !claims.taken.has(index) && fits(column, index));
    const [only] = found;
    if (only === undefined) continue;
    for (const index of found) claims.taken.add(index);
    if (found.length === 1) claims.columns.set(column.name, only);
    else {
      const positions = found.map((index) => index + 1);
      claims.duplicates.push({ column: column.name, positions });
    }
  }
};

/** A file without a header has a child in line 1: what looks like a value is never offered as a name. */
export const looksLikeName = (header: string): boolean =>
  header.length <= 40 && /\p{L}/u.test(header) && !/[\d@]/.test(header);

const suggestHeader = (column: ContractColumn, free: readonly string[]): string | undefined => {
  const names = free.filter(looksLikeName);
  return [column.physicalName, column.name, ...column.aliases]
    .filter((name) => foldName(name).length >= 4)
    .map((name) => closestName(name, names))
    .find((near) => near !== undefined);
};

/**
 * Matches a file's header with a contract: first headers that were named for a column (exactly, then
 * without case, blanks and punctuation), then columns' own names, then aliases. Nothing is guessed.
 */
export const matchHeader = (
  contract: Pick<Contract, 'columns'>,
  header: readonly string[],
): HeaderMatch => {
  const folded = header.map(foldName);
  const claims: Claims = { columns: new Map(), taken: new Set(), duplicates: [] };
  const { columns } = contract;
  const mapped = columns.filter(hasOwnHeader);
  const isFolded = (index: number, name: string): boolean =>
    folded[index] !== '' && folded[index] === foldName(name);
  claim(mapped, header, claims, (column, index) => header[index] === column.physicalName);
  claim(mapped, header, claims, (column, index) => isFolded(index, column.physicalName));
  claim(columns, header, claims, (column, index) => isFolded(index, column.name));
  claim(columns, header, claims, (column, index) =>
    column.aliases.some((alias) => isFolded(index, alias)),
  );
  const doubled = new Set(claims.duplicates.map((duplicate) => duplicate.column));
  const missing = columns.filter(
    (column) => !claims.columns.has(column.name) && !doubled.has(column.name),
  );
  const missingNames = missing.map((column) => column.name);
  const free = header
    .map((name, index) => ({ header: name, position: index + 1, index }))
    .filter(({ index }) => !claims.taken.has(index));
  return {
    columns: claims.columns,
    unmatched: free.map(({ header: name, position }) => ({
      header: name,
      position,
      closest: closestName(name, missingNames),
    })),
    missing: missing.map((column) => ({
      column: column.name,
      closest: suggestHeader(
        column,
        free.map(({ header: name }) => name),
      ),
    })),
    duplicates: claims.duplicates,
  };
};
