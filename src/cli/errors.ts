import { usage } from '../base/index.ts';

export const cliErrors = {
  'cli.wrong-flag': usage((f: { flag: string; expected: string }) => `${f.flag} takes ${f.expected}.`),
  'cli.missing': usage((f: { what: string }) => `${f.what} is missing.`),
  'cli.problems': usage((f: { count: number }) => `${f.count} problems in the project's files.`),
  'cli.folder-used': usage((f: { folder: string }) => `${f.folder} exists and is not a generated project.`),
} as const;
