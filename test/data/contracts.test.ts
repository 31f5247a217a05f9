import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pythonPrograms } from '../kit/python.ts';
import { packageFolder } from '../kit/school-project.ts';

const folder = join(packageFolder, 'contracts');
const contracts = readdirSync(folder).filter((name) => name.endsWith('.odcs.yaml'));

describe('datacontract lint', () => {
  it('there are contracts', () => expect(contracts).not.toEqual([]));
  for (const name of contracts) {
    it(`accepts ${name}`, () => {
      const programs = pythonPrograms('contract', ['datacontract-cli==1.2.8']);
      const { status, stdout, stderr } = spawnSync(
        join(programs, 'datacontract'),
        ['lint', join(folder, name)],
        { encoding: 'utf8' },
      );
      expect(`${status} ${stdout}${stderr}`).toMatch(/^0 [\s\S]*Data contract is valid/);
    });
  }
});
