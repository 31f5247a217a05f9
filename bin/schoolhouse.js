#!/usr/bin/env node
process.umask(0o077);
const [first] = process.argv.slice(2);
if (first === '--version' || first === '-V') {
  const { createRequire } = await import('node:module');
  const { version } = createRequire(import.meta.url)('../package.json');
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import('../dist/cli/main.js');
  await main(process.argv);
}
