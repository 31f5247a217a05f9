// npm run docs: writes docs/commands.md and docs/configuration.md from the tables of the program.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './prepare.js';

const root = prepare();
const { referencePages } = await import('../dist/cli/reference-pages.js');
for (const { path, text } of referencePages()) {
  const file = join(root, path);
  const before = (() => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  })();
  if (before !== text) writeFileSync(file, text);
  process.stdout.write(`${before === text ? 'as it was' : 'written  '}  ${path}\n`);
}
