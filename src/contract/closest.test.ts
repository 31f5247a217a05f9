import { expect, test } from 'vitest';
import { closest, closestHint } from './closest.ts';

test('a typing error is found, whatever its case and punctuation', () => {
  expect(closest('Studnet ID', ['class_id', 'student_id'])).toBe('student_id');
  expect(closest('time_zone', ['timezone', 'name'])).toBe('timezone');
});

test('a short form of a name is found', () => {
  expect(closest('student_id', ['Stu_ID', 'Status'])).toBe('Stu_ID');
});

test('what is not alike is not offered', () => {
  expect(closest('student_id', ['Amara', 'CLASS', 'Room'])).toBeUndefined();
  expect(closest('keep', ['name', 'ignore'])).toBeUndefined();
});

test('of equally near names the first is taken', () => {
  expect(closest('scores', ['score', 'scored'])).toBe('score');
});

test('a hint lists the names when none is near and they are few', () => {
  expect(closestHint('keeep', ['keep', 'grace_days'])).toBe('Closest: keep.');
  expect(closestHint('zzz', ['keep', 'grace_days'])).toBe('Known: keep, grace_days.');
  expect(closestHint('zzz', [])).toBeUndefined();
});
