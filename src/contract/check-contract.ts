import { closestHint, foldName, type PipelineError, pipelineError } from '../base/index.ts';
import type { ColumnDraft, ContractDraft } from './contract-draft.ts';
import { contractErrors } from './errors.ts';
import type { ProjectPolicies } from './resolve-policies.ts';

const unknownNames = (
  draft: ContractDraft,
  key: string,
  named: readonly string[],
): readonly PipelineError[] => {
  const names = draft.columns.map((column) => column.name);
  return named
    .filter((column) => !names.includes(column))
    .map((column) =>
      pipelineError(
        contractErrors,
        'contract.no-such-column',
        { feed: draft.feed, key, column },
        {
          place: draft.settingsPlace ?? draft.place,
          hint: closestHint(column, names),
        },
      ),
    );
};

/** `by` of each column, grouped; only groups of several columns. */
const sharing = (
  columns: readonly ColumnDraft[],
  by: (column: ColumnDraft) => readonly string[],
): ReadonlyMap<string, readonly ColumnDraft[]> => {
  const groups = new Map<string, ColumnDraft[]>();
  for (const column of columns) {
    for (const spelling of new Set(by(column))) {
      groups.set(spelling, [...(groups.get(spelling) ?? []), column]);
    }
  }
  return new Map([...groups].filter(([, group]) => group.length > 1));
};

const explicitHeader = (column: ColumnDraft): readonly string[] =>
  column.header === undefined ? [] : [column.header];

/** A header must never belong to two columns, or which of them gets it would be a guess. */
const spellingProblems = ({ feed, columns }: ContractDraft): readonly PipelineError[] => {
  const repeated = [...sharing(columns, (column) => [column.name])].map(([column, group]) =>
    pipelineError(
      contractErrors,
      'contract.name-twice',
      { feed, column },
      {
        place: group.at(-1)?.place,
      },
    ),
  );
  if (repeated.length > 0) return repeated;
  const mapped = [...sharing(columns, explicitHeader).values()].map((group) =>
    pipelineError(
      contractErrors,
      'config.header-twice',
      { feed, columns: group.map((column) => column.name) },
      { place: group.at(-1)?.place },
    ),
  );
  const spellings = (column: ColumnDraft): readonly string[] =>
    [column.name, ...(column.aliases ?? [])].map(foldName);
  const shared = [...sharing(columns, spellings)].map(([spelling, group]) =>
    pipelineError(
      contractErrors,
      'contract.spelling-twice',
      { feed, spelling, columns: group.map((column) => column.name) },
      { place: group.at(-1)?.place },
    ),
  );
  return [...mapped, ...shared];
};

const policyName = (key: string): string => `policy_${key.replaceAll('.', '_')}`;

const ruleProblems = (
  draft: ContractDraft,
  policies: ProjectPolicies,
): readonly PipelineError[] => {
  const constants = [...policies.keys()].map(policyName);
  const columns = draft.columns.map((column) => column.name);
  return draft.rules.flatMap((rule) => {
    const { feed } = draft;
    const named = rule.refuseWhen.match(/\b(?:policy|has)_[a-z0-9_]+\b/g) ?? [];
    const unknownPolicies = named
      .filter((name) => name.startsWith('policy_') && !constants.includes(name))
      .map((policy) =>
        pipelineError(
          contractErrors,
          'contract.rule-unknown-policy',
          { feed, rule: rule.code, policy },
          {
            place: rule.place,
            hint: closestHint(policy, constants),
          },
        ),
      );
    const asked = [
      ...(rule.column === null ? [] : [rule.column]),
      ...named
        .filter((name) => name.startsWith('has_') && !columns.includes(name))
        .map((name) => name.slice('has_'.length)),
    ];
    const unknownColumns = asked
      .filter((column) => !columns.includes(column))
      .map((column) =>
        pipelineError(
          contractErrors,
          'contract.no-such-column',
          { feed, key: `The rule ${rule.code}`, column },
          { place: rule.place, hint: closestHint(column, columns) },
        ),
      );
    return [...unknownPolicies, ...unknownColumns];
  });
};

const blankPolicyProblems = (
  draft: ContractDraft,
  policies: ProjectPolicies,
): readonly PipelineError[] =>
  draft.columns.flatMap((column) => {
    const policy = column.blankPolicy;
    if (policy === undefined || policies.has(policy)) return [];
    const facts = { feed: draft.feed, rule: `blankPolicy of ${column.name}`, policy };
    return [
      pipelineError(contractErrors, 'contract.rule-unknown-policy', facts, { place: column.place }),
    ];
  });

/** What is wrong between the parts of one contract: names that it lacks, headers given twice. */
export const checkContract = (
  draft: ContractDraft,
  policies: ProjectPolicies,
): readonly PipelineError[] => [
  ...(draft.key.length === 0
    ? [
        pipelineError(
          contractErrors,
          'contract.no-key',
          { feed: draft.feed },
          { place: draft.place },
        ),
      ]
    : []),
  ...unknownNames(draft, 'key', draft.key),
  ...unknownNames(draft, 'naturalKey', draft.naturalKey ?? []),
  ...unknownNames(draft, 'newestBy', draft.newestBy === undefined ? [] : [draft.newestBy]),
  ...spellingProblems(draft),
  ...ruleProblems(draft, policies),
  ...blankPolicyProblems(draft, policies),
];
