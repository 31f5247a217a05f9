import {
  type Compiled,
  closestName,
  isDate,
  type PipelineError,
  pipelineError,
  problems,
} from '../base/index.ts';
import { checkShape } from './check-shape.ts';
import { contractErrors } from './errors.ts';
import { type Policy, type PolicyType, policies } from './policies.ts';
import * as shapes from './text-shapes.ts';
import { type Path, valueAt, type YamlSource } from './yaml-source.ts';

export type ScopeType = 'all' | 'grade_level' | 'class';

/** A `school` is understood and refused: no feed tells the school of a student yet. */
type AskedScope = ScopeType | 'school';

/** A row of reference.policy. Both dates are included; null is open. */
export type PolicyRow = {
  readonly key: string;
  readonly scope_type: ScopeType;
  /** Null for scope all. */
  readonly scope_id: string | null;
  readonly value: string;
  readonly effective_from: string | null;
  readonly effective_to: string | null;
  /** `default`, or where the user wrote it: `schoolhouse.yaml:12`. */
  readonly source: string;
};

type Found = { readonly key: string; readonly path: Path };

const isSection = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const policyKeys = Object.keys(policies);

/** Policies may be written `chronic.threshold_pct: 10` or in sections, `chronic: { threshold_pct: 10 }`. */
const findPolicies = (
  source: YamlSource,
  path: Path,
  prefix: string,
): { readonly found: readonly Found[]; readonly unknown: readonly PipelineError[] } => {
  const tree = valueAt(source.value, path);
  if (!isSection(tree)) return { found: [], unknown: [] };
  const parts = Object.keys(tree).map((step) => {
    const key = `${prefix}${step}`;
    const at = [...path, step];
    if (policies[key] !== undefined) return { found: [{ key, path: at }], unknown: [] };
    const isPrefix = policyKeys.some((candidate) => candidate.startsWith(`${key}.`));
    if (isPrefix && isSection(valueAt(source.value, at))) {
      return findPolicies(source, at, `${key}.`);
    }
    const near = closestName(key, policyKeys);
    const group = policyKeys.filter((candidate) => candidate.startsWith(prefix));
    const known = prefix === '' ? '' : `Known: ${group.join(', ')}.`;
    const hint = near === undefined ? known : `Closest: ${near}.`;
    const place = source.placeOf(at, 'key');
    return {
      found: [],
      unknown: [
        pipelineError(
          contractErrors,
          'config.unknown-policy',
          { key },
          {
            place,
            hint: hint === '' ? undefined : hint,
          },
        ),
      ],
    };
  });
  return {
    found: parts.flatMap((part) => part.found),
    unknown: parts.flatMap((part) => part.unknown),
  };
};

const valueShape = (type: PolicyType): shapes.Shape<string> => {
  switch (type.kind) {
    case 'integer':
      return shapes.wholeNumber(type.minimum, type.maximum).transform(String);
    case 'decimal':
      return shapes.decimal(type.minimum, type.maximum).transform(String);
    case 'boolean':
      return shapes.yesNo.transform(String);
    case 'choice':
      return shapes.choice(type.choices);
    case 'text':
      return shapes.matching(type.form, type.is);
    case 'list': {
      const { form, is, fits } = type;
      const split = (raw: unknown): unknown =>
        typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw;
      // Judged as a whole: an item of a list that was written as one text has no place of its own.
      const isRight = (items: readonly string[]): boolean =>
        items.every((item) => form.test(item)) && (fits?.(items) ?? true);
      return shapes
        .fromAny(split, shapes.listOf(shapes.text(is), is).refine(isRight, { error: is }))
        .transform((items) => items.join(','));
    }
    default:
      return type satisfies never;
  }
};

const isAllowed = (policy: Policy, scope: AskedScope): scope is ScopeType =>
  scope === 'all' || (policy.scope === 'student' && scope !== 'school');

const allowedWords: Readonly<Record<Policy['scope'], string>> = {
  student: 'it may be set for the whole project, a grade_level or a class',
  day: 'it is a rule of the day, set for the whole project, of all days or of a span of days',
  project: 'it has one value for the whole project, without dates',
};

const day = shapes.fromText('a date such as 2025-09-01', (raw) => (isDate(raw) ? raw : undefined));

const rowShape = (policy: Policy) =>
  shapes.section({
    value: valueShape(policy.type),
    scope_type: shapes.choice<AskedScope>(['all', 'grade_level', 'class', 'school']).optional(),
    scope_id: shapes.text().optional(),
    effective_from: day.optional(),
    effective_to: day.optional(),
  });

const sourceName = (source: YamlSource, path: Path): string => {
  const { file, line } = source.placeOf(path);
  return line === undefined ? file : `${file}:${line}`;
};

const readRow = ({ key, path }: Found, policy: Policy, source: YamlSource): Compiled<PolicyRow> => {
  const checked = checkShape(rowShape(policy), source, path);
  if (checked.kind === 'problems') return checked;
  const row = checked.value;
  const scope: AskedScope = row.scope_type ?? 'all';
  const place = source.placeOf(path);
  const found: PipelineError[] = [];
  const hasDates = row.effective_from !== undefined || row.effective_to !== undefined;
  const isScoped = isAllowed(policy, scope);
  if (!isScoped || (policy.scope === 'project' && hasDates)) {
    const given = row.effective_from === undefined ? 'effective_to' : 'effective_from';
    found.push(
      pipelineError(
        contractErrors,
        'config.policy-scope',
        { key, scope: isScoped ? 'span of days' : scope, allowed: allowedWords[policy.scope] },
        {
          place: source.placeOf([...path, isScoped ? given : 'scope_type'], 'key'),
          hint: scope === 'school' ? 'No feed tells the school of a student yet.' : undefined,
        },
      ),
    );
  }
  if (scope !== 'all' && row.scope_id === undefined) {
    const facts = { key: 'scope_id', section: `A row of ${key} for one ${scope}` };
    found.push(pipelineError(contractErrors, 'config.missing-key', facts, { place }));
  }
  if (scope === 'all' && row.scope_id !== undefined) {
    const facts = { key: 'scope_type', section: `A row of ${key} with a scope_id` };
    found.push(pipelineError(contractErrors, 'config.missing-key', facts, { place }));
  }
  if ((row.effective_from ?? '') > (row.effective_to ?? '9999-12-31')) {
    found.push(pipelineError(contractErrors, 'config.policy-dates', { key }, { place }));
  }
  if (found.length > 0 || !isScoped) return problems(found);
  return {
    kind: 'ok',
    value: {
      key,
      scope_type: scope,
      scope_id: scope === 'all' ? null : (row.scope_id ?? null),
      value: row.value,
      effective_from: row.effective_from ?? null,
      effective_to: row.effective_to ?? null,
      source: sourceName(source, path),
    },
  };
};

const readPolicy = (found: Found, source: YamlSource): readonly Compiled<PolicyRow>[] => {
  const policy = policies[found.key];
  if (policy === undefined) return [];
  const tree = valueAt(source.value, found.path);
  if (isSection(tree)) return [readRow(found, policy, source)];
  if (Array.isArray(tree) && tree.some(isSection)) {
    return tree.map((_, index) =>
      readRow({ key: found.key, path: [...found.path, index] }, policy, source),
    );
  }
  const checked = checkShape(valueShape(policy.type), source, found.path);
  if (checked.kind === 'problems') return [checked];
  const value: PolicyRow = {
    key: found.key,
    scope_type: 'all',
    scope_id: null,
    value: checked.value,
    effective_from: null,
    effective_to: null,
    source: sourceName(source, found.path),
  };
  return [{ kind: 'ok', value }];
};

const meet = (a: PolicyRow, b: PolicyRow): boolean =>
  a.key === b.key &&
  a.scope_type === b.scope_type &&
  a.scope_id === b.scope_id &&
  (a.effective_from ?? '') <= (b.effective_to ?? '9999-12-31') &&
  (b.effective_from ?? '') <= (a.effective_to ?? '9999-12-31');

const placeOfSource = (source: string): { file: string; line?: number } => {
  const [, file, line] = /^(.*):(\d+)$/.exec(source) ?? [];
  return file === undefined ? { file: source } : { file, line: Number(line) };
};

const overlaps = (rows: readonly PolicyRow[]): readonly PipelineError[] =>
  rows.flatMap((row, index) => {
    const other = rows.slice(0, index).find((earlier) => meet(earlier, row));
    if (other === undefined) return [];
    const scope = row.scope_id === null ? 'the whole project' : `${row.scope_type} ${row.scope_id}`;
    return [
      pipelineError(
        contractErrors,
        'config.policy-overlap',
        { key: row.key, scope, other: other.source },
        {
          place: placeOfSource(row.source),
          hint: 'End one the day before the other begins: effective_to is included.',
        },
      ),
    ];
  });

/** The user's rows under `policies:`, without defaults; overlapping rows are a problem. */
export const readPolicies = (source: YamlSource): Compiled<readonly PolicyRow[]> => {
  const { found, unknown } = findPolicies(source, ['policies'], '');
  const read = found.flatMap((policy) => readPolicy(policy, source));
  const rows = read.flatMap((one) => (one.kind === 'ok' ? [one.value] : []));
  const wrong = [
    ...unknown,
    ...read.flatMap((one) => (one.kind === 'problems' ? one.problems : [])),
    ...overlaps(rows),
  ];
  return wrong.length > 0 ? problems(wrong) : { kind: 'ok', value: rows };
};
