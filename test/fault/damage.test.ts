import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChild } from './run-child.ts';
import { correction } from './scenario.ts';
import { copyProject, deliver, type Folder } from './toy-school.ts';
import { canaryIn, describe as told } from './verdict.ts';
import { currentManifest, differences, type World, world } from './world.ts';

let project: Folder;
let after: World;
let close = (): void => undefined;

beforeAll(async () => {
  const scenario = await correction();
  close = scenario.close;
  ({ project, after } = scenario);
  expect((await runChild(project.path, ['run', '--json'])).code).toBe(0);
});
afterAll(() => close());

const question = ['query', '--json', 'select count(*) as n from class_daily_performance'];

/** A part that the newest run wrote, of a relation. */
const newestPart = (dataFolder: string, relation: string): string => {
  const manifest = currentManifest(dataFolder);
  const part = manifest?.relations[relation]?.parts?.at(-1);
  if (part === undefined) throw new Error(`${relation} has no part`);
  return part.path;
};

const rewrite = (path: string, change: (bytes: Buffer) => Buffer): void => {
  chmodSync(path, 0o600);
  writeFileSync(path, change(readFileSync(path)));
};

const flip = (bytes: Buffer): Buffer => {
  const at = Math.floor(bytes.length / 3);
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
};

/** `--full-refresh` builds the lake anew from the archive: the tables are those of before. */
const expectRebuilt = async (copy: Folder): Promise<void> => {
  const rebuilt = await runChild(copy.path, ['run', '--json', '--full-refresh']);
  expect(told(rebuilt)).toMatch(/^exit 0/);
  const wrong = differences(after, await world(copy.dataFolder));
  expect(wrong.filter((line) => /^(silver|gold|compat|bronze)\./.test(line))).toEqual([]);
};

describe('row 3: a damaged part', () => {
  it.each([
    ['cut', (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2))],
    ['emptied', (path: string) => truncateSync(path, 0)],
    ['missing', (path: string) => unlinkSync(path)],
  ])(
    'that is %s: exit 3 at open, named; the last good snapshot is readable; a rebuild is offered',
    async (_how, damage) => {
      const copy = copyProject(project);
      const part = newestPart(copy.dataFolder, 'gold.class_daily_performance');
      const path = join(copy.dataFolder, 'lake', part);
      chmodSync(path, 0o600);
      damage(path);
      for (const args of [question, ['run', '--json']]) {
        const result = await runChild(copy.path, args);
        expect(told(result)).toMatch(/^exit 3/);
        expect(result.stderr).toContain(part);
        expect(result.stderr).toContain('--at 1');
        expect(result.stderr).toContain('--full-refresh');
        expect(canaryIn(result, args.join(' '))).toEqual([]);
      }
      const old = await runChild(copy.path, [...question, '--at', '1']);
      expect(told(old)).toMatch(/^exit 0/);
      await expectRebuilt(copy);
      copy.close();
    },
  );

  it('of which one byte is flipped is found before it is rewritten', async () => {
    const copy = copyProject(project);
    // The file of March's attendance corrects a row of February.
    const part = newestPart(copy.dataFolder, 'silver.fact_attendance');
    rewrite(join(copy.dataFolder, 'lake', part), flip);
    const [, month = ''] = /\/(\d{4}-\d{2})\//.exec(part) ?? [];
    const row = `A1,S1,${month}-03,late,2025-03-09T09:00:00Z`;
    deliver(copy, {
      'attendance-0309.csv': `attendance_id,student_id,attendance_date,status,created_at\n${row}\nA8,S1,2025-03-04,absent,2025-03-09T09:00:00Z\nA4,S1,2025-03-03,absent,2025-03-09T09:00:00Z\n`,
    });
    const result = await runChild(copy.path, ['run', '--json']);
    expect(told(result)).toMatch(/^exit 3/);
    expect(result.stderr).toContain(part);
    expect(canaryIn(result, 'run')).toEqual([]);
    copy.close();
  });

  it.each(['check', 'doctor'])('of which one byte is flipped is found by %s', async (command) => {
    const copy = copyProject(project);
    const part = newestPart(copy.dataFolder, 'silver.dim_student');
    rewrite(join(copy.dataFolder, 'lake', part), flip);
    const result = await runChild(copy.path, [command]);
    expect(result.code).not.toBe(0);
    expect(`${result.stdout}${result.stderr}`).toContain(part);
    copy.close();
  });
});

describe('row 18: a damaged pointer or manifest', () => {
  it.each([
    ['is garbage', (lake: string) => writeFileSync(join(lake, 'current'), 'x7\n')],
    ['is empty', (lake: string) => writeFileSync(join(lake, 'current'), '')],
    ['names a missing manifest', (lake: string) => writeFileSync(join(lake, 'current'), '99\n')],
    ['is missing', (lake: string) => unlinkSync(join(lake, 'current'))],
  ])('current that %s: the newest good snapshot is used, and said', async (_how, damage) => {
    const copy = copyProject(project);
    damage(join(copy.dataFolder, 'lake'));
    const asked = await runChild(copy.path, question);
    expect(told(asked)).toMatch(/^exit 0/);
    expect(asked.stderr).toContain('snapshot 2');
    // The next run mends the pointer, though it has nothing new.
    const next = await runChild(copy.path, ['run', '--json']);
    expect(told(next)).toMatch(/^exit 0/);
    expect(differences(after, await world(copy.dataFolder))).toEqual([]);
    expect((await runChild(copy.path, question)).stderr).not.toContain('warning');
    copy.close();
  });

  it.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['emptied', () => Buffer.alloc(0)],
    ['flipped in one byte', flip],
  ])('a manifest that is %s: the one before it is used, and said', async (_how, damage) => {
    const copy = copyProject(project);
    rewrite(join(copy.dataFolder, 'lake', 'manifests', '2.json'), damage);
    const asked = await runChild(copy.path, question);
    expect(told(asked)).toMatch(/^exit 0/);
    expect(asked.stderr).toContain('snapshot 1');
    // The rows of the lost snapshot are in the archive: the next run brings them back.
    const next = await runChild(copy.path, ['run', '--json']);
    expect(told(next)).toMatch(/^exit 0/);
    const wrong = differences(after, await world(copy.dataFolder));
    expect(wrong.filter((line) => /^(silver|gold|compat|bronze)\./.test(line))).toEqual([]);
    copy.close();
  });

  it('a manifest of a newer format: exit 3, what to install, and nothing is touched', async () => {
    const copy = copyProject(project);
    const path = join(copy.dataFolder, 'lake', 'manifests', '2.json');
    rewrite(path, (bytes) => Buffer.from(bytes.toString().replace('"format":1', '"format":2')));
    const before = readdirSync(join(copy.dataFolder, 'lake', 'manifests'));
    for (const args of [question, ['run', '--json']]) {
      const result = await runChild(copy.path, args);
      expect(told(result)).toMatch(/^exit 3/);
      expect(result.stderr).toContain('npm install');
    }
    expect(readdirSync(join(copy.dataFolder, 'lake', 'manifests'))).toEqual(before);
    copy.close();
  });
});

describe('what can be made again', () => {
  it.each([
    ['deleted', (path: string) => unlinkSync(path)],
    ['corrupt', (path: string) => writeFileSync(path, 'z'.repeat(5000))],
    ['empty', (path: string) => writeFileSync(path, '')],
    ["beside a shell's leftover WAL", (path: string) => writeFileSync(`${path}.wal`, 'left')],
  ])('row 18: warehouse.duckdb that is %s is made again by the next run', async (_how, damage) => {
    const copy = copyProject(project);
    const path = join(copy.dataFolder, 'warehouse.duckdb');
    damage(path);
    const next = await runChild(copy.path, ['run', '--json']);
    expect(told(next)).toMatch(/^exit 0/);
    expect(existsSync(`${path}.wal`)).toBe(false);
    expect(readFileSync(path).subarray(8, 12).toString()).toBe('DUCK');
    copy.close();
  });

  it('row 18: a lake that is deleted is built anew from the archive, table for table', async () => {
    const copy = copyProject(project);
    rmSync(join(copy.dataFolder, 'lake'), { recursive: true });
    const next = await runChild(copy.path, ['run', '--json']);
    expect(told(next)).toMatch(/^exit 0/);
    const wrong = differences(after, await world(copy.dataFolder));
    expect(wrong.filter((line) => /^(silver|gold|compat|bronze)\./.test(line))).toEqual([]);
    copy.close();
  });

  it('row 19: an altered archive object makes a full refresh fail with its hash; the old world stays', async () => {
    const copy = copyProject(project);
    const archive = join(copy.dataFolder, 'archive');
    const object = readdirSync(archive).find((file) => file.endsWith('.gz')) ?? '';
    rewrite(join(archive, object), flip);
    const result = await runChild(copy.path, ['run', '--json', '--full-refresh']);
    expect(told(result)).toMatch(/^exit 1/);
    expect(`${result.stdout}${result.stderr}`).toContain(object.slice(0, 12));
    expect(
      differences(after, await world(copy.dataFolder)).filter((line) =>
        /^(silver|gold)\./.test(line),
      ),
    ).toEqual([]);
    copy.close();
  });
});
