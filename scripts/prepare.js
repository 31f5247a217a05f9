// Installs what is missing and builds when sources are newer than the build, so that any npm script can be the first command typed.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `Schoolhouse needs Node 20.19 or newer; this is ${process.versions.node}.\n`,
  );
  process.exit(2);
}

const newest = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((latest, entry) => {
    const path = join(folder, entry.name);
    // A folder is as new as the last file that came or went.
    return Math.max(latest, statSync(path).mtimeMs, entry.isDirectory() ? newest(path) : 0);
  }, 0);

export const prepare = () => {
  const marker = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (!existsSync(marker) || statSync(marker).mtimeMs < statSync(lock).mtimeMs) {
    process.stderr.write('installing dependencies (npm ci) …\n');
    execFileSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  const sources = ['src', 'models', 'contracts'].map((name) => newest(join(root, name)));
  const tools = [lock, ...['build.js', 'bundle.js'].map((name) => join(root, 'scripts', name))];
  const changed = Math.max(...sources, ...tools.map((path) => statSync(path).mtimeMs));
  const built = join(root, 'dist', '.built');
  if (!existsSync(built) || statSync(built).mtimeMs <= changed) {
    process.stderr.write('building …\n');
    execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }
  return root;
};

/** Before any test: those in a process find what the built-in models compile to in the build. */
export const setup = () => void prepare();

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
