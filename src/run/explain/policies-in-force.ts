import { policies } from '../../contract/index.ts';
import type { Project } from '../open-project.ts';
import type { Formula } from './column-formula.ts';
import type { NamedRelation } from './named-relation.ts';

/** A policy that decides rows of the relation: where it is read, its values, and where each came from. */
export type PolicyInForce = {
  readonly key: string;
  readonly is: string;
  readonly read_by: string;
  readonly values: readonly {
    readonly value: string;
    readonly scope: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly source: string;
  }[];
};

const policyRelations = new Set([
  'reference.student_policy',
  'reference.day_policy',
  'reference.policy',
]);

/** Policies that a model names, directly. */
const policiesOf = (
  project: Project,
  { relation, sql: text, reads }: NamedRelation,
): readonly PolicyInForce[] => {
  if (text === null || !reads.some((read) => policyRelations.has(read))) return [];
  return Object.entries(policies).flatMap(([key, policy]) => {
    const column = key.replaceAll('.', '_');
    if (!new RegExp(`\\b${column}\\b`).test(text)) return [];
    const values = project.policyRows
      .filter((row) => row.key === key)
      .map((row) => ({
        value: row.value,
        scope: row.scope_id === null ? 'all' : `${row.scope_type} ${row.scope_id}`,
        from: row.effective_from,
        to: row.effective_to,
        source: row.source,
      }));
    return [{ key, is: policy.description, read_by: relation, values }];
  });
};

/**
 * The relation's own policies, then those of what it is made from; each once. Of a column: of the relations
 * that it comes from.
 */
export const policiesInForce = (
  project: Project,
  found: NamedRelation,
  {
    relations,
    formula,
  }: { readonly relations: readonly NamedRelation[]; readonly formula: Formula | undefined },
): readonly PolicyInForce[] => {
  const isSource = (relation: string): boolean =>
    formula === undefined || formula.upstream.some((column) => column.startsWith(`${relation}.`));
  const seen = new Set<string>();
  const collected: PolicyInForce[] = [];
  const visit = (named: NamedRelation): void => {
    if (seen.has(named.relation)) return;
    seen.add(named.relation);
    for (const policy of policiesOf(project, named)) {
      if (!collected.some((one) => one.key === policy.key)) collected.push(policy);
    }
    for (const read of named.reads) {
      if (named === found && !isSource(read)) continue;
      const below = relations.find((one) => one.relation === read);
      if (below !== undefined) visit(below);
    }
  };
  visit(found);
  return collected;
};
