import { expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

/** The commands that a text tells to type. */
const told = (text: string): readonly string[] =>
  [...text.matchAll(/schoolhouse (?:--project-dir \S+ )?(?:run|quarantine)\b[\w -]*/g)].map((hit) =>
    hit[0].trim(),
  );

it('a command in a hint names the project that the run was given, and works when it is copied', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'P'],
      ['a2', 'S1', '2025-03-04', 'Q'],
    ]),
  });
  const here = `schoolhouse --project-dir ${project.folder}`;
  const empty = await typeCommand(project, 'query', 'select 1');
  expect(told(empty.stderr)).toEqual([`${here} run`]);
  const run = await typeCommand(project, 'run');
  const [hint = ''] = told(run.stderr);
  expect(hint).toBe(`${here} quarantine list --run 1`);
  const status = await typeCommand(project, 'status');
  expect(told(status.stderr)).toEqual([`${here} quarantine list`]);
  const copied = await typeCommand(project, ...hint.replace(`${here} `, '').split(' '));
  expect(copied).toMatchObject({ code: 0 });
  expect(copied.stdout).toContain('status_unknown');
});
