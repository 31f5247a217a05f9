import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../base/index.ts';
import type { CommandContext, OptionValues } from '../command.ts';
import { createOutput } from '../output.ts';
import { run as demo } from './demo.ts';
import { run as generate } from './generate.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'schoolhouse-demo-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const packageFolder = join(import.meta.dirname, '..', '..', '..');

/** A call of a command, with what it printed. */
const call = async (args: readonly string[], options: OptionValues) => {
  const data: string[] = [];
  const talk: string[] = [];
  const context: CommandContext = {
    args,
    options,
    output: {
      ...createOutput({ json: options.json === true, quiet: true, noColor: true }),
      data: async (text) => void data.push(text),
      talk: (text) => void talk.push(text),
      alarm: (text) => void talk.push(text),
      progress: () => undefined,
    },
    projectFolder: folder,
    effects: await nodeEffects(),
    signal: new AbortController().signal,
    packageFolder,
    version: '0.0.0',
  };
  return { context, data, said: () => talk.join('\n'), json: () => JSON.parse(data.join('')) };
};

const small = { students: '40', days: '12', defects: '20', assessments: '300' };

describe('generate', () => {
  it('writes three files and a note whose counts balance', async () => {
    const called = await call(['school'], { ...small, json: true });
    expect(await generate(called.context)).toBe(0);
    const raw = await readdir(join(folder, 'school', 'data', 'raw'));
    expect(raw).toEqual(['assessments.json', 'attendance.csv', 'students.csv']);
    const { totals, planted } = called.json();
    expect(totals.quarantined).toBe(20);
    expect(planted).toHaveLength(20);
    const sum =
      totals.loaded + totals.duplicate + totals.superseded + totals.blank + totals.quarantined;
    expect(totals.read).toBe(sum);
    const note = JSON.parse(await readFile(join(folder, 'school', 'generated.json'), 'utf8'));
    expect(note.totals).toEqual(totals);
  });

  it('writes one attendance file a school day with --daily', async () => {
    const called = await call([], { ...small, days: '3', daily: true });
    await generate(called.context);
    const raw = await readdir(join(folder, 'data', 'raw'));
    expect(raw.filter((name) => name.startsWith('attendance_'))).toHaveLength(3);
  });

  it('refuses to generate twice, and leaves the first school as it was', async () => {
    await generate((await call([], small)).context);
    const before = await readFile(join(folder, 'data', 'raw', 'students.csv'), 'utf8');
    const again = await call([], { ...small, seed: '2' });
    await expect(generate(again.context)).rejects.toMatchObject({ code: 'cli.school-exists' });
    expect(await readFile(join(folder, 'data', 'raw', 'students.csv'), 'utf8')).toBe(before);
  });

  it('leaves nothing when more defects are asked for than fit', async () => {
    const called = await call(['school'], { ...small, defects: '100000' });
    await expect(generate(called.context)).rejects.toMatchObject({ kind: 'usage' });
    expect(await readdir(folder)).toEqual([]);
  });
});

// A whole run each: longer than other unit tests on a busy machine.
describe('demo', { timeout: 120_000 }, () => {
  it('refuses a folder that holds something else', async () => {
    await writeFile(join(folder, 'mine.txt'), 'mine');
    const called = await call(['.'], {});
    await expect(demo(called.context)).rejects.toMatchObject({ code: 'cli.folder-used' });
    expect(await readdir(folder)).toEqual(['mine.txt']);
  });

  it('runs a generated school, finds every planted row, and the second time has nothing to run', async () => {
    await generate((await call(['school'], small)).context);
    const first = await call(['school'], {});
    expect(await demo(first.context)).toBe(0);
    expect(first.said()).toContain('as planted: all 20 bad rows');
    expect(first.said()).toContain('committed snapshot 1');
    const again = await call(['school'], {});
    expect(await demo(again.context)).toBe(0);
    expect(again.said()).toContain('nothing new in 3 files');
    expect(again.said()).toContain('as planted: all 20 bad rows');
    expect(again.data).toEqual(first.data);
  });

  it('says by how much the counts differ when a planted row is missing from the files', async () => {
    await generate((await call(['school'], small)).context);
    const path = join(folder, 'school', 'data', 'raw', 'attendance.csv');
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, lines.filter((_, index) => index !== 1).join('\n'));
    const called = await call(['school'], {});
    expect(await demo(called.context)).toBe(1);
    expect(called.said()).toContain('differs read:');
  });
});
