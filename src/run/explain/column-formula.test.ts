import { describe, expect, it } from 'vitest';
import { columnFormula } from './column-formula.ts';
import { readQueryShape } from './query-shape.ts';

const sql = `with student_day as (
    select class_id, absent_units, counted_units from silver.student_day
),

day_policy as (
    select school_id, half_day from reference.day_policy
),

counted as (
    select
        class_id,
        -- A comment, with a comma (and a bracket.
        cast(sum(counted_units - absent_units) as bigint) as present_units,
        coalesce(class_id, 'a, b (c') as label
    from student_day
    group by class_id
),

final as (
    select
        counted.class_id,
        counted.label,
        pct(counted.present_units, 100) as attendance_rate,
        case when day_policy.half_day = 'half' then 1 else 0 end as is_half
    from counted
    inner join day_policy on day_policy.school_id is null
)

select * from final
`;

describe('columnFormula', () => {
  it('follows a column through the CTEs to the relations that it comes from', () => {
    expect(columnFormula(readQueryShape(sql), 'attendance_rate')).toEqual({
      lines: [
        { name: 'attendance_rate', expression: 'pct(counted.present_units, 100)', depth: 0 },
        {
          name: 'counted.present_units',
          expression: 'cast(sum(counted_units - absent_units) as bigint)',
          depth: 1,
        },
      ],
      upstream: ['silver.student_day.absent_units', 'silver.student_day.counted_units'],
    });
  });

  it('leaves out columns that are only passed on', () => {
    expect(columnFormula(readQueryShape(sql), 'class_id')).toEqual({
      lines: [{ name: 'class_id', expression: 'counted.class_id', depth: 0 }],
      upstream: ['silver.student_day.class_id'],
    });
  });

  it('takes commas, brackets and words in strings for text', () => {
    expect(columnFormula(readQueryShape(sql), 'label')?.lines.at(-1)?.expression).toBe(
      "coalesce(class_id, 'a, b (c')",
    );
    expect(columnFormula(readQueryShape(sql), 'is_half')?.upstream).toEqual([
      'reference.day_policy.half_day',
    ]);
  });

  it('follows every branch of a union by its place', () => {
    const union = `with final as (select a.x as n from silver.a union all select b.y + 1 from silver.b) select * from final`;
    expect(columnFormula(readQueryShape(union), 'n')).toEqual({
      lines: [
        { name: 'n', expression: 'a.x', depth: 0 },
        { name: 'n', expression: 'b.y + 1', depth: 0 },
      ],
      upstream: ['silver.a.x', 'silver.b.y'],
    });
  });

  it('says nothing of a query that is written otherwise', () => {
    expect(columnFormula(readQueryShape('select 1 as a'), 'a')).toBeUndefined();
  });
});
