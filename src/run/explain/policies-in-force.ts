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

/** Policies, and whether they are told of the column alone or, where that cannot be told, of whole relations. */
export type Deciding = {
  readonly policies: readonly PolicyInForce[];
  readonly of: 'column' | 'relation';
};

/** How the column of a relation is made; undefined where its SQL does not tell. */
export type FormulaOf = (named: NamedRelation, column: string) => Formula | undefined;

const policyRelations = new Set([
  'reference.student_policy',
  'reference.day_policy',
  'reference.policy',
]);

const isNamedIn = (key: string, text: string): boolean =>
  new RegExp(`\\b${key.replaceAll('.', '_')}\\b`).test(text);

/** Keys of the policies that a model names, directly. */
const keysOf = ({ sql: text, reads }: NamedRelation): readonly string[] =>
  text === null || !reads.some((read) => policyRelations.has(read))
    ? []
    : Object.keys(policies).filter((key) => isNamedIn(key, text));

const describePolicy = (project: Project, key: string, relation: string): PolicyInForce => ({
  key,
  is: Object.entries(policies).find(([one]) => one === key)?.[1].description ?? '',
  read_by: relation,
  values: project.policyRows
    .filter((row) => row.key === key)
    .map((row) => ({
      value: row.value,
      scope: row.scope_id === null ? 'all' : `${row.scope_type} ${row.scope_id}`,
      from: row.effective_from,
      to: row.effective_to,
      source: row.source,
    })),
});

/** The relation's own policies, then those of what it is made from; each once. */
export const policiesInForce = (
  project: Project,
  found: NamedRelation,
  relations: readonly NamedRelation[],
): readonly PolicyInForce[] => {
  const seen = new Set<string>();
  const collected: PolicyInForce[] = [];
  const visit = (named: NamedRelation): void => {
    if (seen.has(named.relation)) return;
    seen.add(named.relation);
    for (const key of keysOf(named)) {
      if (!collected.some((one) => one.key === key))
        collected.push(describePolicy(project, key, named.relation));
    }
    for (const read of named.reads) {
      const below = relations.find((one) => one.relation === read);
      if (below !== undefined) visit(below);
    }
  };
  visit(found);
  return collected;
};

const isIn = (key: string, { lines, upstream }: Formula): boolean =>
  [...lines.map((line) => line.expression), ...upstream].some((text) => isNamedIn(key, text));

/**
 * The policies that decide a column: those in its formula and in the formulas of the columns that it comes from; and
 * of each relation on the way those that no column's formula has, which decide what rows there are. Where a formula
 * cannot be told, those of the relation and of all below it.
 */
export const policiesOfColumn = (
  project: Project,
  start: { readonly found: NamedRelation; readonly column: string },
  {
    relations,
    formulaOf,
  }: { readonly relations: readonly NamedRelation[]; readonly formulaOf: FormulaOf },
): Deciding => {
  const seen = new Set<string>();
  const collected = new Map<string, PolicyInForce>();
  let isTold = true;
  const add = (key: string, relation: string): void => {
    if (!collected.has(key)) collected.set(key, describePolicy(project, key, relation));
  };
  const ownKeys = (named: NamedRelation, formula: Formula): readonly string[] => {
    const keys = keysOf(named);
    if (keys.length === 0) return [];
    const formulas = named.columns.flatMap(({ name }) => formulaOf(named, name) ?? []);
    return keys.filter((key) => isIn(key, formula) || !formulas.some((one) => isIn(key, one)));
  };
  const visit = (named: NamedRelation, column: string): void => {
    if (seen.has(`${named.relation}.${column}`) || named.sql === null) return;
    seen.add(`${named.relation}.${column}`);
    const formula = formulaOf(named, column);
    if (formula === undefined) {
      isTold = false;
      for (const one of policiesInForce(project, named, relations)) add(one.key, one.read_by);
      return;
    }
    for (const key of ownKeys(named, formula)) add(key, named.relation);
    for (const source of formula.upstream) {
      const dot = source.lastIndexOf('.');
      const below = relations.find((one) => one.relation === source.slice(0, dot));
      const name = source.slice(dot + 1);
      if (below?.columns.some((one) => one.name === name) === true) visit(below, name);
    }
  };
  visit(start.found, start.column);
  return { policies: [...collected.values()], of: isTold ? 'column' : 'relation' };
};
