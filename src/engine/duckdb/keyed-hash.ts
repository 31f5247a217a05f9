import { createHash } from 'node:crypto';
import { type Sql, trustedSql } from '../../base/index.ts';

const blockBytes = 64;

/** The key of HMAC-SHA-256, padded to a block and mixed with one byte, as hex (RFC 2104). */
const mixedKey = (secret: string, byte: number): string => {
  const given = Buffer.from(secret);
  const key = given.length > blockBytes ? createHash('sha256').update(given).digest() : given;
  const block = Buffer.alloc(blockBytes, byte);
  for (const [index, value] of key.entries()) block[index] = value ^ byte;
  return block.toString('hex');
};

/** Makes `key_hash` HMAC-SHA-256 under a secret: without it nobody can try all numbers. */
export const keyedHashStatement = (secret: string): Sql =>
  trustedSql(
    `create or replace temp macro key_hash(natural_key) as (
      sha256(from_hex('${mixedKey(secret, 0x5c)}') || from_hex(sha256(from_hex('${mixedKey(secret, 0x36)}') || encode(natural_key)))))`,
  );

/** Names a secret without telling it. */
export const keyIdOf = (secret: string): string =>
  createHash('sha256').update(`schoolhouse key id ${secret}`).digest('hex').slice(0, 16);
