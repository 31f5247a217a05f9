import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Compiled } from '../base/index.ts';
import type { Contract } from './contract.ts';
import { usualNullTokens } from './merge-feed-settings.ts';
import { readProjectConfig } from './project-config.ts';
import { readContracts } from './read-contracts.ts';
import { builtInFolder, toyProject } from './toy-project.ts';

const read = async (
  files: Readonly<Record<string, string>>,
): Promise<Compiled<readonly Contract[]>> => {
  await using project = await toyProject(files);
  const config = await readProjectConfig(project.folder, project.effects);
  if (config.kind === 'problems') throw new Error(config.problems.map(String).join('\n'));
  return await readContracts(
    { builtInFolder, projectFolder: project.folder, config: config.value },
    project.effects,
  );
};

const readOk = async (
  files: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, Contract>>> => {
  const contracts = await read(files);
  if (contracts.kind === 'problems') {
    throw new Error(contracts.problems.map((p) => `${p.message} ${p.place?.line}`).join('\n'));
  }
  return Object.fromEntries(contracts.value.map((contract) => [contract.feed, contract]));
};

const readProblems = async (
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> => {
  const contracts = await read(files);
  if (contracts.kind === 'ok') throw new Error('no problem');
  return contracts.problems.map(({ code, message, place, hint }) => {
    const at = [place?.file, place?.line, place?.column].filter((part) => part !== undefined);
    return `${code} ${at.join(':')} ${message}${hint === undefined ? '' : ` ${hint}`}`;
  });
};

const column = (contract: Contract | undefined, name: string) =>
  contract?.columns.find((one) => one.name === name);

const odcs = (columns: string, more = ''): string => `apiVersion: v3.1.0
kind: DataContract
id: x
version: 1.0.0
status: active
schema:
  - name: visits
${more}    properties:
${columns}`;

test('the feeds that come with the program are read', async () => {
  const { students, attendance, assessments, ...others } = await readOk({});
  expect(others).toEqual({});
  expect(students?.key).toEqual(['student_id']);
  expect(students?.loadStrategy).toBe('upsert');
  expect(students?.newestBy).toBe('updated_at');
  expect(students?.columns.map((one) => one.name)).toEqual([
    'student_id',
    'student_name',
    'class_id',
    'grade_level',
    'enrollment_status',
    'date_of_birth',
    'email',
    'phone',
    'enrollment_date',
    'directory_opt_out',
    'updated_at',
  ]);
  expect(attendance?.naturalKey).toEqual({
    columns: ['student_id', 'attendance_date', 'period'],
    unique: true,
  });
  expect(attendance?.relationships).toEqual([
    { column: 'student_id', feed: 'students', toColumn: 'student_id' },
  ]);
  expect(column(attendance, 'attendance_date')).toMatchObject({
    type: { kind: 'date', format: undefined },
    happened: true,
    required: true,
  });
  expect(column(attendance, 'status')?.type).toEqual({
    kind: 'code',
    vocabulary: 'attendance_status',
    valueMap: {},
    unlisted: { kind: 'quarantine' },
    blank: 'not_taken',
  });
  expect(assessments?.naturalKey).toBeUndefined();
  expect(assessments?.loadStrategy).toBe('append');
  expect(assessments?.rules.map((rule) => [rule.code, rule.column])).toEqual([
    ['score_missing', 'score'],
    ['score_negative', 'score'],
    ['score_above_max', 'score'],
    ['max_score_missing', 'max_score'],
    ['max_score_zero', 'max_score'],
  ]);
  for (const contract of [students, attendance, assessments]) {
    expect(contract?.nullTokens).toEqual(usualNullTokens);
    expect(contract?.hash).toMatch(/^[0-9a-f]{64}$/);
  }
});

test('a policy decides whether a blank status is refused', async () => {
  const { attendance } = await readOk({
    'schoolhouse.yaml': 'policies: { attendance.blank_status: quarantine }',
  });
  const status = column(attendance, 'status');
  expect(status?.required).toBe(true);
  expect(status?.type.kind === 'code' && status.type.blank).toBeNull();
});

test('a class id is refused beyond 64 characters or with control characters, unless a pattern is set', async () => {
  const { students } = await readOk({});
  const pattern = new RegExp(column(students, 'class_id')?.pattern ?? '', 'u');
  expect(pattern.test('x'.repeat(64))).toBe(true);
  expect(pattern.test('Классы ½ 🎒')).toBe(true);
  expect(pattern.test('x'.repeat(65))).toBe(false);
  expect(pattern.test('a\tb')).toBe(false);
  const own = await readOk({
    'schoolhouse.yaml': "feeds: { students: { columns: { class_id: { pattern: 'CLASS-\\d+' } } } }",
  });
  expect(column(own.students, 'class_id')).toMatchObject({
    pattern: 'CLASS-\\d+',
    codes: { pattern: 'class_id_invalid' },
    physicalName: 'class_id',
  });
});

test('the short form is merged key by key', async () => {
  const before = await readOk({});
  const { students, attendance } = await readOk({
    'schoolhouse.yaml': `
feeds:
  students:
    files: raw/Students*.csv
    columns:
      student_id: Student_Number
      date_of_birth: { header: Born, format: dd/MM/yyyy }
      phone: { aliases: handy }
      house: { header: House, type: text, privacy: internal }
    nullTokens: ['', none]
  attendance:
    valueMap: { status: { 1: present, 007: late, no: absent } }
    newestBy: created_at
`,
  });
  expect(students?.filePatterns).toEqual(['raw/Students*.csv']);
  expect(students?.nullTokens).toEqual(['', 'none']);
  expect(students?.loadStrategy).toBe('upsert');
  expect(column(students, 'student_id')?.physicalName).toBe('Student_Number');
  expect(column(students, 'student_id')?.aliases).toContain('sis id');
  expect(column(students, 'date_of_birth')).toMatchObject({
    physicalName: 'Born',
    type: { kind: 'date', format: '%d/%m/%Y' },
  });
  expect(column(students, 'phone')?.aliases).toEqual([
    ...(column(before.students, 'phone')?.aliases ?? []),
    'handy',
  ]);
  expect(column(students, 'house')).toMatchObject({ type: { kind: 'text' }, privacy: 'internal' });
  const status = column(attendance, 'status')?.type;
  expect(status?.kind === 'code' && status.valueMap).toEqual({
    1: 'present',
    '007': 'late',
    no: 'absent',
  });
  expect(students?.hash).not.toBe(before.students?.hash);
});

test('a short form without a contract is a new feed', async () => {
  const { visits } = await readOk({
    'schoolhouse.yaml': `
feeds:
  visits:
    key: visit_id
    columns:
      visit_id: Visit
      student_id: { header: Student, references: students.student_id, required: true }
      room_id: Room
      reason: Why
      visit_date: { header: Date, type: date, happened: true }
      outcome: { header: Outcome, valueMap: { ok: done } }
`,
  });
  expect(visits).toMatchObject({
    key: ['visit_id'],
    loadStrategy: 'append',
    filePatterns: ['*visits*'],
    relationships: [{ column: 'student_id', feed: 'students', toColumn: 'student_id' }],
    place: { file: 'schoolhouse.yaml', line: 3, column: 3 },
  });
  expect(visits?.columns.map((one) => [one.name, one.type.kind, one.physicalName])).toEqual([
    ['visit_id', 'id', 'Visit'],
    ['student_id', 'id', 'Student'],
    ['room_id', 'id', 'Room'],
    ['reason', 'text', 'Why'],
    ['visit_date', 'date', 'Date'],
    ['outcome', 'code', 'Outcome'],
  ]);
  expect(column(visits, 'reason')?.privacy).toBe('personal');
});

test('problems of short forms are told at once, where they stand: unknown names, types, headers given twice', async () => {
  const yaml = `feeds:
  atendance:
    files: x*
  students:
    columns:
      studnt_id: ID
      house: House
      student_name: { format: dd/MM/yyyy }
      email: Contact
      phone: Contact
  assessments:
    columns:
      score: { happened: true }
      assessment_date: { format: MM/yyyy }
    valueMap: { skore: { x: y } }
  attendance:
    columns: { period: { aliases: date } }
    key: attendance_nr
`;
  expect(await readProblems({ 'schoolhouse.yaml': yaml })).toEqual([
    'config.feed-incomplete schoolhouse.yaml:2:3 No contract is named atendance, and as a new feed it lacks key, columns. Closest: attendance.',
    'config.unknown-column schoolhouse.yaml:6:7 The feed students has no column studnt_id. Closest: student_id.',
    'config.unknown-column schoolhouse.yaml:7:7 The feed students has no column house. A new column needs a type: house: { header: …, type: text }.',
    'contract.two-types schoolhouse.yaml:8:7 The column student_name has format, which a column of type text cannot have.',
    'config.header-twice schoolhouse.yaml:10:7 One header of the feed students is given to several columns: email, phone.',
    'config.wrong-value schoolhouse.yaml:13:7 score.type must be date or timestamp, as it happened.',
    'config.wrong-value schoolhouse.yaml:14:7 assessment_date.format must be such as dd/MM/yyyy or %d.%m.%Y, with year, month and day.',
    'config.unknown-column schoolhouse.yaml:15:17 The feed assessments has no column skore. Closest: score.',
    'contract.no-such-column schoolhouse.yaml:16:3 key of the feed attendance names the column attendance_nr, which it does not have. Closest: attendance_id.',
    'contract.spelling-twice schoolhouse.yaml:17:16 In the feed attendance the header date would belong to several columns: attendance_date, period.',
  ]);
});

test('a contract of the project replaces the one of that name, another is added', async () => {
  const students = await readFile(join(builtInFolder, 'students.odcs.yaml'), 'utf8');
  const contracts = await readOk({
    'contracts/students.odcs.yaml': students.replace('students*', 'pupils*'),
    'contracts/visits.odcs.yaml': odcs(`      - name: visit_id
        primaryKey: true
        customProperties: [{ property: columnType, value: id }]
      - name: student_id
        required: true
        physicalName: Pupil
        relationships: [{ to: students.student_id }]
      - { name: minutes, logicalType: integer, logicalTypeOptions: { minimum: 0, maximum: 600 } }
      - { name: seen_at, logicalType: timestamp, classification: internal }
`),
  });
  expect(contracts.students?.filePatterns).toEqual(['pupils*']);
  expect(contracts.students?.place.file).toBe('contracts/students.odcs.yaml');
  expect(contracts.visits).toMatchObject({
    feed: 'visits',
    key: ['visit_id'],
    loadStrategy: 'append',
    newestBy: undefined,
    relationships: [{ column: 'student_id', feed: 'students', toColumn: 'student_id' }],
  });
  expect(column(contracts.visits, 'student_id')?.physicalName).toBe('Pupil');
  expect(column(contracts.visits, 'minutes')).toMatchObject({ minimum: 0, maximum: 600 });
  expect(column(contracts.visits, 'seen_at')?.privacy).toBe('internal');
  expect(Object.keys(contracts)).toEqual(['assessments', 'attendance', 'students', 'visits']);
});

test('problems of a contract are told at once, with line, column and hint', async () => {
  const text = odcs(
    `      - name: visit_id
        primaryKey: yes
        requird: true
      - name: seen
        logicalType: datetime
        customProperties:
          - { property: alias, value: x }
          - { property: happened, value: perhaps }
    quality:
      - { type: sql, query: select 1, mustBe: 0 }
      - { type: custom, engine: soda, implementation: x }
      - type: custom
        engine: schoolhouse
        description: A rule.
        implementation: { code: Bad Code, refuseWhen: x }
`,
    '    physicalType: file\n',
  );
  expect(await readProblems({ 'contracts/visits.odcs.yaml': text })).toEqual([
    'config.wrong-value contracts/visits.odcs.yaml:11:21 schema[0].properties[0].primaryKey must be true or false.',
    'config.unknown-key contracts/visits.odcs.yaml:12:9 schema[0].properties[0] has no key requird. Closest: required.',
    'config.wrong-value contracts/visits.odcs.yaml:14:22 schema[0].properties[1].logicalType must be one of string, date, timestamp, number, integer, boolean.',
    'config.unknown-key contracts/visits.odcs.yaml:16:25 customProperties has no key alias. Closest: aliases.',
    'config.wrong-value contracts/visits.odcs.yaml:17:42 customProperties.happened must be true or false.',
    'contract.quality-engine contracts/visits.odcs.yaml:19:9 A quality rule of type sql refuses no row here, so it would look kept and not be. Write it as type: custom, engine: schoolhouse with code and refuseWhen, or as a check in models/checks.',
    'config.wrong-value contracts/visits.odcs.yaml:24:33 schema[0].quality[2].implementation.code must be a code of small letters, digits and _.',
  ]);
});

test('rules may name only columns and policies that there are', async () => {
  const text = odcs(`      - { name: visit_id, primaryKey: true }
    quality:
      - type: custom
        engine: schoolhouse
        description: Too many.
        implementation:
          code: rule_failed
          column: visit_nr
          refuseWhen: has_visit_ids and visit_id > policy_assessment_max_percnt
`);
  expect(await readProblems({ 'contracts/visits.odcs.yaml': text })).toEqual([
    'contract.rule-unknown-policy contracts/visits.odcs.yaml:11:9 The rule rule_failed of the feed visits reads policy_assessment_max_percnt, which is no policy that holds for the whole project. Closest: policy_assessment_max_percent.',
    expect.stringContaining(
      'names the column visit_nr, which it does not have. Closest: visit_id.',
    ),
    expect.stringContaining(
      'names the column visit_ids, which it does not have. Closest: visit_id.',
    ),
  ]);
});

test('a reference to a feed that no contract has is a problem', async () => {
  const yaml = `feeds:
  visits: { key: visit_id, columns: { visit_id: V, room_id: { header: R, references: rooms.room_id } } }
`;
  expect(await readProblems({ 'schoolhouse.yaml': yaml })).toEqual([
    'contract.no-such-feed schoolhouse.yaml:2:3 visits.room_id refers to rooms.room_id, which no contract has. Known: assessments.assessment_id, attendance.attendance_id, students.student_id, visits.visit_id.',
  ]);
});

test('a file of contracts/ that would be ignored by its name is a problem', async () => {
  const found = await readProblems({
    'contracts/visits.yaml': 'a: 1',
    'contracts/Big.odcs.yaml': 'a: 1',
    'contracts/README.md': 'x',
  });
  expect(found.map((text) => text.slice(0, 50))).toEqual([
    'contract.file-name contracts/Big.odcs.yaml The file'.slice(0, 50),
    'contract.file-name contracts/visits.yaml The file is'.slice(0, 50),
  ]);
});

test('the hash changes with what decides loading, and not with words, privacy or order of keys', async () => {
  const text = await readFile(join(builtInFolder, 'students.odcs.yaml'), 'utf8');
  const hashOf = async (changed: string) =>
    (await readOk({ 'contracts/students.odcs.yaml': changed })).students?.hash;
  const original = await hashOf(text);
  expect((await readOk({})).students?.hash).toBe(original);
  expect(await hashOf(text.replace('Date of birth.', 'Birthday.'))).toBe(original);
  expect(await hashOf(text.replace('version: 1.0.0', 'version: 2.0.0'))).toBe(original);
  expect(
    await hashOf(text.replaceAll('classification: personal', 'classification: sensitive')),
  ).toBe(original);
  expect(await hashOf(text.replace('[dob, ', '[born, '))).not.toBe(original);
  expect(await hashOf(text.replace('value: upsert', 'value: append'))).not.toBe(original);
});
