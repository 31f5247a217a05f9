import { expect, it } from 'vitest';
import { inferredText, missingText } from './warn-changes.ts';

const gone = (members: number, active: number, activeBefore: number) => ({
  members,
  active,
  activeBefore,
});

it('members that a new version lacks are told in words for one and for many', () => {
  expect(missingText('students', gone(1, 0, 9), 20)).toBe(
    '1 member of the version before is not in this one. It stays as it was.',
  );
  expect(missingText('students', gone(1204, 2, 9000), 20)).toBe(
    '1,204 members of the version before are not in this one. They stay as they were.',
  );
});

it('a roster that lacks more active members than students.max_missing looks cut off', () => {
  // 1 of 1 is 100 %; 2 of 10 are 20 %, which is not more than 20.
  expect(missingText('students', gone(1, 1, 1), 20)).toContain(
    'it lacks 1 of 1 active member, more than 20 % (students.max_missing). It stays as it was.',
  );
  expect(missingText('students', gone(3, 3, 10), 20)).toContain(
    'it lacks 3 of 10 active members, more than 20 %',
  );
  expect(missingText('students', gone(2, 2, 10), 20)).not.toContain('cut off');
  expect(missingText('classes', gone(9, 9, 10), 20)).not.toContain('cut off');
});

it('members that only rows name are told in words for one and for many', () => {
  expect(inferredText('students', 1)).toBe(
    'No file of students was accepted yet, so 1 was taken from the rows that name it. The first students file replaces it.',
  );
  expect(inferredText('students', 1800)).toBe(
    'No file of students was accepted yet, so 1,800 were taken from the rows that name them. The first students file replaces them.',
  );
});
