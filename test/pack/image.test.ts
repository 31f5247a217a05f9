import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const imageUser = 1000;

/** The image is rehearsed without a daemon: its files, its user, and a root that cannot be written. */
const canRehearse =
  process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'setpriv', '--version']).status === 0;

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

describe('the image', () => {
  it('runs as a user that is not root, and starts the program', () => {
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["schoolhouse"\]$/m);
    expect(dockerfile).toMatch(/^VOLUME \/project$/m);
  });

  it('copies only what exists', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, names = '']) => names.split(' '),
    );
    expect(copied.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });
});

describe.skipIf(!canRehearse)('its steps, on a root that cannot be written', () => {
  let folder: string;

  /** The files of the second stage: what the program needs, and nothing that only builds it. */
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'schoolhouse-image-'));
    chmodSync(folder, 0o755);
    const app = join(folder, 'app');
    mkdirSync(join(folder, 'project'));
    chownSync(join(folder, 'project'), imageUser, imageUser);
    for (const name of ['package.json', 'LICENSE', 'bin', 'contracts', 'models']) {
      cpSync(join(root, name), join(app, name), { recursive: true });
    }
    const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for (const path of listed.split('\n').filter((line) => line.includes('node_modules'))) {
      cpSync(path, join(app, relative(root, path)), { recursive: true });
    }
    execFileSync(process.execPath, [join(root, 'scripts/build.js'), join(app, 'dist')]);
    execFileSync('chmod', ['-R', 'a+rX', app]);
    chmodSync(join(app, 'bin/schoolhouse.js'), 0o755);
    symlinkSync(join(app, 'bin/schoolhouse.js'), join(app, 'schoolhouse'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The program as the image starts it; only the project can be written. */
  const start = (args: readonly string[]) => {
    const project = join(folder, 'project');
    const mounts = `mount --make-rprivate / && mount --bind ${project} ${project} && mount -o remount,bind,ro / && cd ${project}`;
    const identity = [
      '--reuid',
      String(imageUser),
      '--regid',
      String(imageUser),
      '--clear-groups',
      '--no-new-privs',
    ];
    const script = `${mounts} && exec setpriv ${identity.join(' ')} env -i PATH="$PATH" TZ=UTC NODE_ENV=production "$@"`;
    return spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', join(folder, 'app', 'schoolhouse'), ...args],
      { encoding: 'utf8' },
    );
  };

  it('cannot write outside the project', () => {
    const elsewhere = start(['generate', '../elsewhere', '--students', '5', '--days', '2']);
    expect(elsewhere.status).toBe(3);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  it('generates, runs and answers', () => {
    expect(start(['generate', '--students', '10', '--days', '3', '--defects', '0']).status).toBe(0);
    const run = start(['run', '--json']);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'ok', snapshot: 1 });
    const answer = start(['query', '--csv', 'select count(*) as students from dim_student']);
    expect([answer.status, answer.stdout]).toEqual([0, 'students\n10\n']);
  });
});
