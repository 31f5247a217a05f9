import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeEffects } from '../base/index.ts';
import type { CommandContext, OptionValues } from './command.ts';
import type { Output } from './output.ts';

/** A small school for tests of commands: three files with one bad row of several kinds. */
const files: Readonly<Record<string, string>> = {
  'data/raw/students.csv': `student_id,student_name,class_id,grade_level,updated_at
s1,Ann,C1,5,2025-01-01T00:00:00Z
s2,Bob,C1,5,2025-01-01T00:00:00Z
s3,Cid,C2,6,2025-01-01T00:00:00Z
`,
  'data/raw/attendance.csv': `attendance_id,student_id,attendance_date,status
a1,s1,2025-02-03,present
a2,s2,2025-02-03,absent
a3,s3,2025-02-03,zombie
a4,s9,2025-02-03,present
a5,s1,2025-02-30,present
a6,s3,2025-02-04,late
`,
  'data/raw/assessments.json': `[{"assessment_id":"t1","student_id":"s1","subject":"math","score":80,"max_score":100,"assessment_date":"2025-02-03"},
{"assessment_id":"t2","student_id":"s2","subject":"math","score":130,"max_score":100,"assessment_date":"2025-02-03"}]
`,
};

export type Told = { readonly code: number; readonly data: string; readonly talk: string };

export type ToyProject = {
  readonly folder: string;
  readonly write: (path: string, text: string) => Promise<void>;
  /** Runs a command as the command line does; an error is thrown. */
  readonly type: (
    command: string,
    args?: readonly string[],
    options?: OptionValues,
  ) => Promise<Told>;
  /** A project with the same files. */
  readonly copy: () => Promise<ToyProject>;
  /** Every file below the project with its bytes as text. */
  readonly tree: () => Promise<ReadonlyMap<string, string>>;
  readonly remove: () => Promise<void>;
};

const packageFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const loaders = {
  run: () => import('./commands/run.ts'),
  query: () => import('./commands/query.ts'),
  check: () => import('./commands/check.ts'),
  plan: () => import('./commands/plan.ts'),
  status: () => import('./commands/status.ts'),
  explain: () => import('./commands/explain.ts'),
  quarantine: () => import('./commands/quarantine.ts'),
} as const;

const isLoader = (command: string): command is keyof typeof loaders =>
  Object.hasOwn(loaders, command);

const collect = (json: boolean): { output: Output; data: string[]; talk: string[] } => {
  const data: string[] = [];
  const talk: string[] = [];
  const output: Output = {
    data: async (text) => {
      data.push(text);
    },
    talk: (text) => talk.push(text),
    alarm: (text) => talk.push(text),
    progress: () => undefined,
    json,
    isTerminal: false,
    style: (text) => text,
    toType: (hint) => hint,
  };
  return { output, data, talk };
};

const openProject = (folder: string): ToyProject => ({
  folder,
  write: async (path, text) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  },
  type: async (command, args = [], options = {}) => {
    if (!isLoader(command)) throw new Error(`no command ${command}`);
    const { output, data, talk } = collect(options.json === true);
    const { run } = await loaders[command]();
    const context: CommandContext = {
      ...{ args, options, output, projectFolder: folder, packageFolder, version: '0.0.0' },
      effects: await nodeEffects(),
      signal: new AbortController().signal,
    };
    const code = await run(context);
    return { code, data: data.join('\n'), talk: talk.join('\n') };
  },
  copy: async () => {
    const other = await mkdtemp(join(tmpdir(), 'schoolhouse-toy-'));
    await cp(folder, other, { recursive: true, preserveTimestamps: true });
    return openProject(other);
  },
  tree: async () => {
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const found = new Map<string, string>();
    for (const entry of names) {
      const path = join(entry.parentPath, entry.name);
      found.set(path, entry.isFile() ? await readFile(path, 'latin1') : 'folder');
    }
    return found;
  },
  remove: () => rm(folder, { recursive: true, force: true }),
});

/** Makes the toy project; nothing is run yet. */
export const makeToyProject = async (): Promise<ToyProject> => {
  const project = openProject(await mkdtemp(join(tmpdir(), 'schoolhouse-toy-')));
  for (const [path, text] of Object.entries(files)) await project.write(path, text);
  return project;
};
