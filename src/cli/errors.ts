import { data, usage } from '../base/index.ts';

export const cliErrors = {
  'cli.wrong-flag': usage(
    (f: { flag: string; expected: string }) => `${f.flag} takes ${f.expected}.`,
  ),
  'cli.missing': usage((f: { what: string }) => `${f.what} is missing.`),
  'cli.folder-used': usage(
    (f: { folder: string }) => `${f.folder} exists and is not a generated project.`,
  ),
  'cli.school-exists': usage(
    (f: { folder: string }) => `A school was generated in ${f.folder} already.`,
  ),
  'cli.unreadable': data(
    (f: { reason: string; detail: string }) => `It cannot be read (${f.reason}). ${f.detail}`,
  ),
} as const;
