// npm run check: everything that must hold before a commit, cheap first; stops at the first failure.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare } from './prepare.js';

const root = prepare();
const bin = (name) => join(root, 'node_modules', '.bin', name);
const steps = [
  ['biome', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['architecture', bin('vitest'), ['run', '--project', 'architecture']],
  ['dead code', bin('knip'), []],
  [
    'tests',
    bin('vitest'),
    [
      'run',
      '--project',
      'unit',
      '--project',
      'models',
      '--project',
      'golden',
      '--project',
      'property',
      '--project',
      'corpus',
      '--project',
      'privacy',
      '--project',
      'pack',
    ],
  ],
];
const only = process.argv.slice(2);
for (const [name, command, args] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const started = Date.now();
  process.stdout.write(`— ${name}\n`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) {
    process.stdout.write(`— ${name}: failed\n`);
    process.exit(status ?? 1);
  }
  process.stdout.write(`— ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}
