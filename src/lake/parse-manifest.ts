import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isRelationName } from './layout.ts';
import type { Manifest } from './manifest.ts';

/** The newest lake format that this program reads, and the one it writes. */
export const lakeFormat = 1;

const runNumber = z.number().int().min(1);
const relationName = z.string().refine(isRelationName);
const facts = {
  columns: z
    .array(z.strictObject({ name: z.string(), type: z.string(), privacy: z.string() }))
    .min(1),
  key: z.array(z.string()),
  policy: z.string(),
  builtFrom: z.string(),
  builtIn: runNumber,
};

const part = z.strictObject({
  // A path is schema/relation/partition/file: four plain names, so it cannot leave the lake.
  path: z.string().regex(/^[a-z_][a-z0-9_]*\/[a-z_][a-z0-9_]*\/[A-Za-z0-9_-]+\/\d+-\d+\.parquet$/),
  rows: z.number().int().min(1),
  bytes: z.number().int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  partition: z.string(),
  min: z.string().nullable(),
  max: z.string().nullable(),
});

const relation = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('parts'),
    ...facts,
    partitionBy: z.string().nullable(),
    sortBy: z.array(z.string()),
    materialise: z.record(z.string(), z.string()).optional(),
    mixed: z.literal(true).optional(),
    parts: z.array(part),
  }),
  z.strictObject({
    kind: z.literal('view'),
    ...facts,
    sql: z.string(),
    reads: z.array(relationName),
  }),
]);

const manifest = z.strictObject({
  format: z.literal(1),
  run: runNumber,
  parent: runNumber.nullable(),
  committedAt: z.iso.datetime(),
  asOf: z.iso.date().nullable(),
  kind: z.enum(['data', 'ledger']),
  complete: z.boolean(),
  relations: z.record(relationName, relation),
});

/** What a manifest's text is. `damaged` says why without quoting it. */
export type ParsedManifest =
  | { readonly kind: 'ok'; readonly manifest: Manifest }
  | { readonly kind: 'newer'; readonly format: number }
  | { readonly kind: 'damaged'; readonly reason: string };

const hashText = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

const lastMember = /,\n"sha256":"([0-9a-f]{64})"\n\}\n$/;

/** The file's text: one relation a line, and as last member the SHA-256 of all text before it. */
export const formatManifest = ({ relations, ...head }: Manifest): string => {
  const members = Object.entries(head).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
  const lines = Object.entries(relations)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  const body = `{\n${members.join(',\n')},\n"relations":{\n${lines.join(',\n')}\n}`;
  return `${body},\n"sha256":"${hashText(body)}"\n}\n`;
};

/** Reads a manifest's text: format first, then its own SHA-256, then every member. */
export const parseManifest = (text: string): ParsedManifest => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'damaged', reason: 'it is not JSON' };
  }
  // First of all: a later format may keep its hash elsewhere, and must not be called damaged.
  const format = z.looseObject({ format: z.number().int() }).safeParse(json);
  if (format.success && format.data.format > lakeFormat)
    return { kind: 'newer', format: format.data.format };
  const end = lastMember.exec(text);
  if (end === null || hashText(text.slice(0, end.index)) !== end[1])
    return { kind: 'damaged', reason: 'its SHA-256 does not fit' };
  const { sha256: _, ...members } = json as Readonly<Record<string, unknown>>;
  const parsed = manifest.safeParse(members);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.slice(0, 2).join('.') ?? '';
    return { kind: 'damaged', reason: `the member ${place} does not fit` };
  }
  return { kind: 'ok', manifest: parsed.data };
};
