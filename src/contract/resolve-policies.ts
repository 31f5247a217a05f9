import { addDays } from '../base/index.ts';
import { type PolicyType, policies } from './policies.ts';
import type { ProjectConfig } from './project-config.ts';
import type { PolicyRow } from './read-policies.ts';

/** The default fills the days that no row for the whole project covers, so that rows never overlap. */
const defaultRows = (
  key: string,
  value: string,
  rows: readonly PolicyRow[],
): readonly PolicyRow[] => {
  const covering = rows
    .filter((row) => row.key === key && row.scope_type === 'all')
    .sort((a, b) => ((a.effective_from ?? '') < (b.effective_from ?? '') ? -1 : 1));
  const gaps: { from: string | null; to: string | null }[] = [];
  let from: string | null = null;
  for (const row of covering) {
    if (row.effective_from !== null && (from ?? '') < row.effective_from) {
      gaps.push({ from, to: addDays(row.effective_from, -1) });
    }
    if (row.effective_to === null) return gaps.map((gap) => defaultRow(key, value, gap));
    from = addDays(row.effective_to, 1);
  }
  gaps.push({ from, to: null });
  return gaps.map((gap) => defaultRow(key, value, gap));
};

const defaultRow = (
  key: string,
  value: string,
  { from, to }: { readonly from: string | null; readonly to: string | null },
): PolicyRow => ({
  key,
  scope_type: 'all',
  scope_id: null,
  value,
  effective_from: from,
  effective_to: to,
  source: 'default',
});

/**
 * The rows of reference.policy: the user's and, where none for the whole project holds, the defaults.
 * Of one key and scope no two hold on the same day. Sorted by key, then as written.
 */
export const resolvePolicies = (config: Pick<ProjectConfig, 'policies'>): readonly PolicyRow[] =>
  Object.keys(policies)
    .sort()
    .flatMap((key) => [
      ...defaultRows(key, policies[key]?.default ?? '', config.policies),
      ...config.policies.filter((row) => row.key === key),
    ]);

/** A policy's text as the value that it means; lists and choices stay text. */
export const policyValue = (type: PolicyType, value: string): string | number | boolean => {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
      return Number(value);
    case 'boolean':
      return value === 'true';
    case 'choice':
    case 'text':
    case 'list':
      return value;
    default:
      return type satisfies never;
  }
};

/** Policy key → value that holds for the whole project. */
export type ProjectPolicies = ReadonlyMap<string, string | number | boolean>;

/** The policies of scope `project` with their values; those that rules of rows may read. */
export const projectPolicies = (config: Pick<ProjectConfig, 'policies'>): ProjectPolicies =>
  new Map(
    Object.entries(policies)
      .filter(([, policy]) => policy.scope === 'project')
      .map(([key, policy]) => {
        const own = config.policies.find((row) => row.key === key);
        return [key, policyValue(policy.type, own?.value ?? policy.default)] as const;
      }),
  );
