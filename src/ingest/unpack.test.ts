import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeEffects } from '../base/index.ts';
import { unpackFile } from './unpack.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unpack-'));
  mkdirSync(join(folder, 'tmp'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const unpack = async (name: string, bytes: Uint8Array) => {
  const absolutePath = join(folder, name);
  writeFileSync(absolutePath, bytes);
  const format = name.endsWith('.zip') ? 'zip' : 'csv';
  return unpackFile(
    { path: name, absolutePath, sizeBytes: bytes.length, format, isGzip: name.endsWith('.gz') },
    join(folder, 'tmp'),
    await nodeEffects(),
  );
};

const texts = async (name: string, bytes: Uint8Array) => {
  const unpacked = await unpack(name, bytes);
  if (unpacked.kind !== 'texts') throw new Error(unpacked.detail);
  return unpacked.texts.map((text) => [
    text.path,
    text.format,
    readFileSync(text.absolutePath, 'utf8'),
  ]);
};

type ZipEntry = {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly mode?: number;
  readonly crc?: number;
  readonly flags?: number;
};

/** A zip file, byte for byte after its specification, so that wrong ones can be made. */
const zip = (entries: readonly ZipEntry[]): Buffer => {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, body, mode = 0o100644, crc, flags = 0x800 } of entries) {
    const plain = Buffer.from(body);
    const packed = deflateRawSync(plain);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc ?? crc32(plain), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(plain.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), fields, tail, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
};

const refusal = async (name: string, bytes: Uint8Array): Promise<string> => {
  const unpacked = await unpack(name, bytes);
  if (unpacked.kind !== 'set_aside') throw new Error('it was unpacked');
  return `${unpacked.reason}: ${unpacked.detail}`;
};

test('gzip gives its text, several members too', async () => {
  const bytes = Buffer.concat([gzipSync('a\n1\n'), gzipSync('2\n')]);
  expect(await texts('x.csv.gz', bytes)).toEqual([['x.csv.gz', 'csv', 'a\n1\n2\n']]);
});

test('a zip gives each data file in it, by name; others are told, temporary names are not', async () => {
  const bytes = zip([
    { name: 'b/two.json', body: '[]' },
    { name: 'one.csv', body: 'a\n1\n' },
    { name: 'b/', body: '', mode: 0o040755 },
    { name: '__MACOSX/._one.csv', body: 'x' },
    { name: '.DS_Store', body: 'x' },
    { name: 'read.me', body: 'x' },
  ]);
  expect(await texts('x.zip', bytes)).toEqual([
    ['x.zip/b/two.json', 'json', '[]'],
    ['x.zip/one.csv', 'csv', 'a\n1\n'],
  ]);
  const unpacked = await unpack('x.zip', bytes);
  expect(unpacked.kind === 'texts' && unpacked.warnings.map((w) => w.code)).toEqual([
    'other_extension',
  ]);
});

test('a zip without a data file is file_empty', async () => {
  expect(await refusal('x.zip', zip([{ name: 'a.txt.bak', body: 'x' }]))).toContain('file_empty');
});

test('row 34: a bomb is stopped at 200:1, in gzip and in zip, long before it is written', async () => {
  const zeros = Buffer.alloc(64 << 20);
  expect(await refusal('x.csv.gz', gzipSync(zeros))).toContain('200 times');
  expect(await refusal('x.zip', zip([{ name: 'a.csv', body: zeros }]))).toContain('200 times');
  const written = readdirSync(join(folder, 'tmp')).map(
    (name) => readFileSync(join(folder, 'tmp', name)).length,
  );
  expect(Math.max(...written)).toBeLessThan(16 << 20);
});

test('row 34: text that packs well, but not like a bomb, passes', async () => {
  const lines = Array.from({ length: 60_000 }, (_, k) => `student-${k},2025-09-01,present`);
  expect((await unpack('x.csv.gz', gzipSync(lines.join('\n')))).kind).toBe('texts');
});

test('row 34: an archive in an archive is refused by name and by content', async () => {
  const inner = zip([{ name: 'a.csv', body: 'a\n1\n' }]);
  for (const bytes of [
    zip([{ name: 'inner.zip', body: inner }]),
    zip([{ name: 'a.csv.gz', body: gzipSync('a') }]),
    zip([{ name: 'a.csv', body: inner }]),
  ])
    expect(await refusal('x.zip', bytes)).toContain('archive in an archive');
  expect(await refusal('x.csv.gz', gzipSync(gzipSync('a')))).toContain('archive in an archive');
});

test('row 34: cut and altered archives are refused', async () => {
  const body = Array.from({ length: 5000 }, (_, k) => `${k * 7919}`).join('\n');
  const packed = gzipSync(body);
  expect(await refusal('x.csv.gz', packed.subarray(0, -20))).toContain('cut or altered');
  const wrong = Buffer.from(packed);
  wrong.writeUInt32LE(1, packed.length - 8);
  expect(await refusal('x.csv.gz', wrong)).toContain('cut or altered');
  expect(await refusal('x.csv.gz', Buffer.from('a\n1\n'))).toContain('cut or altered');
  const whole = zip([{ name: 'a.csv', body }]);
  expect(await refusal('x.zip', whole.subarray(0, -30))).toContain('file_unsafe');
  expect(await refusal('x.zip', zip([{ name: 'a.csv', body, crc: 1 }]))).toContain('checksum');
  const holed = Buffer.from(whole).fill(0xff, 100, 400);
  expect(await refusal('x.zip', holed)).toContain('file_unsafe');
});

test('row 35: entries that lead out, links, twins, encrypted ones and 10,001 entries are refused', async () => {
  const body = 'a\n1\n';
  for (const name of ['../x.csv', 'a/../../x.csv', '/x.csv', 'C:\\x.csv', 'C:/x.csv'])
    expect(await refusal('x.zip', zip([{ name, body }]))).toContain('leads out');
  const link = { name: 'x.csv', body: '/etc/passwd', mode: 0o120777 };
  expect(await refusal('x.zip', zip([link]))).toContain('link');
  const twin = { name: 'x.csv', body };
  expect(await refusal('x.zip', zip([twin, twin]))).toContain('one name');
  expect(await refusal('x.zip', zip([{ ...twin, flags: 0x801 }]))).toContain('encrypted');
  const many = Array.from({ length: 10_001 }, (_, k) => ({ name: `${k}.csv`, body: '' }));
  expect(await refusal('x.zip', zip(many))).toContain('10,000 entries');
  expect(readdirSync(folder).sort()).toEqual(['tmp', 'x.zip']);
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
});
