import { expect, it } from 'vitest';
import { widensType } from './widens-type.ts';

const lossless = [
  ['INTEGER', 'INTEGER'],
  ['SMALLINT', 'BIGINT'],
  ['UINTEGER', 'BIGINT'],
  ['INTEGER', 'DOUBLE'],
  ['BIGINT', 'DECIMAL(19,0)'],
  ['DECIMAL(5,2)', 'DECIMAL(18,6)'],
  ['FLOAT', 'DOUBLE'],
  ['DATE', 'TIMESTAMP'],
] as const;
for (const [from, to] of lossless)
  it(`${from} widens to ${to}`, () => expect(widensType(from, to)).toBe(true));

const lossy = [
  ['BIGINT', 'INTEGER'],
  ['INTEGER', 'UINTEGER'],
  ['UBIGINT', 'BIGINT'],
  ['BIGINT', 'DOUBLE'],
  ['BIGINT', 'DECIMAL(18,0)'],
  ['DECIMAL(18,2)', 'DECIMAL(18,6)'],
  ['DECIMAL(18,6)', 'DECIMAL(18,2)'],
  ['DOUBLE', 'DECIMAL(18,6)'],
  ['TIMESTAMP', 'DATE'],
  ['INTEGER', 'VARCHAR'],
  ['VARCHAR', 'INTEGER'],
  ['INTEGER', ''],
] as const;
for (const [from, to] of lossy)
  it(`${from} does not widen to ${to === '' ? 'nothing' : to}`, () =>
    expect(widensType(from, to)).toBe(false));
