import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeEffects } from '../base/index.ts';
import { listLocalFiles } from './list-local-files.ts';

let project = '';
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'source-'));
  mkdirSync(join(project, 'data/raw'), { recursive: true });
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const put = (path: string): void => writeFileSync(join(project, path), 'a\n1\n');
const list = async (options = {}) => listLocalFiles(project, options, await nodeEffects());

test('files come sorted by code unit, from sub-folders too, with size and format', async () => {
  mkdirSync(join(project, 'data/raw/2025'));
  for (const name of ['b.csv', 'B.CSV', '2025/a.json', 'z.tsv.gz', 'x.zip', 'é.txt'])
    put(`data/raw/${name}`);
  const { files } = await list();
  expect(files.map((file) => [file.path, file.format, file.isGzip, file.sizeBytes])).toEqual([
    ['data/raw/2025/a.json', 'json', false, 4],
    ['data/raw/B.CSV', 'csv', false, 4],
    ['data/raw/b.csv', 'csv', false, 4],
    ['data/raw/x.zip', 'zip', false, 4],
    ['data/raw/z.tsv.gz', 'tsv', true, 4],
    ['data/raw/é.txt', 'csv', false, 4],
  ]);
});

test('row 20: temporary names are silent, other extensions and ignored patterns are told', async () => {
  for (const name of ['x.part', 'x.csv.tmp', '~$x.xlsx', '.~lock.x.csv#', '.hidden.csv'])
    put(`data/raw/${name}`);
  for (const name of ['notes.pdf', 'old_a.csv', 'a.csv']) put(`data/raw/${name}`);
  const listing = await list({ ignore: ['old_*'] });
  expect(listing.files.map((file) => file.path)).toEqual(['data/raw/a.csv']);
  expect(listing.skipped).toEqual([
    { path: 'data/raw/notes.pdf', why: 'other_extension' },
    { path: 'data/raw/old_a.csv', why: 'ignored' },
  ]);
});

test('row 36: a link, a pipe, a device and a folder named like data are refused and not opened', async () => {
  writeFileSync(join(project, 'outside.csv'), 'a\n1\n');
  mkdirSync(join(project, 'outside'));
  put('outside/in.csv');
  symlinkSync(join(project, 'outside.csv'), join(project, 'data/raw/link.csv'));
  symlinkSync(join(project, 'outside'), join(project, 'data/raw/linked'));
  symlinkSync('/dev/zero', join(project, 'data/raw/zero.csv'));
  execFileSync('mkfifo', [join(project, 'data/raw/pipe.csv')]);
  mkdirSync(join(project, 'data/raw/x.csv'));
  put('data/raw/x.csv/in.csv');
  const listing = await list();
  expect(listing.files).toEqual([]);
  expect(listing.unsafe).toEqual([
    { path: 'data/raw/link.csv', what: 'link' },
    { path: 'data/raw/linked', what: 'link' },
    { path: 'data/raw/pipe.csv', what: 'special' },
    { path: 'data/raw/x.csv', what: 'folder' },
    { path: 'data/raw/zero.csv', what: 'link' },
  ]);
});

test('row 53: names with a newline, a quote, a semicolon and 255 bytes are listed as they are', async () => {
  const names = ['a\nb.csv', 'a"b\'.csv', 'a;b.csv', `${'x'.repeat(251)}.csv`];
  for (const name of names) put(`data/raw/${name}`);
  const { files } = await list();
  expect(files.map((file) => file.path)).toEqual(names.map((name) => `data/raw/${name}`));
});

test('patterns choose files below the project, and a missing folder is an empty list', async () => {
  for (const name of ['Students_1.csv', 'Att.csv']) put(`data/raw/${name}`);
  expect((await list({ patterns: ['data/raw/Students*.csv'] })).files.map((f) => f.path)).toEqual([
    'data/raw/Students_1.csv',
  ]);
  expect((await list({ patterns: ['elsewhere'] })).files).toEqual([]);
});
