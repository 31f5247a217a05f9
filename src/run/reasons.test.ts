import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rowReason } from './reasons.ts';

const root = join(import.meta.dirname, '..', '..');

const textOf = (folder: string, isIn: (path: string) => boolean): string =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(isIn)
    .map((path) => readFileSync(join(root, folder, path), 'utf8'))
    .join('\n');

/** What can make a code; generated faults and the sentences about codes cannot. */
const program = textOf(
  'src',
  (path) => path.endsWith('.ts') && !/\.test\.ts$|toy-|^generate|reasons\.ts$/.test(path),
);
const contracts = textOf('contracts', (path) => path.endsWith('.yaml'));

const isMade = (code: string): boolean =>
  program.includes(`'${code}'`) || new RegExp(`\\b${code}\\b`).test(contracts);

const sentences = readFileSync(join(import.meta.dirname, 'reasons.ts'), 'utf8');
const explained = [...sentences.matchAll(/^ {2}([a-z]+(?:_[a-z]+)*): \{/gm)].map(
  ([, code = '']) => code,
);

it('every reason that is explained is one that the program or a contract gives', () => {
  expect(explained).toContain('orphan');
  expect(explained).toContain('file_gone');
  expect(explained.filter((code) => !isMade(code))).toEqual([]);
});

it('a rule of a contract that has no sentence of its own is told by its name', () => {
  const place = { feed: 'attendance', column: 'minutes' };
  expect(rowReason('minutes_of_a_lesson', place).is).toBe(
    'The rule minutes_of_a_lesson of the contract refused it.',
  );
  expect(rowReason('date_invalid', place).toDo).toContain(
    'feeds: { attendance: { columns: { minutes: { format: dd/MM/yyyy } } } }',
  );
});
