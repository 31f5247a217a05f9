import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sql } from '../base/index.ts';
import { type PolicyRow, resolvePolicies } from '../contract/index.ts';
import { openDuckDB } from '../engine/index.ts';
import { dayPolicyQuery, studentPolicyQuery } from './policy-relations.ts';

const row = (key: string, value: string, given: Partial<PolicyRow> = {}): PolicyRow => ({
  key,
  value,
  ...{ scope_type: 'all', scope_id: null, effective_from: null, effective_to: null },
  source: 'schoolhouse.yaml:1',
  ...given,
});

const open = () =>
  openDuckDB({
    memoryLimitBytes: 200_000_000,
    tempFolder: join(tmpdir(), 'schoolhouse-policy-test'),
    threads: 1,
  });

test('a student has the value of the class, else of the grade level, else of all, in force on as-of', async () => {
  await using engine = await open();
  await engine.execute(sql`create schema silver`);
  await engine.execute(sql`create table silver.dim_student as
    from (values ('s1', 'C1', '7'), ('s2', 'C2', '7'), ('s3', 'C3', '8')) as t (student_id, class_id, grade_level)`);
  const rows = resolvePolicies({
    policies: [
      row('chronic.min_days', '5', { scope_type: 'class', scope_id: 'C1' }),
      row('chronic.min_days', '7', { scope_type: 'grade_level', scope_id: '7' }),
      row('chronic.min_days', '20', { effective_from: '2025-02-01' }),
    ],
  });
  const asOf = (date: string) =>
    engine.rows(
      sql`select student_id, cast(chronic_min_days as integer) as days from (${studentPolicyQuery(rows, date)}) order by 1`,
    );
  expect(await asOf('2025-02-01')).toEqual([
    { student_id: 's1', days: 5 },
    { student_id: 's2', days: 7 },
    { student_id: 's3', days: 20 },
  ]);
  expect((await asOf('2025-01-31'))[2]).toEqual({ student_id: 's3', days: 10 });
});

test('the rules of a day are whole spans without gaps, each with the values in force in it', async () => {
  await using engine = await open();
  const rows = resolvePolicies({
    policies: [
      row('attendance.half_day_is', 'half', {
        effective_from: '2025-01-10',
        effective_to: '2025-01-20',
      }),
      row('chronic.min_days', '5', { scope_type: 'class', scope_id: 'C1' }),
    ],
  });
  const spans = await engine.rows(
    sql`select cast(valid_from as varchar) as first, cast(valid_to as varchar) as last, attendance_half_day_is as half
      from (${dayPolicyQuery(rows)}) order by valid_from`,
  );
  expect(spans).toEqual([
    { first: '0001-01-01', last: '2025-01-09', half: 'absent' },
    { first: '2025-01-10', last: '2025-01-20', half: 'half' },
    { first: '2025-01-21', last: '9999-12-31', half: 'absent' },
  ]);
});
