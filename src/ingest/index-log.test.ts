import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeEffects } from '../base/index.ts';
import { type NewReceipt, openReceiptLog } from './index-log.ts';

let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'index-')), 'archive');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const open = async (now = '2025-09-01T12:00:00Z', zone = 'UTC') =>
  openReceiptLog(folder, zone, { ...(await nodeEffects()), now: () => new Date(now) });

const receipt = (path: string, letter: string, more: Partial<NewReceipt> = {}): NewReceipt => ({
  run: 1,
  sha256: letter.repeat(64),
  path,
  source: 'files',
  size: 3,
  mtime: '2025-09-01T00:00:00.000Z',
  batch_date: null,
  action: 'received',
  ...more,
});

test('receipts are numbered, dated in the project zone, kept 0600 and read again', async () => {
  const log = await open('2025-09-01T02:00:00Z', 'America/New_York');
  await log.append([receipt('a.csv', 'a'), receipt('b.csv', 'b')]);
  await log.append([receipt('a.csv', 'c', { run: 7 })]);
  const again = await open();
  expect(again.receipts().map((r) => [r.seq, r.path, r.received_on])).toEqual([
    [1, 'a.csv', '2025-08-31'],
    [2, 'b.csv', '2025-08-31'],
    [3, 'a.csv', '2025-08-31'],
  ]);
  expect([...again.current()].map(([path, r]) => [path, r.seq])).toEqual([
    ['a.csv', 3],
    ['b.csv', 2],
  ]);
  expect(again.lastRun()).toBe(7);
  expect(statSync(join(folder, 'index.jsonl')).mode & 0o777).toBe(0o600);
});

test('row 10: received_on never goes back when the clock does, and this is said', async () => {
  const log = await open('2025-09-02T12:00:00Z');
  expect((await log.append([receipt('a.csv', 'a')])).isClockBehind).toBe(false);
  const late = await open('2024-09-02T12:00:00Z');
  const { receipts, isClockBehind } = await late.append([receipt('b.csv', 'b')]);
  expect([receipts[0]?.received_on, receipts[0]?.seq, isClockBehind]).toEqual([
    '2025-09-02',
    2,
    true,
  ]);
});

test('a torn last line is no receipt and is gone after the next append', async () => {
  const path = join(folder, 'index.jsonl');
  await (await open()).append([receipt('a.csv', 'a')]);
  appendFileSync(path, '{"seq":2,"sha2');
  const log = await open();
  expect(log.receipts()).toHaveLength(1);
  await log.append([receipt('b.csv', 'b')]);
  expect(readFileSync(path, 'utf8')).not.toContain('sha2"');
  expect((await open()).receipts().map((r) => r.path)).toEqual(['a.csv', 'b.csv']);
});

test('a last line that lacks only its line feed is a receipt', async () => {
  const path = join(folder, 'index.jsonl');
  const log = await open();
  await log.append([receipt('a.csv', 'a')]);
  appendFileSync(path, readFileSync(path, 'utf8').replace('"seq":1', '"seq":2').trimEnd());
  const again = await open();
  expect(again.receipts().map((r) => r.seq)).toEqual([1, 2]);
  await again.append([receipt('b.csv', 'b')]);
  expect((await open()).receipts().map((r) => r.seq)).toEqual([1, 2, 3]);
});

test('a damaged line before the last is an error that names its line', async () => {
  await (await open()).append([receipt('a.csv', 'a')]);
  appendFileSync(join(folder, 'index.jsonl'), 'x\n');
  await expect(open()).rejects.toMatchObject({
    code: 'ingest.index-damaged',
    facts: { line: 2 },
  });
});

test('a write that fails halfway is repaired by the next one', async () => {
  const effects = await nodeEffects();
  let fails = true;
  const broken = {
    ...effects,
    fs: {
      ...effects.fs,
      open: async (...args: Parameters<typeof effects.fs.open>) => {
        const file = await effects.fs.open(...args);
        return {
          ...file,
          write: async (chunk: Uint8Array | string) => {
            if (!fails) return file.write(chunk);
            await file.write(String(chunk).slice(0, 20));
            throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          },
        };
      },
    },
  };
  const log = await openReceiptLog(folder, 'UTC', broken);
  await expect(log.append([receipt('a.csv', 'a')])).rejects.toMatchObject({ code: 'ingest.disk' });
  expect(log.receipts()).toEqual([]);
  fails = false;
  await log.append([receipt('b.csv', 'b')]);
  expect((await open()).receipts().map((r) => [r.seq, r.path])).toEqual([[1, 'b.csv']]);
});

test('after an erasure the current version is the object that took its place', async () => {
  const log = await open();
  await log.append([receipt('a.csv', 'a')]);
  const erased = {
    action: 'erased',
    new_sha256: 'b'.repeat(64),
    because: 'forget',
    by: 'cli',
  } as const;
  await log.append([receipt('a.csv', 'a', erased)]);
  expect(log.current().get('a.csv')?.sha256).toBe('b'.repeat(64));
});

test('a line that is missing, or there twice, is damage, and is told by its place', async () => {
  const path = join(folder, 'index.jsonl');
  await (await open()).append(['a', 'b', 'c'].map((letter) => receipt(`${letter}.csv`, letter)));
  const [first = '', second = '', third = ''] = readFileSync(path, 'utf8').trimEnd().split('\n');
  for (const [lines, line] of [
    [[first, third], 2],
    [[second, third], 1],
    [[first, second, second, third], 3],
  ] as const) {
    writeFileSync(path, `${lines.join('\n')}\n`);
    await expect(open()).rejects.toMatchObject({ code: 'ingest.index-damaged', facts: { line } });
  }
});
