import { describe, expect, it } from 'vitest';
import { chooseCases } from '../fault/sampling.ts';
import { attendanceCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

type Order = readonly number[];

const ordersOf = (left: Order): readonly Order[] =>
  left.length === 0
    ? [[]]
    : left.flatMap((first) =>
        ordersOf(left.filter((one) => one !== first)).map((rest) => [first, ...rest]),
      );

/** All 24 in the long suite, three of them in the check. */
const orders =
  process.env.FAULT_SLICE === undefined
    ? [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [2, 0, 3, 1],
      ]
    : chooseCases(ordersOf([0, 1, 2, 3]), 8);

// The mark of id `all` is in every batch without a time: the batch date decides.
const batches = ['03', '04', '05', '06'].map((day, index) => ({
  name: `attendance_202503${day}.csv`,
  text: `${attendanceCsv([[`b${index}`, 'S1', `2025-03-${day}`, 'P']])}all,S2,2025-03-03,${['P', 'A', 'L', 'E'][index]},\n`,
}));

describe('39: batches in any order', () => {
  it.each(orders.map((order) => [order.join(' '), order] as const))(
    'end in the same tables: %s',
    async (_name, order) => {
      await using project = await makeProject();
      for (const index of order) {
        await project.drop(batches[index]?.name ?? '', batches[index]?.text ?? '');
        await project.run();
      }
      expect(
        await project.rows(
          'select attendance_id as id, status, cast(date as varchar) as day from silver.fact_attendance order by id',
        ),
      ).toEqual([
        { id: 'all', status: 'excused', day: '2025-03-03' },
        { id: 'b0', status: 'present', day: '2025-03-03' },
        { id: 'b1', status: 'present', day: '2025-03-04' },
        { id: 'b2', status: 'present', day: '2025-03-05' },
        { id: 'b3', status: 'present', day: '2025-03-06' },
      ]);
      // S2 is excused on the first day: one of two was there.
      expect(
        await project.rows(
          `select cast(date as varchar) as day, present_count as present, attendance_rate as rate
           from gold.class_daily_performance order by date`,
        ),
      ).toEqual([
        { day: '2025-03-03', present: 1, rate: '50.00' },
        { day: '2025-03-04', present: 1, rate: '100.00' },
        { day: '2025-03-05', present: 1, rate: '100.00' },
        { day: '2025-03-06', present: 1, rate: '100.00' },
      ]);
    },
  );
});
