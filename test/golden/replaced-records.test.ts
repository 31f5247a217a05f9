import { describe, expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';

const students = studentsCsv([['S1', 'C1']]);
const states =
  'select line, state, because is not null as is_told from quarantine.record order by run_id, line';

describe('refused records of a version that was replaced', () => {
  it('are resolved when the corrected file arrives, and an orphan waits on', async () => {
    await using project = await makeProject({
      'students.csv': students,
      'attendance.csv': attendanceCsv([
        ['a1', 'S1', '2025-03-03', 'P'],
        ['a2', 'S1', '2025-02-30', 'P'],
        ['a3', 'S9', '2025-03-03', 'P'],
      ]),
    });
    await project.run();
    await project.drop(
      'attendance.csv',
      attendanceCsv([
        ['a1', 'S1', '2025-03-03', 'P'],
        ['a2', 'S1', '2025-03-04', 'P'],
      ]),
    );
    expect((await project.run()).status).toBe('ok');
    expect(await project.rows(states)).toEqual([
      { line: 3, state: 'resolved', is_told: true },
      { line: 4, state: 'open', is_told: false },
    ]);
  });
});
