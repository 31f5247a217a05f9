import { createHmac } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sql } from '../../base/index.ts';
import { openDuckDB } from './open-duckdb.ts';

const hashWith = async (secret: string): Promise<unknown> => {
  const engine = await openDuckDB({
    memoryLimitBytes: 200_000_000,
    tempFolder: join(tmpdir(), 'keyed-hash'),
  });
  await engine.useKeySecret(secret);
  const [row] = await engine.rows(sql`select key_hash('student|S-0001') as key`);
  await engine[Symbol.asyncDispose]();
  return row?.key;
};

describe('keys under a secret', () => {
  it('are HMAC-SHA-256 as node:crypto makes it, for short, exact and long secrets', async () => {
    for (const secret of ['k'.repeat(32), 'k'.repeat(64), 'é'.repeat(50)]) {
      const expected = createHmac('sha256', secret).update('student|S-0001').digest('hex');
      expect(await hashWith(secret)).toBe(expected);
    }
  });
});
