import { type PipelineError, pipelineError } from '../base/index.ts';
import type { Contract } from './contract.ts';
import { contractErrors } from './errors.ts';
import type { HeaderMatch } from './match-header.ts';
import {
  type AddedColumn,
  looksSecret,
  type NewColumn,
  nameNewColumns,
} from './name-new-columns.ts';

/** What a file's other columns than the contract's mean for its rows, as the feed's settings say. */
export type Drift = {
  /** New columns that bronze keeps as text (`onNewColumn: evolve`). */
  readonly added: readonly AddedColumn[];
  /** Headers of new columns that would be kept, were they not named like a password. */
  readonly withheld: readonly string[];
  /** New columns in which a value refuses its row (`onNewColumn: quarantine`). */
  readonly unexpected: readonly NewColumn[];
  /** Columns for whose lack every row is refused (`onMissingColumn: quarantine`). */
  readonly lacking: readonly string[];
};

/** A file whose columns are the contract's, or whose others count for nothing. */
export const noDrift: Drift = { added: [], withheld: [], unexpected: [], lacking: [] };

/** A file with more new columns is of another shape, or an attack: none of them is kept. */
const mostAdded = 100;

/** Columns that the file should have: an id that it lacks is made. */
const missingColumns = (contract: Contract, header: HeaderMatch): readonly string[] =>
  header.missing.map((one) => one.column).filter((column) => !contract.key.includes(column));

const rejection = (
  path: string,
  contract: Contract,
  header: HeaderMatch,
): PipelineError | undefined => {
  const { feed } = contract;
  const place = { file: path, line: 1 };
  const headers = header.unmatched.map((one) => one.header);
  if (contract.onNewColumn === 'reject' && headers.length > 0) {
    const hint = `Name them under feeds.${feed}.columns in schoolhouse.yaml, or to keep them as text: feeds.${feed}.onNewColumn: evolve`;
    return pipelineError(
      contractErrors,
      'contract.new-columns',
      { feed, headers },
      { place, hint },
    );
  }
  const columns = missingColumns(contract, header);
  if (contract.onMissingColumn === 'reject' && columns.length > 0) {
    const hint = `Deliver the file with them, or to load it without: feeds.${feed}.onMissingColumn: evolve`;
    return pipelineError(
      contractErrors,
      'contract.missing-columns',
      { feed, columns },
      { place, hint },
    );
  }
  return undefined;
};

export type DriftVerdict =
  | { readonly kind: 'taken'; readonly drift: Drift }
  | { readonly kind: 'rejected'; readonly problem: PipelineError };

/** Judges columns that only the file or only the contract has by `onNewColumn` and `onMissingColumn`. */
export const judgeDrift = (path: string, contract: Contract, header: HeaderMatch): DriftVerdict => {
  const problem = rejection(path, contract, header);
  if (problem !== undefined) return { kind: 'rejected', problem };
  const found = header.unmatched.map((one) => ({ header: one.header, position: one.position - 1 }));
  const isKept = contract.onNewColumn === 'evolve' && found.length <= mostAdded;
  return {
    kind: 'taken',
    drift: {
      added: isKept
        ? nameNewColumns(
            contract,
            found.filter((column) => !looksSecret(column.header)),
          )
        : [],
      withheld: isKept
        ? found.map((column) => column.header).filter((one) => looksSecret(one))
        : [],
      unexpected: contract.onNewColumn === 'quarantine' ? found : [],
      lacking: contract.onMissingColumn === 'quarantine' ? missingColumns(contract, header) : [],
    },
  };
};
