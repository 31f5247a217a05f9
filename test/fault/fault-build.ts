import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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
  for (const name of ['package.json', 'contracts', 'models', 'dist/models.json']) {
    cpSync(join(root, name), join(target, name), { recursive: true });
  }
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
