import { expect, it } from 'vitest';
import { attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { makeProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

const question = "select current_setting('memory_limit') as memory";

it('run.memory_limit bounds the engine of every command, and a flag wins over it', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  await project.write('schoolhouse.yaml', 'run: { memory_limit: 512MB }\n');
  await project.run();
  const asked = async (...flags: readonly string[]): Promise<unknown> =>
    JSON.parse((await typeCommand(project, 'query', '--json', ...flags, question)).stdout);
  expect(await asked()).toEqual([{ memory: '488.2 MiB' }]);
  expect(await asked('--memory-limit', '300MB')).toEqual([{ memory: '286.1 MiB' }]);
});

it('a refused row needs no more memory than other rows', async () => {
  await using project = await makeProject({
    'students.csv': studentsCsv([['S1', 'C1']]),
    'attendance.csv': attendanceCsv([
      ['a1', 'S1', '2025-03-03', 'P'],
      ['a2', 'S1', '2025-02-30', 'P'],
    ]),
  });
  const { totals } = await project.run({ memoryLimitBytes: 200e6 });
  expect(totals).toMatchObject({ loaded: 2, quarantined: 1 });
});
