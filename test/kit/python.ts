import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../.cache', import.meta.url));

/** Folder of the programs of a Python environment with these packages, made when missing. */
export const pythonPrograms = (name: string, packages: readonly string[]): string => {
  const folder = join(cache, `venv-${name}`);
  const marker = join(folder, `${packages.join(' ').replaceAll(/[^\w.= -]/g, '_')}.installed`);
  if (!existsSync(marker)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
    execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', ...packages], { stdio: 'pipe' });
    writeFileSync(marker, '');
  }
  return join(folder, 'bin');
};

/** Runs a Python script and gives what it printed; throws with its last words when it fails. */
export const runPython = (python: string, script: string, args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(python, [script, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr.slice(-3000)}`);
  return stdout;
};
