import { expect, it } from 'vitest';
import { csv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

const yaml = `feeds:
  attendance:
    columns:
      minutes: { header: Minutes, type: integer, minimum: 0, maximum: 480 }
      room: { header: Room, type: text, pattern: "[A-Z][0-9]+", maxLength: 4 }
      excused_by_parent: { header: Excused by parent, type: boolean }
`;

const header = 'attendance_id,student_id,attendance_date,status,Minutes,Room,Excused by parent';

/** The other cells of row n are good: a row is refused for what the case says, and for that alone. */
const row = (n: number, rest: readonly string[]): readonly string[] => [
  `a${n}`,
  'S1',
  `2025-03-${String(n).padStart(2, '0')}`,
  'P',
  ...rest,
];

it('minimum, maximum, pattern, maxLength and yes or no of a contract refuse what breaks them, with every reason', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': csv(header, [
      row(1, ['0', 'R1', 'yes']),
      row(2, ['480', 'R123', 'N']),
      row(3, ['', '', '']),
      row(4, ['-1', 'R1', 'no']),
      row(5, ['481', 'R1', 'no']),
      row(6, ['45', 'r1', 'no']),
      row(7, ['45', 'R1234', 'no']),
      row(8, ['45', 'R1', 'perhaps']),
      row(9, ['999', '1R', '2']),
    ]),
  });
  await project.write('schoolhouse.yaml', yaml);
  const report = await project.run({ until: 'bronze' });
  expect(report.totals).toMatchObject({ read: 10, loaded: 4, quarantined: 6 });
  expect(
    await project.rows(
      `select row, list_sort(list_transform(reasons, lambda r: r.code || ' ' || r."column")) as why
       from quarantine.record order by row`,
    ),
  ).toEqual([
    { row: 4, why: ['out_of_range minutes'] },
    { row: 5, why: ['out_of_range minutes'] },
    { row: 6, why: ['pattern_mismatch room'] },
    { row: 7, why: ['pattern_mismatch room'] },
    { row: 8, why: ['boolean_invalid excused_by_parent'] },
    {
      row: 9,
      why: ['boolean_invalid excused_by_parent', 'out_of_range minutes', 'pattern_mismatch room'],
    },
  ]);
  expect(
    await project.rows(
      'select attendance_id as id, minutes, room, excused_by_parent as by from bronze.attendance order by id',
    ),
  ).toEqual([
    { id: 'a1', minutes: 0, room: 'R1', by: true },
    { id: 'a2', minutes: 480, room: 'R123', by: false },
    { id: 'a3', minutes: null, room: null, by: null },
  ]);
});
