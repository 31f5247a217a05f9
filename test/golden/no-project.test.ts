import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

// A job that is started in the wrong folder must fail, not report success for ever.

it.each([[['run']], [['plan']], [['plan', '--read']], [['quarantine', 'replay']]])(
  '%s in a folder that is no project is exit 2 and makes nothing',
  async (args) => {
    await using project = await makeProject();
    const folder = await mkdtemp(join(tmpdir(), 'schoolhouse-none-'));
    try {
      const { code, stdout, stderr } = await typeCommand({ ...project, folder }, ...args);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('This folder is no project');
      expect(stderr).toContain('schoolhouse init');
      expect(stderr).toContain('--project-dir <folder>');
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

it('an empty drop zone, and settings alone, are a project', async () => {
  await using project = await makeProject();
  expect(await typeCommand(project, 'run')).toMatchObject({ code: 0 });
  await using other = await makeProject();
  await other.remove('data/raw');
  await other.write('schoolhouse.yaml', 'name: Elm School\n');
  expect(await typeCommand(other, 'run')).toMatchObject({ code: 0 });
});
