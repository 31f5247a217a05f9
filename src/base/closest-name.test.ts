import { expect, test } from 'vitest';
import { closestHint, closestName } from './closest-name.ts';

test('a typing error is found, whatever its case and punctuation', () => {
  expect(closestName('Studnet ID', ['class_id', 'student_id'])).toBe('student_id');
  expect(closestName('time_zone', ['timezone', 'name'])).toBe('timezone');
});

test('a short form of a name is found', () => {
  expect(closestName('student_id', ['Stu_ID', 'Status'])).toBe('Stu_ID');
});

test('what is not alike is not offered', () => {
  expect(closestName('student_id', ['Amara', 'CLASS', 'Room'])).toBeUndefined();
  expect(closestName('keep', ['name', 'ignore'])).toBeUndefined();
});

test('of equally near names the first is taken', () => {
  expect(closestName('scores', ['score', 'scored'])).toBe('score');
});

test('a hint lists the names when none is near and they are few', () => {
  expect(closestHint('keeep', ['keep', 'grace_days'])).toBe('Closest: keep.');
  expect(closestHint('zzz', ['keep', 'grace_days'])).toBe('Known: keep, grace_days.');
  expect(closestHint('zzz', [])).toBeUndefined();
});
