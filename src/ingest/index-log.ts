import { join } from 'node:path';
import { z } from 'zod';
import { type Effects, localDate, pipelineError } from '../base/index.ts';
import { ingestErrors } from './errors.ts';
import { onDisk } from './scan-file-disk.ts';

const receiptShape = z.strictObject({
  /** Order of receipt, from 1. */
  seq: z.int().positive(),
  run: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  path: z.string(),
  source: z.string(),
  size: z.int().nonnegative(),
  mtime: z.string(),
  received_at: z.string(),
  received_on: z.string(),
  batch_date: z.string().nullable(),
  action: z.enum(['received', 'discarded', 'erased']),
  /** The one record that was discarded. */
  row: z.int().positive().optional(),
  /** The object that took the place of an erased one. */
  new_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  because: z.string().optional(),
  by: z.string().optional(),
});

/** One line of `data/archive/index.jsonl`. */
export type Receipt = z.infer<typeof receiptShape>;

/** A receipt before the log gives it its number and time. */
export type NewReceipt = Omit<Receipt, 'seq' | 'received_at' | 'received_on'>;

export type ReceiptLog = {
  /** All receipts so far, in order of `seq`. */
  readonly receipts: () => readonly Receipt[];
  /** The newest received version of each path; its hash is that of the object that stands for it now. */
  readonly current: () => ReadonlyMap<string, Receipt>;
  /** The highest run number of any receipt, 0 without one. */
  readonly lastRun: () => number;
  /**
   * Appends receipts in one fsynced write. `received_on` never goes back: when the clock does, `isClockBehind` is true
   * (warning `clock_behind`) and the last receipt's date is kept.
   */
  readonly append: (
    entries: readonly NewReceipt[],
  ) => Promise<{ readonly receipts: readonly Receipt[]; readonly isClockBehind: boolean }>;
};

const readLine = (line: string): Receipt | undefined => {
  try {
    const parsed = receiptShape.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};

const hint = 'Restore data/archive from its backup; nothing was changed.';

/** Reads the log; a last line that a crash cut short is no receipt. */
const readReceipts = (text: string): { receipts: Receipt[]; isTorn: boolean } => {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const receipts = lines.map((line, index) => {
    const receipt = readLine(line);
    // A line that went missing is told by the number of the next one.
    if (receipt?.seq !== index + 1)
      throw pipelineError(ingestErrors, 'ingest.index-damaged', { line: index + 1 }, { hint });
    return receipt;
  });
  const cut = last === '' ? undefined : readLine(last);
  if (cut !== undefined) receipts.push(cut); // only its line feed is missing
  return { receipts, isTorn: last !== '' };
};

const serialize = (receipts: readonly Receipt[]): string =>
  receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join('');

const currentVersions = (receipts: readonly Receipt[]): ReadonlyMap<string, Receipt> => {
  const replaced = new Map<string, string>();
  for (const { action, sha256, new_sha256 } of receipts)
    if (action === 'erased' && new_sha256 !== undefined) replaced.set(sha256, new_sha256);
  const standing = (sha256: string): string => {
    let found = sha256;
    // An object may be erased from more than once; a cycle cannot be, but a damaged log must not hang.
    for (let steps = 0; steps <= replaced.size; steps += 1) found = replaced.get(found) ?? found;
    return found;
  };
  const versions = new Map<string, Receipt>();
  for (const receipt of receipts)
    if (receipt.action === 'received') versions.set(receipt.path, receipt);
  if (replaced.size === 0) return versions;
  return new Map(
    [...versions].map(([path, receipt]) => [
      path,
      { ...receipt, sha256: standing(receipt.sha256) },
    ]),
  );
};

/**
 * Opens `index.jsonl` of the archive, the order of all receipts. A torn last line is left out, and repaired by the next append.
 * A damaged line before it is an error. One writer at a time: the caller holds the project's lock.
 */
export const openReceiptLog = async (
  archiveFolder: string,
  timeZone: string,
  effects: Pick<Effects, 'fs' | 'now' | 'newId'>,
): Promise<ReceiptLog> => {
  const path = join(archiveFolder, 'index.jsonl');
  const isThere = (await effects.fs.stat(path)) !== undefined;
  const read = readReceipts(isThere ? await effects.fs.readText(path) : '');
  const { receipts } = read;
  let isTorn = read.isTorn;
  let isNew = !isThere;

  const repair = async (): Promise<void> => {
    const draft = join(archiveFolder, `${effects.newId()}.draft`);
    await effects.fs.writeText(draft, serialize(receipts));
    await effects.fs.rename(draft, path);
    await effects.fs.syncFolder(archiveFolder);
    isTorn = false;
  };

  const write = async (text: string): Promise<void> => {
    const file = await effects.fs.open(path, 'append');
    // Until all of it is on disk, what lies there may be torn.
    isTorn = true;
    try {
      await file.write(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isNew) await effects.fs.syncFolder(archiveFolder);
    isTorn = false;
    isNew = false;
  };

  const append: ReceiptLog['append'] = async (entries) => {
    const now = effects.now();
    const today = localDate(now, timeZone);
    const lastDay = receipts.at(-1)?.received_on ?? today;
    const isClockBehind = today < lastDay;
    const first = (receipts.at(-1)?.seq ?? 0) + 1;
    const added = entries.map(
      (entry, index): Receipt => ({
        ...entry,
        seq: first + index,
        received_at: now.toISOString(),
        received_on: isClockBehind ? lastDay : today,
      }),
    );
    if (added.length === 0) return { receipts: added, isClockBehind: false };
    await onDisk('write the index of the archive', path, effects, async () => {
      await effects.fs.makeFolder(archiveFolder);
      if (isTorn) await repair();
      await write(serialize(added));
    });
    receipts.push(...added);
    return { receipts: added, isClockBehind };
  };

  return {
    receipts: () => receipts,
    current: () => currentVersions(receipts),
    lastRun: () => receipts.reduce((last, receipt) => Math.max(last, receipt.run), 0),
    append,
  };
};
