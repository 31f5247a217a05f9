// npm run demo: installs what is missing, builds, and runs `schoolhouse demo`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare } from './prepare.js';

const root = prepare();
const { status } = spawnSync(
  process.execPath,
  [join(root, 'bin', 'schoolhouse.js'), 'demo', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
