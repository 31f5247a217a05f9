import { fileURLToPath } from 'node:url';
import type { Effects } from '../../src/base/index.ts';
import {
  type ColumnType,
  type PolicyType,
  policies,
  readContracts,
  readProjectConfig,
} from '../../src/contract/index.ts';
import type { FeedColumns, InputColumn, InputRelation } from '../../src/model/index.ts';

const columnTypes: Readonly<Record<ColumnType['kind'], string>> = {
  id: 'VARCHAR',
  text: 'VARCHAR',
  code: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DECIMAL(18,6)',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};

const policyTypes: Readonly<Record<PolicyType['kind'], string>> = {
  integer: 'BIGINT',
  decimal: 'DECIMAL(18,6)',
  boolean: 'BOOLEAN',
  choice: 'VARCHAR',
  text: 'VARCHAR',
  list: 'VARCHAR',
};

const internal = (name: string, type: string): InputColumn => ({ name, type, privacy: 'internal' });

/** One typed column a policy, dots as `_`. */
const policyColumns: readonly InputColumn[] = Object.entries(policies).map(([key, policy]) =>
  internal(key.replaceAll('.', '_'), policyTypes[policy.type.kind]),
);

/** What the run makes for models beside the feeds: one row of context, policies in typed columns. */
export const provided: readonly InputRelation[] = [
  {
    relation: 'reference.run_context',
    columns: [
      internal('as_of', 'DATE'),
      internal('timezone', 'VARCHAR'),
      internal('year_start', 'VARCHAR'),
    ],
  },
  {
    relation: 'reference.student_policy',
    columns: [{ name: 'student_id', type: 'VARCHAR', privacy: 'personal' }, ...policyColumns],
  },
  {
    relation: 'reference.day_policy',
    columns: [
      internal('school_id', 'VARCHAR'),
      internal('valid_from', 'DATE'),
      internal('valid_to', 'DATE'),
      ...policyColumns,
    ],
  },
];

/** The built-in feeds as models see them: their contracts' columns with engine types. */
export const readFeeds = async (
  effects: Pick<Effects, 'fs' | 'env'>,
): Promise<readonly FeedColumns[]> => {
  const builtInFolder = fileURLToPath(new URL('../../contracts', import.meta.url));
  const projectFolder = fileURLToPath(new URL('./no-project', import.meta.url));
  const config = await readProjectConfig(projectFolder, effects);
  if (config.kind === 'problems') throw config.problems[0];
  const contracts = await readContracts(
    { builtInFolder, projectFolder, config: config.value },
    effects,
  );
  if (contracts.kind === 'problems') throw contracts.problems[0];
  return contracts.value.map((contract) => ({
    feed: contract.feed,
    key: contract.key,
    columns: contract.columns.map((column) => ({
      name: column.name,
      type: columnTypes[column.type.kind],
      privacy: column.privacy,
    })),
  }));
};
