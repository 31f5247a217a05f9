import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Effects, nodeEffects } from '../base/index.ts';
import { listLocalFiles } from '../source/index.ts';
import { sweepArchiveDrafts } from './archive-object.ts';
import { openArchived } from './archive-open.ts';
import { type ReceiveOptions, receiveFile } from './archive-receive.ts';
import { extractRecords } from './extract-records.ts';

let project = '';
let effects: Effects;
beforeEach(async () => {
  project = mkdtempSync(join(tmpdir(), 'receive-'));
  mkdirSync(join(project, 'data/raw'), { recursive: true });
  effects = await nodeEffects();
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const archive = (): string => join(project, 'data/archive');
const temp = (): string => join(project, 'data/tmp');
const raw = (name: string): string => join(project, 'data/raw', name);
const list = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort() : [];
const options = (more: Partial<ReceiveOptions> = {}): ReceiveOptions => ({
  archiveFolder: archive(),
  tempFolder: temp(),
  isKnown: () => false,
  ...more,
});

const listOne = async (name: string) => {
  const { files } = await listLocalFiles(project, {}, effects);
  const file = files.find((each) => each.path === `data/raw/${name}`);
  if (file === undefined) throw new Error('it is not listed');
  return file;
};

const receive = async (name: string, bytes: string | Uint8Array, more = {}) => {
  writeFileSync(raw(name), bytes);
  return receiveFile(await listOne(name), options(more), effects);
};

/** Effects that run `action` once, before the first read of a file at or behind `offset`. */
const during = (action: () => void, offset = 0): Effects => {
  let isDone = false;
  return {
    ...effects,
    fs: {
      ...effects.fs,
      open: async (...args) => {
        const file = await effects.fs.open(...args);
        return {
          ...file,
          read: async (buffer, position) => {
            if (!isDone && position >= offset) {
              isDone = true;
              action();
            }
            return file.read(buffer, position);
          },
        };
      },
    },
  };
};

test('a received file is in the archive under its hash, gzipped, 0600, and scanned in the same pass', async () => {
  const text = `id,name\n${'1,Ann\n'.repeat(300_000)}`;
  const received = await receive('a.csv', text);
  if (received.kind !== 'scanned') throw new Error(received.kind);
  const sha256 = createHash('sha256').update(text).digest('hex');
  expect(received).toMatchObject({ sha256, sizeBytes: text.length, isNewObject: true });
  expect(list(archive())).toEqual([`${sha256}.gz`]);
  const object = join(archive(), `${sha256}.gz`);
  expect(statSync(object).mode & 0o777).toBe(0o600);
  expect(gunzipSync(readFileSync(object)).toString()).toBe(text);
  expect(received.members).toHaveLength(1);
  expect(received.members[0]).toMatchObject({
    path: 'data/raw/a.csv',
    outcome: { kind: 'scanned', report: { read: 300_000, dataPath: raw('a.csv'), isCopy: false } },
  });
});

test('row 37: the same bytes are written once, and known bytes leave no temp file and no draft', async () => {
  const text = 'a,b\n1,2,3\n';
  const first = await receive('a.csv', text);
  const second = await receive('b.csv', text);
  expect(second).toMatchObject({ kind: 'scanned', isNewObject: false });
  const sha256 = first.kind === 'scanned' ? first.sha256 : '';
  rmSync(temp(), { recursive: true });
  for (const knownSizes of [new Set<number>(), new Set([text.length])]) {
    const third = await receive('c.csv', text, {
      isKnown: (hash: string) => hash === sha256,
      knownSizes,
    });
    expect(third).toEqual({ kind: 'known', sha256, sizeBytes: text.length });
  }
  expect(list(temp())).toEqual([]);
  expect(list(archive())).toEqual([`${sha256}.gz`]);
});

test('row 21: a file that changes while it is read waits, and nothing of it is kept', async () => {
  for (const [offset, isIrregular] of [
    [0, false],
    [1, false],
    [0, true],
  ] as const) {
    writeFileSync(raw('a.csv'), isIrregular ? 'a,b\n1\n' : 'a,b\n1,2\n');
    const file = await listOne('a.csv');
    const growing = during(() => appendFileSync(raw('a.csv'), '3,4\n'), offset);
    expect(await receiveFile(file, options(), growing)).toEqual({ kind: 'waiting' });
    expect([list(temp()), list(archive())]).toEqual([[], []]);
  }
});

test('row 21: a file that changed since it was listed waits', async () => {
  writeFileSync(raw('a.csv'), 'a\n1\n');
  const file = await listOne('a.csv');
  appendFileSync(raw('a.csv'), '2\n');
  expect(await receiveFile(file, options(), effects)).toEqual({ kind: 'waiting' });
});

test('row 22: a file that is deleted after it was listed, or while it is read, is file_gone', async () => {
  for (const world of [undefined, during(() => unlinkSync(raw('a.csv')))]) {
    writeFileSync(raw('a.csv'), 'a\n1\n');
    const file = await listOne('a.csv');
    if (world === undefined) unlinkSync(raw('a.csv'));
    expect(await receiveFile(file, options(), world ?? effects)).toMatchObject({
      kind: 'set_aside',
      reason: 'file_gone',
    });
    expect([list(temp()), list(archive())]).toEqual([[], []]);
  }
});

test('row 36: a file that became a link after it was listed is file_unsafe', async () => {
  writeFileSync(raw('a.csv'), 'a\n1\n');
  writeFileSync(join(project, 'outside.csv'), 'secret\n1\n');
  const file = await listOne('a.csv');
  unlinkSync(raw('a.csv'));
  symlinkSync(join(project, 'outside.csv'), raw('a.csv'));
  expect(await receiveFile(file, options(), effects)).toMatchObject({ reason: 'file_unsafe' });
});

test('row 23: an empty file is set aside; a blank one too, its bytes archived', async () => {
  expect(await receive('a.csv', '')).toMatchObject({ reason: 'file_empty', sha256: undefined });
  const blank = await receive('b.csv', '\n\n');
  expect(blank).toMatchObject({ kind: 'set_aside', reason: 'file_empty' });
  expect(list(archive())).toHaveLength(1);
  expect(list(temp())).toEqual([]);
});

test('row 13: a full disk is an error with path, act and free bytes, and leaves no draft', async () => {
  writeFileSync(raw('a.csv'), 'a\n1\n');
  const file = await listOne('a.csv');
  const full: Effects = {
    ...effects,
    fs: {
      ...effects.fs,
      open: async (path, mode) => ({
        ...(await effects.fs.open(path, mode)),
        ...(mode === 'draft'
          ? {
              write: async () => {
                throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
              },
            }
          : {}),
      }),
    },
  };
  await expect(receiveFile(file, options(), full)).rejects.toMatchObject({
    code: 'ingest.disk',
    kind: 'technical',
    facts: { act: 'write into the archive', code: 'ENOSPC', freeBytes: expect.any(Number) },
  });
  expect([list(temp()), list(archive())]).toEqual([[], []]);
});

test('row 53: a file whose name has a newline, a quote, a semicolon and 255 bytes is received', async () => {
  for (const name of ['a\nb.csv', `a"b';--.csv`, `${'x'.repeat(251)}.csv`])
    expect(await receive(name, 'a\n1\n')).toMatchObject({ kind: 'scanned' });
});

test('the archive gives the same scan again, and any record with its raw text', async () => {
  const received = await receive('a.csv', 'id,name\n1,"Ng, A"\n2\n"3","x\ny"\n');
  if (received.kind !== 'scanned') throw new Error(received.kind);
  unlinkSync(raw('a.csv'));
  const { sha256 } = received;
  const again = await openArchived({ sha256, path: 'data/raw/a.csv' }, options(), effects);
  if (again.kind !== 'scanned') throw new Error(again.kind);
  const outcome = again.members[0]?.outcome;
  if (outcome?.kind !== 'scanned') throw new Error('set aside');
  expect(outcome.report).toMatchObject({ read: 3, refused: 1, isCopy: true });
  const records = [];
  for await (const record of extractRecords(outcome.report.plain, [1, 2, 3], effects))
    records.push(record);
  expect(records).toEqual([
    {
      row: 1,
      line: 2,
      byte_offset: 8,
      byte_length: 9,
      codes: [],
      raw: '1,"Ng, A"',
      cells: { id: '1', name: 'Ng, A' },
    },
    { row: 2, line: 3, byte_offset: 18, byte_length: 1, codes: [], raw: '2', cells: null },
    {
      row: 3,
      line: 4,
      byte_offset: 20,
      byte_length: 9,
      codes: [],
      raw: '"3","x\ny"',
      cells: { id: '3', name: 'x\ny' },
    },
  ]);
});

test('row 19: an altered, cut or missing object is an error that names the hash', async () => {
  const received = await receive('a.csv', 'a\n1\n');
  const sha256 = received.kind === 'scanned' ? received.sha256 : '';
  const object = join(archive(), `${sha256}.gz`);
  const open = () => openArchived({ sha256, path: 'data/raw/a.csv' }, options(), effects);
  const other = await receive('b.csv', 'a\n2\n');
  const bytes = readFileSync(object);
  writeFileSync(
    object,
    readFileSync(join(archive(), `${other.kind === 'scanned' ? other.sha256 : ''}.gz`)),
  );
  await expect(open()).rejects.toMatchObject({
    code: 'ingest.archive-altered',
    kind: 'data',
    facts: { sha256 },
  });
  writeFileSync(object, bytes.subarray(0, -5));
  await expect(open()).rejects.toMatchObject({ code: 'ingest.archive-altered' });
  unlinkSync(object);
  await expect(open()).rejects.toMatchObject({ code: 'ingest.archive-missing' });
});

test('row 1: a draft that a killed run left in the archive is swept, objects stay', async () => {
  await receive('a.csv', 'a\n1\n');
  writeFileSync(join(archive(), 'x.draft'), 'half');
  expect(await sweepArchiveDrafts(archive(), effects)).toBe(1);
  expect(list(archive())).toHaveLength(1);
});

test('settings are asked for by path', async () => {
  const text = '{"a":[{"x":1}],"b":[{"x":2},{"x":3}]}';
  expect(await receive('a.json', text)).toMatchObject({ reason: 'json_records' });
  const asked: string[] = [];
  const settingsFor = (path: string) => {
    asked.push(path);
    return { records: 'b' };
  };
  const received = await receive('a.json', text, { settingsFor });
  expect(asked).toEqual(['data/raw/a.json']);
  expect(received).toMatchObject({ members: [{ outcome: { report: { read: 2 } } }] });
});
