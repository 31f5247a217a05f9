import { join } from 'node:path';
import { z } from 'zod';
import type { Effects } from '../base/index.ts';

const entryShape = z.object({
  at: z.iso.datetime(),
  user: z.string(),
  command: z.string(),
  action: z.string(),
  record_ids: z.array(z.string()),
});

/** Who looked at which refused records, or at what else holds values. One line of `data/access.jsonl`. */
export type AccessEntry = Readonly<z.infer<typeof entryShape>>;

const logPath = (dataFolder: string): string => join(dataFolder, 'access.jsonl');

/** Notes that values are about to be shown. They may be printed only once this has returned. */
export const noteAccess = async (
  dataFolder: string,
  entry: { readonly command: string; readonly recordIds: readonly string[] },
  effects: Effects,
): Promise<void> => {
  const { command, recordIds } = entry;
  const line: AccessEntry = {
    at: effects.now().toISOString(),
    user: effects.process.user,
    command,
    action: 'view',
    record_ids: [...recordIds],
  };
  const file = await effects.fs.open(logPath(dataFolder), 'append');
  try {
    await file.write(`${JSON.stringify(line)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
};

const readEntry = (line: string): AccessEntry | undefined => {
  try {
    const parsed = entryShape.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};

/** The entries after the first `known` lines, with their line numbers from 1. A line cut by a crash is left out. */
export const readAccess = async (
  dataFolder: string,
  { known }: { readonly known: number },
  effects: Pick<Effects, 'fs'>,
): Promise<readonly (AccessEntry & { readonly line: number })[]> => {
  const path = logPath(dataFolder);
  if ((await effects.fs.stat(path))?.kind !== 'file') return [];
  const lines = (await effects.fs.readText(path)).split('\n');
  return lines.slice(known).flatMap((text, index) => {
    const entry = readEntry(text);
    return entry === undefined ? [] : [{ ...entry, line: known + index + 1 }];
  });
};
