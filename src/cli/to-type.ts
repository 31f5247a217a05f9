import { isAbsolute, join } from 'node:path';
import type { OptionValues } from './command.ts';
import { printable } from './output.ts';

/** Commands that work on the project of `--project-dir`; the others are given a folder. */
export const projectCommands = [
  'check',
  'doctor',
  'explain',
  'plan',
  'quarantine',
  'query',
  'run',
  'status',
] as const;

const inHint = new RegExp(`\\bschoolhouse (?=(?:${projectCommands.join('|')})\\b)`, 'g');

const quoted = (path: string): string =>
  /^[\w./@+-]+$/.test(path) ? path : `'${printable(path).replaceAll("'", "'\\''")}'`;

/** How a project's folder is named from here: `--project-dir`, and below it a folder argument. Undefined when it is here. */
export const folderToType = (
  options: OptionValues,
  folder: string | undefined,
): string | undefined => {
  const base = typeof options.projectDir === 'string' ? options.projectDir : '.';
  const path = folder !== undefined && isAbsolute(folder) ? folder : join(base, folder ?? '.');
  return path === '.' || path === './' ? undefined : path;
};

/** Completes the commands in a hint with the project's folder, so that they can be typed as they stand. */
export const toType =
  (folder: string | undefined) =>
  (hint: string): string =>
    folder === undefined
      ? hint
      : hint.replaceAll(inHint, () => `schoolhouse --project-dir ${quoted(folder)} `);
