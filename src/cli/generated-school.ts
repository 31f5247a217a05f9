import { basename, join } from 'node:path';
import { z } from 'zod';
import { type Effects, PipelineError, pipelineError } from '../base/index.ts';
import { type GeneratedSchool, generateSchool, type SchoolOptions } from '../generate/index.ts';
import { cliErrors } from './errors.ts';

/** The note beside data/: what was generated, and every planted row with its file, line and reason. */
export const noteName = 'generated.json';

const count = z.number().int().min(0);
const counts = {
  read: count,
  loaded: count,
  duplicate: count,
  superseded: count,
  blank: count,
  quarantined: count,
  reasons: z.record(z.string(), count),
};

const note = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('started'), options: z.record(z.string(), z.unknown()) }),
  z.strictObject({
    state: z.literal('made'),
    options: z.record(z.string(), z.unknown()),
    files: z.array(z.strictObject({ path: z.string(), feed: z.string(), ...counts })),
    totals: z.strictObject(counts),
    planted: z.array(
      z.strictObject({
        file: z.string(),
        line: count,
        row: count,
        code: z.string(),
        column: z.string().nullable(),
      }),
    ),
  }),
]);

type Note = Readonly<z.infer<typeof note>>;

/** What `generated.json` tells of a school that was written whole. */
export type SchoolNote = Extract<Note, { state: 'made' }>;

export type SchoolSizes = Omit<SchoolOptions, 'folder'>;

/** The drop zone of a project folder. */
export const rawFolder = (folder: string): string => join(folder, 'data', 'raw');

/** Reads the note of a folder; undefined when there is none. Throws `cli.folder-used` when it is not ours. */
export const readNote = async (
  folder: string,
  effects: Pick<Effects, 'fs'>,
): Promise<Note | undefined> => {
  const path = join(folder, noteName);
  if ((await effects.fs.stat(path)) === undefined) return undefined;
  try {
    return note.parse(JSON.parse(await effects.fs.readText(path)));
  } catch (cause) {
    throw pipelineError(cliErrors, 'cli.folder-used', { folder }, { place: { file: path }, cause });
  }
};

const written = (school: GeneratedSchool, options: SchoolSizes): SchoolNote => ({
  state: 'made',
  options: { ...options },
  files: school.files.map((file) => ({
    ...file,
    path: basename(file.path),
    reasons: { ...file.reasons },
  })),
  totals: { ...school.totals, reasons: { ...school.totals.reasons } },
  planted: school.planted.map((row) => ({ ...row, file: basename(row.file) })),
});

/** Names that the generator gives its files. */
const isOwnName = (name: string): boolean =>
  /^(students\.csv|attendance(_\d{8})?\.csv|assessments\.json)(\.|$)/.test(name);

/** Removes what an interrupted generation left in `data/raw`; only under a note that says so. */
export const clearStarted = async (folder: string, effects: Pick<Effects, 'fs'>): Promise<void> => {
  for (const name of await effects.fs.list(rawFolder(folder))) {
    if (isOwnName(name)) await effects.fs.unlink(join(rawFolder(folder), name));
  }
};

/**
 * Writes a school into `data/raw` of a folder, and the note beside it. The note is begun first, so that a
 * school whose making was interrupted is known. Throws `generate.file-exists` before anything is written.
 */
export const makeSchool = async (
  folder: string,
  options: SchoolSizes,
  effects: Pick<Effects, 'fs'>,
): Promise<SchoolNote> => {
  const path = join(folder, noteName);
  const write = (told: Note): Promise<void> =>
    effects.fs.writeText(path, `${JSON.stringify(told, null, 1)}\n`, { replace: true });
  const made = await effects.fs.makeFolder(folder);
  await write({ state: 'started', options: { ...options } });
  try {
    const school = await generateSchool({ ...options, folder: rawFolder(folder) }, effects);
    const told = written(school, options);
    await write(told);
    return told;
  } catch (error) {
    // A usage error comes before the first file: nothing is to be told of, and nothing to be left.
    if (error instanceof PipelineError && error.kind === 'usage') {
      await effects.fs.unlink(path);
      if (made !== undefined) await effects.fs.removeTree(made);
    }
    throw error;
  }
};
