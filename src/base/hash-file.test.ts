import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { OpenFile } from './effects.ts';
import { hashFile } from './hash-file.ts';
import { nodeEffects } from './node-effects.ts';

/** The disk with one file on it, of which no read gives more than `most` bytes. */
const diskOf = async (bytes: Uint8Array, most: number) => {
  const { fs } = await nodeEffects();
  let isOpen = true;
  const file: OpenFile = {
    read: async (buffer, position) => {
      const given = bytes.subarray(position, position + Math.min(buffer.length, most));
      buffer.set(given);
      return given.length;
    },
    write: async () => undefined,
    sync: async () => undefined,
    close: async () => {
      isOpen = false;
    },
  };
  return { fs: { ...fs, open: async () => file }, isOpen: () => isOpen };
};

it('a file has the hash of all its bytes in order, however few a read gives', async () => {
  const bytes = Uint8Array.from({ length: 3_000_001 }, (_, at) => (at * 7 + (at >> 8)) % 251);
  const expected = createHash('sha256').update(bytes).digest('hex');
  for (const most of [999_983, 1 << 20, 1 << 22]) {
    const disk = await diskOf(bytes, most);
    expect(await hashFile('x', disk)).toBe(expected);
    expect(disk.isOpen()).toBe(false);
  }
});

it('a file without bytes has the hash of nothing', async () => {
  const disk = await diskOf(new Uint8Array(0), 1);
  expect(await hashFile('x', disk)).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});
