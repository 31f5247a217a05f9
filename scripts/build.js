// npm run build: bundles the program into dist/, with what the built-in models compile to.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from './bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Compiles the built-in models by a run over nothing with the program that was just built; a user's first run finds them ready. */
const compileModels = async (target) => {
  const project = mkdtempSync(join(tmpdir(), 'schoolhouse-build-'));
  try {
    mkdirSync(join(project, 'data', 'raw'), { recursive: true });
    const { main } = await import(pathToFileURL(join(target, 'cli', 'main.js')).href);
    await main(['node', 'schoolhouse', 'run', '--quiet', '--project-dir', project]);
    const compiled = join(project, 'data', 'models.json');
    if (!existsSync(compiled)) throw new Error('the built-in models did not compile');
    cpSync(compiled, join(target, 'models.json'));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
};

/** Builds the program into `target`: a folder beside package.json, contracts/ and models/. */
export const build = async (target) => {
  rmSync(target, { recursive: true, force: true });
  await bundle(target, {
    'cli/main': join(root, 'src/cli/main.ts'),
    'cli/reference-pages': join(root, 'src/cli/reference-pages.ts'),
  });
  await compileModels(target);
  writeFileSync(join(target, '.built'), '');
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  await build(resolve(process.argv[2] ?? join(root, 'dist')));
