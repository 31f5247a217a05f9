import type { SetAside } from './scan.ts';

/** An archive may not grow beyond these: 200 times its size once it is over 1 MB, 4 GB, 10,000 entries. */
export const unpackLimits = {
  ratio: 200,
  ratioFromBytes: 1_000_000,
  bytes: 4 * 1024 ** 3,
  entries: 10_000,
} as const;

export const unsafe = (detail: string): SetAside => ({
  kind: 'set_aside',
  reason: 'file_unsafe',
  detail,
});

/** Says when unpacked bytes exceed a limit; `packed` is what they came from. */
export const findExcess = (unpacked: number, packed: number): SetAside | undefined => {
  if (unpacked > unpackLimits.bytes) return unsafe('It unpacks to more than 4 GB.');
  if (unpacked > unpackLimits.ratioFromBytes && unpacked > unpackLimits.ratio * packed)
    return unsafe('It unpacks to more than 200 times its size.');
  return undefined;
};

/** True when bytes begin as gzip or zip does: an archive inside an archive. */
export const isArchive = (head: Uint8Array): boolean =>
  (head[0] === 0x1f && head[1] === 0x8b) ||
  (head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04);
