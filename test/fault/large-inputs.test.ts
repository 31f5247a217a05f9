import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type ChildResult, runChild } from './run-child.ts';
import { isSample, tell } from './sampling.ts';
import { deliver, type Folder, newProject, roster } from './toy-school.ts';
import { canaryIn, reportOf } from './verdict.ts';

const hour = 3_600_000;
const header = 'attendance_id,student_id,attendance_date,status,created_at\n';
const students = 'students.csv';

/** Writes a file of `data/raw` piece by piece and returns its bytes. */
const writeRaw = (project: Folder, name: string, pieces: Iterable<string | Buffer>): number => {
  const file = openSync(join(project.dataFolder, 'raw', name), 'w');
  let bytes = 0;
  for (const piece of pieces) bytes += writeSync(file, Buffer.from(piece));
  closeSync(file);
  return bytes;
};

function* repeat<T>(piece: T, count: number): Generator<T> {
  for (let index = 0; index < count; index++) yield piece;
}

type Aside = { readonly path: string; readonly status: string; readonly reason: string | null };

const fileOf = (result: ChildResult, name: string): Aside | undefined => {
  const report = reportOf(result) as unknown as { readonly files: readonly Aside[] } | undefined;
  return report?.files.find((file) => file.path.endsWith(name));
};

/** One file that cannot be taken beside a roster that can: it alone is set aside, and what it cost is told. */
const expectAside = async (
  what: string,
  { name, reason, pieces }: { name: string; reason: string; pieces: Iterable<string | Buffer> },
): Promise<ChildResult> => {
  const project = newProject();
  deliver(project, { [students]: roster(3) });
  const bytes = writeRaw(project, name, pieces);
  const result = await runChild(project.path, ['run', '--json'], { longestMs: 420_000 });
  tell(what, {
    megabytes: Math.round(bytes / 1e6),
    peakMb: result.peakMb,
    seconds: Math.round(result.milliseconds / 100) / 10,
  });
  expect(result.code).toBe(1);
  expect(canaryIn(result, what)).toEqual([]);
  expect(fileOf(result, name)).toMatchObject({ status: 'set_aside', reason });
  expect(fileOf(result, students)).toMatchObject({ status: 'loaded' });
  expect(readdirSync(join(project.dataFolder, 'tmp'))).toEqual([]);
  project.close();
  return result;
};

it(
  'row 30: a line of 100 MB is set aside within 300 MB of memory',
  async () => {
    const megabyte = 'x'.repeat(1024 * 1024);
    const { peakMb } = await expectAside('a line of 100 MB', {
      name: 'attendance.csv',
      reason: 'record_too_long',
      pieces: [header, 'A1,S1,2025-03-03,', ...repeat(megabyte, 100), ',\n'],
    });
    expect(peakMb).toBeLessThan(300);
  },
  hour,
);

it(
  'row 30: a header of a million columns is set aside within 300 MB of memory',
  async () => {
    const names = Array.from({ length: 1_000_000 }, (_, index) => `c${index}`).join(',');
    const { peakMb } = await expectAside('a million columns', {
      name: 'attendance.csv',
      reason: 'record_too_long',
      pieces: [`${names}\n`, `${','.repeat(999_999)}\n`],
    });
    expect(peakMb).toBeLessThan(300);
  },
  hour,
);

it(
  'row 34: a gz of 10 GB of zeros is set aside at 200:1, long before it is unpacked',
  async () => {
    const member = gzipSync(Buffer.alloc(100_000_000));
    const result = await expectAside('a gz of 10 GB of zeros', {
      name: 'attendance.csv.gz',
      reason: 'file_unsafe',
      pieces: repeat(member, 100),
    });
    expect(result.stdout).toContain('200 times');
    expect(result.peakMb).toBeLessThan(300);
  },
  hour,
);

it.skipIf(isSample)(
  'row 34: a gz that unpacks to more than 4 GB, at less than 200:1, is set aside',
  async () => {
    // Lines of 1,024 bytes of which 12 are by chance: about 50:1.
    const lines = Array.from(
      { length: 64 * 1024 },
      () => `${randomBytes(6).toString('hex')}${'y'.repeat(1011)}\n`,
    ).join('');
    const member = gzipSync(lines);
    expect(lines.length / member.length).toBeLessThan(150);
    const result = await expectAside('a gz of more than 4 GB', {
      name: 'attendance.csv.gz',
      reason: 'file_unsafe',
      pieces: [gzipSync(header), ...repeat(member, 65)],
    });
    expect(result.stdout).toContain('4 GB');
    expect(result.peakMb).toBeLessThan(300);
  },
  hour,
);
