import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeProject, packageFolder } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

const readme = readFileSync(join(packageFolder, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```\n(.*?)^```$/gms)].map(([, text = '']) => text);
const [files = '', shown = ''] = blocks;

/** The two files that stand beside each other, the second from the column of its header on. */
const splitFiles = (text: string): readonly [students: string, attendance: string] => {
  const lines = text.trimEnd().split('\n');
  const at = lines[0]?.lastIndexOf('Student ID') ?? 0;
  const cut = (from: number, to?: number): string =>
    `${lines
      .map((line) => line.slice(from, to).trim())
      .filter((line) => line !== '')
      .join('\n')}\n`;
  return [cut(0, at), cut(at)];
};

/** What each command of the block is and prints; a command may go over several lines. */
const conversation = shown
  .split(/^\$ schoolhouse /m)
  .slice(1)
  .map((text) => {
    const isQuoted = text.includes('"');
    const end = isQuoted ? text.indexOf('"\n') + 1 : text.indexOf('\n');
    const [name = '', ...words] = text.slice(0, end).split(/\s(?=")/);
    const args = [name, ...words.map((word) => word.replaceAll('"', '').replaceAll(/\s+/g, ' '))];
    return { args, printed: text.slice(end + 1).trimEnd() };
  });

const withoutSeconds = (text: string): string => text.replaceAll(/\d+\.\d+ s\b/g, 'n s').trimEnd();

it('the first page of README shows two files, what a run prints of them and what a question answers', async () => {
  const [students, attendance] = splitFiles(files);
  expect(students.split('\n')).toHaveLength(4);
  expect(attendance.split('\n')).toHaveLength(5);
  await using project = await makeProject({
    'students.csv': students,
    'attendance.csv': attendance,
  });
  expect(conversation.map(({ args }) => args[0])).toEqual(['run', 'query']);
  for (const { args, printed } of conversation) {
    const said = await typeCommand(project, ...args);
    expect(said.code).toBe(0);
    const saidNow = args[0] === 'run' ? said.stderr : said.stdout;
    // What a terminal shows, without the place of the project, which only a test has to name.
    const text = saidNow.replaceAll(` --project-dir ${project.folder}`, '');
    expect(withoutSeconds(text)).toBe(withoutSeconds(printed));
  }
});
