import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Compiling all models takes longer than a small run. What a project remembered is given to the next one; the
// product compares its hash with the sources, so that a stale one is never used.
const shelf = fileURLToPath(new URL('../../.cache/schoolhouse-test/models.json', import.meta.url));
const place = (folder: string): string => join(folder, 'data/models.json');

let known = '';

/** Gives a new project the compiled models of an earlier one. */
export const lendModels = async (folder: string): Promise<void> => {
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  await copyFile(shelf, place(folder)).catch(() => undefined);
};

/** Keeps what a project's run compiled. */
export const keepModels = async (folder: string): Promise<void> => {
  const text = await readFile(place(folder), 'utf8').catch(() => '');
  if (text === '' || text === known) return;
  known = text;
  if (text === (await readFile(shelf, 'utf8').catch(() => ''))) return;
  await mkdir(dirname(shelf), { recursive: true });
  const draft = `${shelf}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, shelf);
};
