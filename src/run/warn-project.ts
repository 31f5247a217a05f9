import { closestName, plural, sql } from '../base/index.ts';
import { configFile, policies } from '../contract/index.ts';
import type { Engine } from '../engine/index.ts';
import { ledgerQuery } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import type { FileRow } from './load/file-row.ts';
import type { LoadedFile } from './load/load-context.ts';
import type { Project } from './open-project.ts';
import { feedReadWithHash } from './read-with.ts';
import type { Warning } from './run-report.ts';
import type { Session } from './run-session.ts';

/** What the ledger keeps of the header of a file version. */
export type HeaderChange = {
  readonly file_id: string;
  readonly run_id: number;
  readonly change: string;
  /** The header in the file; of a missing one the column of the contract. */
  readonly column: string;
};

export type ReadFiles = {
  readonly rows: readonly FileRow[];
  readonly changes: readonly HeaderChange[];
};

/** Reads `meta.schema_change`, or a query of its columns. */
export const readHeaderChanges = async (
  engine: Engine,
  query = sql`select * from meta.schema_change`,
): Promise<readonly HeaderChange[]> =>
  (await engine.rows(query)).map((row) => ({
    file_id: String(row.file_id),
    run_id: Number(row.run_id),
    change: String(row.change),
    column: String(row.column_name),
  }));

/** Policies that were set, and that no table heeds yet. */
export const laterPolicies = ({ config }: Project): readonly Warning[] => {
  const set = new Map(config.policies.map((row) => [row.key, row.source]));
  return [...set]
    .filter(([key]) => policies[key]?.isLater)
    .map(([key, source]) => {
      const line = /:(\d+)$/.exec(source)?.[1];
      return {
        code: 'policy_without_effect',
        file: configFile,
        ...(line === undefined ? {} : { line: Number(line) }),
        text: `The policy ${key} belongs to tables that come later: it changes nothing yet.`,
      };
    });
};

/** Feeds with rows that were read with another contract than today's. */
const changedContracts = (project: Project, { rows }: ReadFiles): readonly Warning[] =>
  project.contracts.flatMap((contract) => {
    const { feed } = contract;
    const readWith = feedReadWithHash(project, contract);
    const others = rows.filter(
      (row) => row.feed === feed && row.status === 'loaded' && row.read_with !== readWith,
    );
    const before = others.filter((row) => row.read > row.blank).length;
    if (before === 0) return [];
    const said = plural(before, 'file', 'files');
    return [
      {
        code: 'contract_changed',
        feed,
        text: `${said} of ${feed} came before its contract or settings were changed. The rows stay as they were read. To try refused ones again: schoolhouse quarantine replay; to read everything again: schoolhouse run --full-refresh`,
      },
    ];
  });

/** Headers that schoolhouse.yaml names, and that no file has that was read since. */
const unknownHeaders = (
  { contracts, config }: Project,
  { rows, changes }: ReadFiles,
  readWith: ReadonlyMap<string, string>,
): readonly Warning[] =>
  contracts.flatMap(({ feed }) => {
    const files = rows.filter(
      (row) => row.feed === feed && row.status === 'loaded' && row.read_with === readWith.get(feed),
    );
    if (files.length === 0) return [];
    const told = files.map((file) =>
      changes.filter((one) => one.file_id === file.file_id && one.run_id === file.run_id),
    );
    const free = told.flat().filter((one) => one.change !== 'missing');
    return Object.entries(config.feeds[feed]?.columns ?? {}).flatMap(([column, { header }]) => {
      const isMissing = told.every((ones) =>
        ones.some((one) => one.change === 'missing' && one.column === column),
      );
      if (header === undefined || !isMissing) return [];
      const { line } = config.source.placeOf(['feeds', feed, 'columns', column]);
      const near = closestName(
        header,
        free.map((one) => one.column),
      );
      return [
        {
          ...{ code: 'contract.unknown-header', feed, file: configFile, column },
          ...(line === undefined ? {} : { line }),
          text: `${column} is given the header ${header}, which no file of ${feed} has.${near === undefined ? '' : ` Closest: ${near}.`}`,
        },
      ];
    });
  });

/** What schoolhouse.yaml and the contracts say that the loaded files do not show. */
export const contractWarnings = (project: Project, files: ReadFiles): readonly Warning[] => {
  const readWith = new Map(
    project.contracts.map((contract) => [contract.feed, feedReadWithHash(project, contract)]),
  );
  return [...changedContracts(project, files), ...unknownHeaders(project, files, readWith)];
};

/** Warns of settings without effect and of contracts that the loaded rows do not show, once files were taken in. */
export const warnOfProject = async (
  { project, engine, draft, book, load }: Session,
  loaded: readonly LoadedFile[],
): Promise<void> => {
  const before = await readHeaderChanges(engine, ledgerQuery(draft, ledgerRelations.schemaChange));
  const now = loaded.flatMap(({ row: { file_id, run_id }, changes }) =>
    changes.map(({ change, column }) => ({ file_id, run_id, change, column })),
  );
  const rows = [...book.rows().values()];
  for (const warning of [
    ...laterPolicies(project),
    ...contractWarnings(project, { rows, changes: [...before, ...now] }),
  ])
    load.warn(warning);
};
