import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const here = join(root, 'test', 'fault');

const stampOf = (folder: string): string =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mtimeMs, size } = statSync(path);
      return `${path} ${mtimeMs} ${size}`;
    })
    .sort()
    .join('\n');

const feeds = ['students', 'attendance', 'assessments'];

/**
 * The models that the children build: dims, facts, days and one mart. What a fault does to one relation it does to any, and
 * every call that touches the disk is a case: more of the same would only be slower.
 */
const builtModels = [
  'silver/dim_student_history',
  'silver/dim_student',
  'silver/dim_date',
  'silver/student_spell',
  'silver/student_enrollment',
  'silver/fact_attendance',
  'silver/fact_assessments',
  'silver/student_day',
  'silver/student_day_resolved',
  'silver/student_day_unmarked',
  'gold/class_daily_performance',
].map((name) => `models/${name}`);

/** What the models compile to, as an installed program has it: a run over nothing notes it. */
const rememberModels = (target: string): void => {
  const project = mkdtempSync(join(tmpdir(), 'schoolhouse-fault-'));
  try {
    mkdirSync(join(project, 'data', 'raw'), { recursive: true });
    const child = join(target, 'test', 'fault', 'child.js');
    const args = [child, 'run', '--quiet', '--project-dir', project];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the models were not compiled (exit ${status}):\n${stderr}`);
    mkdirSync(join(target, 'dist'), { recursive: true });
    cpSync(join(project, 'data', 'models.json'), join(target, 'dist', 'models.json'));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
};

const compile = (target: string): void => {
  const entries = ['child', 'reader-child'].map(
    (name) => `test/fault/${name}=${join(here, `${name}.ts`)}`,
  );
  const bundler = join(root, 'scripts', 'bundle.js');
  const { stderr, status } = spawnSync(process.execPath, [bundler, target, ...entries], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the children were not built (exit ${status}):\n${stderr}`);
  // Copies: a file that changes while a suite runs would change the world under it.
  cpSync(join(root, 'package.json'), join(target, 'package.json'));
  const models = [
    'models/reference',
    ...builtModels.flatMap((name) => [`${name}.sql`, `${name}.yml`]),
  ];
  const contracts = feeds.map((feed) => `contracts/${feed}.odcs.yaml`);
  for (const name of [...models, ...contracts])
    cpSync(join(root, name), join(target, name), { recursive: true });
  rememberModels(target);
  writeFileSync(join(target, 'built'), '');
};

/** Builds of other sources that nobody has used for a day. */
const sweepOld = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > 86_400_000)
      rmSync(path, { recursive: true, force: true });
  }
};

let built: string | undefined;

const build = (): string => {
  const given = process.env.FAULT_DIST;
  const stamp = createHash('sha256')
    .update(['src', 'contracts', 'models'].map((name) => stampOf(join(root, name))).join('\n'))
    .update(stampOf(here))
    .digest('hex');
  const target = given ?? join(root, '.cache', 'fault-dist', stamp.slice(0, 16));
  if (!existsSync(join(target, 'built'))) {
    // Test files run side by side: each compiles into a folder of its own, the first rename wins.
    const draft = `${target}.${process.pid}`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    sweepOld(dirname(target));
    compile(draft);
    try {
      renameSync(draft, target);
    } catch {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  return target;
};

/**
 * The program and the harness's children, compiled once for each state of the sources (processes that are
 * killed must be plain Node). Returns the path of a child. FAULT_DIST: a build to use as it is.
 */
export const childPath = (name: 'child' | 'reader-child' = 'child'): string => {
  built ??= build();
  return join(built, 'test', 'fault', `${name}.js`);
};

/** The folder of that build, as an installed package: contracts and models lie in it. */
export const packageFolder = (): string => dirname(dirname(dirname(childPath())));
