import { closestName, pipelineError } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import { bronzeColumnType } from '../../ingest/index.ts';
import type { Snapshot } from '../../lake/index.ts';
import type { Model } from '../../model/index.ts';
import { runErrors } from '../errors.ts';
import { type LedgerRelation, ledgerRelations } from '../ledger/ledger-relations.ts';
import { addedColumns } from '../load/bronze-relation.ts';
import type { Project } from '../open-project.ts';
import { searchPath } from '../open-reader.ts';

export type ExplainedColumn = {
  readonly name: string;
  readonly type: string;
  readonly is: string;
  readonly unit: string | null;
  readonly privacy: string;
};

/** A relation as its definition tells of it: a model, a feed's bronze or staging, a relation of the ledger. */
export type NamedRelation = {
  readonly relation: string;
  readonly kind: 'model' | 'feed' | 'ledger';
  readonly grain: string;
  readonly description: string;
  readonly key: readonly string[];
  readonly refresh: string;
  /** Who may see rows of it. */
  readonly policy: string;
  readonly columns: readonly ExplainedColumn[];
  readonly checks: readonly {
    readonly name: string;
    readonly severity: string;
    readonly why: string;
  }[];
  readonly tests: readonly string[];
  readonly defined_in: string;
  readonly sql: string | null;
  readonly reads: readonly string[];
};

const describeRefresh = (model: Model): string => {
  switch (model.refresh.kind) {
    case 'full':
      return 'full: written whole when something it reads changes';
    case 'view':
      return 'view: never stored, asked anew each time';
    case 'by':
      return `by ${model.refresh.columns.join(', ')}: only the groups that a run touches are built again`;
    default:
      return model.refresh satisfies never;
  }
};

const placeOf = ({
  file,
  line,
}: {
  readonly file: string;
  readonly line?: number | undefined;
}): string => (line === undefined ? file : `${file}:${line}`);

const ofModel = (model: Model): NamedRelation => ({
  ...{
    relation: model.relation,
    kind: 'model',
    grain: model.grain,
    description: model.description.trim(),
  },
  ...{
    key: model.key,
    refresh: describeRefresh(model),
    policy: model.policy,
    sql: model.sql,
    reads: model.reads,
  },
  columns: model.columns.map(({ name, type, is, unit, privacy }) => ({
    name,
    type,
    is,
    unit: unit ?? null,
    privacy,
  })),
  checks: model.checks.map(({ name, severity, why }) => ({ name, severity, why })),
  tests: model.tests.map((test) => test.name),
  defined_in: placeOf({ file: model.place.file }),
});

const ofFeed = (
  layer: 'bronze' | 'staging',
  contract: Contract,
  added: readonly string[] = [],
): NamedRelation => ({
  relation: `${layer}.${contract.feed}`,
  kind: 'feed',
  grain:
    layer === 'bronze'
      ? 'One row per accepted record of every file version that was received.'
      : 'One row per key that the run applies: the newest record of it. It lives only while a run works.',
  description: contract.description.trim(),
  ...{ key: contract.key, policy: 'student', sql: null },
  reads: layer === 'staging' ? [`bronze.${contract.feed}`] : [],
  refresh: `${contract.loadStrategy}${contract.newestBy === undefined ? '' : `, the newest ${contract.newestBy} of a key wins`}`,
  columns: [
    ...contract.columns.map((column) => ({
      name: column.name,
      type: bronzeColumnType(column),
      is: `${column.description.trim()}${column.required ? ' Required.' : ''} In the file: ${[column.physicalName, ...column.aliases].slice(0, 6).join(', ')}.`,
      unit: null,
      privacy: column.privacy,
    })),
    ...added.map((name) => ({
      ...{ name, type: 'VARCHAR', unit: null, privacy: 'personal' },
      is: `A column of files that the contract lacks, as text. To read it by a type: feeds.${contract.feed}.columns.`,
    })),
  ],
  checks: contract.rules.map((rule) => ({
    name: rule.code,
    severity: 'refuses the row',
    why: rule.description,
  })),
  tests: [],
  defined_in: placeOf({ file: contract.place.file }),
});

const ofLedger = (relation: LedgerRelation): NamedRelation => ({
  ...{
    relation: relation.relation,
    kind: 'ledger',
    grain: relation.is,
    description: '',
    key: relation.key,
  },
  ...{
    refresh: 'written by every run that commits',
    policy: 'ops',
    sql: null,
    reads: [],
    checks: [],
    tests: [],
  },
  columns: relation.columns.map(({ name, type, is }) => ({
    name,
    type,
    is,
    unit: null,
    privacy: name === 'raw_record' ? 'sensitive' : 'internal',
  })),
  defined_in: 'the program',
});

/** Every relation of a project that can be explained; `snapshot` tells the columns that files brought. */
export const allRelations = (
  { graph, contracts }: Project,
  snapshot: Snapshot | undefined,
): readonly NamedRelation[] => [
  ...graph.models.map(ofModel),
  ...contracts.flatMap((contract) => [
    ofFeed('bronze', contract, snapshot === undefined ? [] : addedColumns(snapshot, contract)),
    ofFeed('staging', contract),
  ]),
  ...Object.values(ledgerRelations).map(ofLedger),
];

const schemas = [...searchPath, 'staging', 'quarantine'];

/** Where a name that is no relation is that of a column: the last layers first. */
const columnHint = (
  parts: readonly string[],
  relations: readonly NamedRelation[],
): string | undefined => {
  const [name, ...others] = parts;
  if (others.length > 0) return undefined;
  const found = schemas.flatMap((schema) =>
    relations
      .filter((one) => one.relation.startsWith(`${schema}.`))
      .filter((one) => one.columns.some((column) => column.name === name))
      .map((one) => `${one.relation}.${name}`),
  );
  if (found.length === 0) return undefined;
  const more = found.length > 6 ? ` and ${found.length - 6} more` : '';
  return `It is a column: ${found.slice(0, 6).join(', ')}${more}.`;
};

/** The relation that a name means, and the column when it names one. Throws `explain.unknown`. */
export const resolveName = (
  name: string,
  relations: readonly NamedRelation[],
): { readonly found: NamedRelation; readonly column: string | undefined } => {
  const parts = name.trim().toLowerCase().split('.');
  const pick = (relation: string): NamedRelation | undefined =>
    relations.find((one) => one.relation === relation);
  const byName = (short: string): NamedRelation | undefined =>
    schemas.map((schema) => pick(`${schema}.${short}`)).find((one) => one !== undefined);
  const [first = '', second, third] = parts;
  const qualified = second === undefined ? undefined : pick(`${first}.${second}`);
  const found = qualified ?? byName(first);
  const column = qualified === undefined ? second : third;
  const tooMany = parts.length > (qualified === undefined ? 2 : 3);
  if (found === undefined || tooMany) {
    const near = closestName(
      name,
      relations.flatMap((one) => [one.relation, one.relation.split('.')[1] ?? '']),
    );
    const hint =
      columnHint(parts, relations) ?? (near === undefined ? undefined : `Closest: ${near}.`);
    throw pipelineError(runErrors, 'explain.unknown', { name }, { hint });
  }
  if (column !== undefined && !found.columns.some((one) => one.name === column)) {
    const near = closestName(
      column,
      found.columns.map((one) => one.name),
    );
    const facts = { name: `${found.relation}.${column}` };
    throw pipelineError(runErrors, 'explain.unknown', facts, {
      hint:
        near === undefined
          ? `Its columns: ${found.columns.map((one) => one.name).join(', ')}.`
          : `Closest: ${near}.`,
    });
  }
  return { found, column };
};
