import { join } from 'node:path';
import { nodeEffects } from '../../src/base/index.ts';
import { openReader } from '../../src/run/index.ts';

// Several readers in one process: each opens the current snapshot, asks, closes, again and again, until its
// parent ends it. Every answer goes to stdout as one line, with the snapshot that it is from.
process.umask(0o077);

type Answer = { readonly snapshot: number; readonly answer: string; readonly milliseconds: number };
type Failure = { readonly error: string };

const [, , dataFolder = '', readers = '1'] = process.argv;
const effects = await nodeEffects();

/** One question over several relations: an answer that mixes two snapshots cannot add up. */
const question = `select
  (select count(*) from bronze.attendance) as bronze_rows,
  (select count(*) from silver.fact_attendance) as fact_rows,
  (select coalesce(sum(present_count + absent_count), 0) from gold.class_daily_performance) as mart_rows,
  (select coalesce(sum(loaded), 0) from meta.file where feed = 'attendance' and status = 'loaded') as ledger_rows,
  (select max(run_id) from meta.run) as run`;

const tell = (line: Answer | Failure): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

let isEnding = false;
process.on('SIGTERM', () => {
  isEnding = true;
});

const ask = async (): Promise<Answer> => {
  const started = Date.now();
  const reader = await openReader(
    { dataFolder: join(dataFolder), withValues: false, memoryLimitBytes: 200e6 },
    effects,
  );
  try {
    const { rows } = await reader.query(question);
    const answer = JSON.stringify(rows[0], (_key, cell: unknown) =>
      typeof cell === 'bigint' ? Number(cell) : cell,
    );
    return { snapshot: reader.snapshot.manifest.run, answer, milliseconds: Date.now() - started };
  } finally {
    await reader[Symbol.asyncDispose]();
  }
};

const loop = async (): Promise<void> => {
  while (!isEnding) {
    try {
      tell(await ask());
    } catch (error) {
      tell({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
  }
};

await Promise.all(Array.from({ length: Number(readers) }, loop));
