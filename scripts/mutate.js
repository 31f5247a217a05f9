// npm run mutate [-- part of a guard's sentence]: takes away one guard after the other (test/mutation/mutants.json) in a copy of
// the project and runs the tests that watch it. Each must be red; exits 1 when one stays green, or its guard is not found.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './prepare.js';

const root = prepare();
const copy = join(root, '.cache', 'mutate');
const copied = ['bin', 'contracts', 'dist', 'docs', 'examples', 'models', 'scripts', 'src', 'test'];
// Without package-lock.json: nothing is installed or built in the copy, whose node_modules are ours.
const files = ['package.json', 'tsconfig.json', 'vitest.config.ts'];

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
for (const name of [...copied, ...files])
  cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
// What models compiled to must not hide a changed compiler.
rmSync(join(copy, 'dist', 'models.json'));

/** How many tests failed and how many ran. */
const runTests = ({ project, test, named }) => {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const filter = named === '' ? [] : ['-t', named];
  const args = [
    'run',
    '--project',
    project,
    test,
    ...filter,
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  const { stderr } = spawnSync(join(root, 'node_modules', '.bin', 'vitest'), args, {
    cwd: copy,
    encoding: 'utf8',
  });
  try {
    const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { failed: numFailedTests, ran: numFailedTests + numPassedTests };
  } catch {
    throw new Error(`${test} gave no report\n${(stderr ?? '').slice(-2000)}`);
  }
};

const [wanted = ''] = process.argv.slice(2);
const mutants = JSON.parse(readFileSync(join(root, 'test', 'mutation', 'mutants.json'), 'utf8'));
let green = 0;
for (const mutant of mutants.filter(({ guard }) => guard.includes(wanted))) {
  const path = join(copy, mutant.file);
  const text = readFileSync(path, 'utf8');
  const isThere = text.includes(mutant.find);
  let said = `its guard does not stand in ${mutant.file}`;
  let isRed = false;
  if (isThere) {
    writeFileSync(
      path,
      text.replace(mutant.find, () => mutant.replace),
    );
    const { failed, ran } = runTests(mutant);
    writeFileSync(path, text);
    isRed = failed > 0;
    said = `${failed} of ${ran} tests red (${mutant.test})`;
  }
  if (!isRed) green += 1;
  process.stdout.write(`${isRed ? 'red   ' : 'GREEN '} ${mutant.guard} ${said}\n`);
}
rmSync(copy, { recursive: true, force: true });
process.exit(green === 0 ? 0 : 1);
