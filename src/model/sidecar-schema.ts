import { z } from 'zod';

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const rows = z.array(z.record(z.string(), cell));
const fixture = z.record(z.string(), rows);
const sentence = z.string().min(1);
const columnNames = z.array(z.string()).min(1);

const column = z.strictObject({
  is: sentence,
  /** Derived from the query when absent; equal to it when given. */
  type: z.string().optional(),
  unit: z.string().optional(),
  happened: z.boolean().default(false),
  privacy: z.enum(['public', 'internal', 'personal', 'sensitive']),
});

const checkFields = {
  severity: z.enum(['error', 'warn']).default('error'),
  why: sentence,
  fix: sentence,
  /** Columns of groups that are judged each for itself: a run then looks at those it touched. */
  by: columnNames.optional(),
  // Whether it is there is asked later, by name: a check without it has an error of its own.
  trips: fixture.optional(),
};

const check = z.strictObject({ ...checkFields, sql: sentence });

const test = z.strictObject({ name: sentence, given: fixture, expect: rows });

/** `<model>.yml` beside `<model>.sql`. */
export const modelSidecar = z
  .strictObject({
    grain: sentence,
    description: z.string().default(''),
    key: columnNames.optional(),
    refresh: z.enum(['full', 'view']).optional(),
    by: columnNames.optional(),
    touched: z.string().optional(),
    partition_by: z.string().optional(),
    sort_by: z.array(z.string()).default([]),
    /** A feed: each of its rows that won its key has one row here, and a run in which the numbers differ stops. */
    holds: z.string().optional(),
    policy: z.enum(['student', 'class', 'school', 'ops']).default('school'),
    columns: z.record(z.string(), column),
    checks: z.record(z.string(), check).default({}),
    tests: z.array(test).default([]),
  })
  .refine((s) => s.holds === undefined || s.refresh !== 'view', {
    path: ['holds'],
    message: 'a view holds no rows',
  })
  .refine((s) => s.by === undefined || s.refresh === undefined, {
    path: ['refresh'],
    message: '`by` and `refresh` exclude each other',
  })
  .refine((s) => s.touched === undefined || s.by !== undefined, {
    path: ['touched'],
    message: '`touched` needs `by`',
  });

/** `checks/<name>.yml` beside `checks/<name>.sql`: what a project's own check is for. */
export const checkSidecar = z.strictObject(checkFields);

export type ModelSidecar = z.output<typeof modelSidecar>;
