import { expect, it } from 'vitest';
import { commands } from './commands.ts';
import { folderToType, projectCommands, toType } from './to-type.ts';

it('a hint names the folder of the project, and quotes it where a shell would not take it', () => {
  const hint = '3 rows wait: schoolhouse quarantine list --run 4';
  expect(toType(undefined)(hint)).toBe(hint);
  expect(toType('my-school')(hint)).toBe(
    '3 rows wait: schoolhouse --project-dir my-school quarantine list --run 4',
  );
  expect(toType("Ann's school $1")('Look: schoolhouse query. Then: schoolhouse run')).toBe(
    "Look: schoolhouse --project-dir 'Ann'\\''s school $1' query. Then: schoolhouse --project-dir 'Ann'\\''s school $1' run",
  );
});

it('what is no command to type on a project stays', () => {
  for (const text of ['engine: schoolhouse with code', 'schoolhouse init <folder>', 'schoolhouse'])
    expect(toType('x')(text)).toBe(text);
});

it('a folder argument lies below --project-dir, and this folder needs no name', () => {
  expect(folderToType({ projectDir: '.' }, undefined)).toBeUndefined();
  expect(folderToType({}, '.')).toBeUndefined();
  expect(folderToType({ projectDir: 'a' }, undefined)).toBe('a');
  expect(folderToType({ projectDir: 'a' }, 'b')).toBe('a/b');
  expect(folderToType({ projectDir: 'a' }, '/b')).toBe('/b');
});

it('every command that is given no folder works on the project of --project-dir', () => {
  const without = commands.filter((command) => !command.args.some((a) => a.name === '[folder]'));
  expect(without.map((command) => command.name).sort()).toEqual([...projectCommands]);
});
