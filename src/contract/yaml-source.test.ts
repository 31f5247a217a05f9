import { expect, test } from 'vitest';
import { readYaml, type YamlSource } from './yaml-source.ts';

const read = (text: string): YamlSource => {
  const source = readYaml('x.yaml', text);
  if (source.kind === 'problems') throw source.problems[0];
  return source.value;
};

test('every scalar stays the text that was written', () => {
  const { value } = read(`a: 007
b: [null, no, ~, '-']
c: { 1: present, true: x }
d: 1.50
`);
  expect(value).toEqual({
    a: '007',
    b: ['null', 'no', '~', '-'],
    c: { 1: 'present', true: 'x' },
    d: '1.50',
  });
});

test('a key without a value is as if not written, an empty file is empty', () => {
  expect(read('lake:\nname: x\n').value).toEqual({ name: 'x' });
  expect(read('').value).toEqual({});
});

test('places tell line and column of a value, of a key and of what stands above a missing one', () => {
  const { placeOf } = read('lake:\n  keep: 5\nignore:\n  - a\n  - b\n');
  expect(placeOf(['lake', 'keep'])).toEqual({ file: 'x.yaml', line: 2, column: 9 });
  expect(placeOf(['lake', 'keep'], 'key')).toEqual({ file: 'x.yaml', line: 2, column: 3 });
  expect(placeOf(['ignore', 1])).toEqual({ file: 'x.yaml', line: 5, column: 5 });
  expect(placeOf(['lake', 'missing'])).toEqual({ file: 'x.yaml', line: 2, column: 3 });
});

test('errors of syntax are told with their places, all of them', () => {
  const source = readYaml('x.yaml', 'a: 1\na: 2\nb: "\\q"\n');
  if (source.kind === 'ok') throw new Error('read');
  expect(source.problems.map((p) => [p.code, p.place?.line, p.place?.column])).toEqual([
    ['config.yaml', 2, 1],
    ['config.yaml', 3, 5],
  ]);
});

test('aliases that would fill the memory, unknown ones and circles are refused', () => {
  const bomb = Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`);
  bomb[0] = 'a0: &a0 [x,x,x,x,x,x,x,x,x]';
  expect(readYaml('x.yaml', bomb.join('\n')).kind).toBe('problems');
  expect(readYaml('x.yaml', 'a: *nobody\n').kind).toBe('problems');
  expect(readYaml('x.yaml', 'a: &a [*a]\n').kind).toBe('problems');
});

test('an alias is read where it stands', () => {
  expect(read('a: &x { k: 1 }\nb: *x\n').value).toEqual({ a: { k: '1' }, b: { k: '1' } });
});

test('a key named __proto__ is a key like another', () => {
  const { value } = read('__proto__: { keep: 1 }\n');
  expect(Object.keys(value as object)).toEqual(['__proto__']);
});
