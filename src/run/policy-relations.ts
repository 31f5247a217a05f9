import {
  addDays,
  joinSql,
  quoteName,
  quoteText,
  type Sql,
  sql,
  trustedSql,
} from '../base/index.ts';
import { type Policy, type PolicyRow, policies, policyValue } from '../contract/index.ts';
import type { InputRelation } from '../model/index.ts';

const columnOf = (key: string): string => key.replaceAll('.', '_');

const typeOf = (policy: Policy): string => {
  switch (policy.type.kind) {
    case 'integer':
      return 'BIGINT';
    case 'decimal':
      return 'DECIMAL(18,6)';
    case 'boolean':
      return 'BOOLEAN';
    case 'choice':
    case 'text':
    case 'list':
      return 'VARCHAR';
    default:
      return policy.type satisfies never;
  }
};

const keys = Object.keys(policies).sort();

const policyColumns: InputRelation['columns'] = keys.flatMap((key) => {
  const policy = policies[key];
  return policy === undefined
    ? []
    : [{ name: columnOf(key), type: typeOf(policy), privacy: 'public' as const }];
});

/** The relations that a run makes from its settings, for models to read: shapes only. */
export const providedRelations: readonly InputRelation[] = [
  {
    relation: 'reference.run_context',
    columns: [
      { name: 'as_of', type: 'DATE', privacy: 'public' },
      { name: 'timezone', type: 'VARCHAR', privacy: 'public' },
      { name: 'year_start', type: 'VARCHAR', privacy: 'public' },
    ],
  },
  {
    relation: 'reference.policy',
    columns: [
      'key',
      'scope_type',
      'scope_id',
      'value',
      'effective_from',
      'effective_to',
      'source',
    ].map((name) => ({
      name,
      type: name.startsWith('effective') ? 'DATE' : 'VARCHAR',
      privacy: 'public' as const,
    })),
  },
  {
    relation: 'reference.student_policy',
    columns: [{ name: 'student_id', type: 'VARCHAR', privacy: 'personal' }, ...policyColumns],
  },
  {
    relation: 'reference.day_policy',
    columns: [
      { name: 'school_id', type: 'VARCHAR', privacy: 'public' },
      { name: 'valid_from', type: 'DATE', privacy: 'public' },
      { name: 'valid_to', type: 'DATE', privacy: 'public' },
      ...policyColumns,
    ],
  },
];

const typedValue = (key: string, value: string | undefined): Sql => {
  const policy = policies[key];
  if (policy === undefined) throw new Error(`no policy ${key}`);
  const given = policyValue(policy.type, value ?? policy.default);
  const literal = typeof given === 'string' ? quoteText(given) : sql`${given}`;
  return sql`cast(${literal} as ${trustedSql(typeOf(policy))})`;
};

const isInForce = (row: PolicyRow, date: string): boolean =>
  (row.effective_from === null || row.effective_from <= date) &&
  (row.effective_to === null || row.effective_to >= date);

const firstDay = '0001-01-01';
const lastDay = '9999-12-31';

/** Spans of days in which no policy of these rows changes. */
const spans = (rows: readonly PolicyRow[]): readonly { from: string; to: string }[] => {
  const starts = new Set([firstDay]);
  for (const row of rows) {
    if (row.effective_from !== null) starts.add(row.effective_from);
    if (row.effective_to !== null) starts.add(addDays(row.effective_to, 1));
  }
  const sorted = [...starts].sort();
  return sorted.map((from, index) => {
    const next = sorted[index + 1];
    return { from, to: next === undefined ? lastDay : addDays(next, -1) };
  });
};

/** reference.policy: every row as written, the defaults among them. */
export const policyQuery = (rows: readonly PolicyRow[]): Sql =>
  joinSql(
    rows.map(
      (row) =>
        sql`select ${quoteText(row.key)} as key, ${quoteText(row.scope_type)} as scope_type, cast(${quoteText(row.scope_id)} as varchar) as scope_id,
        ${quoteText(row.value)} as value, cast(${quoteText(row.effective_from)} as date) as effective_from,
        cast(${quoteText(row.effective_to)} as date) as effective_to, ${quoteText(row.source)} as source`,
    ),
    ' union all ',
  );

/**
 * reference.day_policy: one row per span of days, one typed column a policy. `school_id` is null, which means
 * all: no policy can be set for a school while no feed tells of schools.
 */
export const dayPolicyQuery = (rows: readonly PolicyRow[]): Sql => {
  const daily = rows.filter((row) => row.scope_type === 'all');
  const lines = spans(daily).map(({ from, to }) => {
    const values = keys.map((key) => {
      const row = daily.find((one) => one.key === key && isInForce(one, from));
      return sql`${typedValue(key, row?.value)} as ${quoteName(columnOf(key))}`;
    });
    return sql`select cast(null as varchar) as school_id, date ${quoteText(from)} as valid_from, date ${quoteText(to)} as valid_to, ${joinSql(values)}`;
  });
  return joinSql(lines, ' union all ');
};

const scopedCase = (key: string, rows: readonly PolicyRow[], asOf: string): Sql => {
  const own = rows.filter((row) => row.key === key && isInForce(row, asOf));
  const whens = (['class', 'grade_level'] as const).flatMap((scope) =>
    own
      .filter((row) => row.scope_type === scope)
      .map((row) => {
        const column = scope === 'class' ? sql`s.class_id` : sql`s.grade_level`;
        return sql`when ${column} = ${quoteText(row.scope_id)} then ${typedValue(key, row.value)}`;
      }),
  );
  const all = typedValue(key, own.find((row) => row.scope_type === 'all')?.value);
  return whens.length === 0 ? all : sql`case ${joinSql(whens, ' ')} else ${all} end`;
};

/** reference.student_policy: one row a student of silver.dim_student, the most specific value in force on as-of. */
export const studentPolicyQuery = (rows: readonly PolicyRow[], asOf: string | null): Sql => {
  const columns = keys.map(
    (key) => sql`${scopedCase(key, rows, asOf ?? lastDay)} as ${quoteName(columnOf(key))}`,
  );
  return sql`select s.student_id, ${joinSql(columns)} from silver.dim_student as s`;
};

/** The month and day that an academic year begins with, for the whole project. */
export const yearStartOf = (rows: readonly PolicyRow[]): string => {
  const row = rows.find((one) => one.key === 'year.start' && one.scope_type === 'all');
  return row?.value ?? policies['year.start']?.default ?? '';
};

/** reference.run_context: one row. */
export const runContextQuery = (facts: {
  readonly asOf: string | null;
  readonly timeZone: string;
  readonly yearStart: string;
}): Sql =>
  sql`select cast(${quoteText(facts.asOf)} as date) as as_of, ${quoteText(facts.timeZone)} as timezone, ${quoteText(facts.yearStart)} as year_start`;
