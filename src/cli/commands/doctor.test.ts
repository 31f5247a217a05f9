import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../base/index.ts';
import { runProject } from '../../run/index.ts';
import { createOutput } from '../output.ts';
import { run as doctor } from './doctor.ts';

let folder: string;
const packageFolder = join(import.meta.dirname, '..', '..', '..');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'schoolhouse-doctor-'));
  await mkdir(join(folder, 'data', 'raw'), { recursive: true });
  await writeFile(join(folder, 'data/raw/students.csv'), 'student_id,student_name\n1,Ana\n');
  const options = { projectFolder: folder, packageFolder, version: '0.0.0', threads: 1 };
  await runProject(options, await nodeEffects());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const call = async (
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; said: string }> => {
  const data: string[] = [];
  const output = createOutput({ json: false, quiet: true, noColor: true });
  const effects = await nodeEffects();
  const code = await doctor({
    args: [],
    options: {},
    output: { ...output, data: async (text) => void data.push(text) },
    projectFolder: folder,
    effects: { ...effects, env: { ...effects.env, ...env } },
    signal: new AbortController().signal,
    packageFolder,
    version: '0.0.0',
  });
  return { code, said: data.join('\n') };
};

describe('doctor', () => {
  it('finds a sound project sound, and tells where each setting came from', async () => {
    const { code, said } = await call({ SCHOOLHOUSE__LAKE__KEEP: '7' });
    expect(code).toBe(0);
    expect(said).toMatch(/ok {3}node \d+.*duckdb 1\./);
    expect(said).toMatch(/parts, .*every SHA-256 agrees/);
    expect(said).toMatch(/lake\.keep +7 +environment SCHOOLHOUSE__LAKE__KEEP/);
  });

  it('never prints a secret', async () => {
    const { said } = await call({ SCHOOLHOUSE__PRIVACY__KEY_SECRET: 'canary-of-the-mine' });
    expect(said).not.toContain('canary-of-the-mine');
    expect(said).toMatch(/privacy\.key_secret +\*\*\*/);
  });

  it('removes the spilled rows of a killed run', async () => {
    await mkdir(join(folder, 'data', 'tmp', '999'), { recursive: true });
    const { code, said } = await call();
    expect(code).toBe(0);
    expect(said).toContain('removed what killed processes left');
    expect(await readdir(join(folder, 'data', 'tmp'))).toEqual([]);
  });

  it('tells of a run that was killed after its commit that its tables are whole', async () => {
    const path = join(folder, 'data', 'run.json');
    const ended = await readFile(path, 'utf8');
    const file: Record<string, unknown> = JSON.parse(ended);
    const killed = { ...file, state: 'running', pid: 999_999_999, step: 'end' };
    await writeFile(path, JSON.stringify(killed));
    expect((await call()).said).toContain('Run 1 was killed at end, after its commit');
    await writeFile(path, JSON.stringify({ ...killed, run: 2 }));
    expect((await call()).said).toContain('Run 2 was killed at end; nothing of it was committed.');
    await writeFile(path, ended);
  });

  it('exits 1 when warehouse.duckdb is missing', async () => {
    const path = join(folder, 'data', 'warehouse.duckdb');
    const bytes = await readFile(path);
    await rm(path);
    const { code, said } = await call();
    expect(code).toBe(1);
    expect(said).toContain('does not show the snapshot');
    await writeFile(path, bytes);
    expect((await call()).code).toBe(0);
  });

  it('names the part of which one bit was flipped, with exit 3', async () => {
    const lake = join(folder, 'data', 'lake');
    const parts = (await readdir(lake, { recursive: true })).filter((p) => p.endsWith('.parquet'));
    const [part = ''] = parts.filter((path) => path.includes('dim_student/'));
    const bytes = await readFile(join(lake, part));
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await chmod(join(lake, part), 0o600);
    await writeFile(join(lake, part), bytes);
    const { code, said } = await call();
    expect(code).toBe(3);
    expect(said).toContain(`data/lake/${part} is not what was written`);
  });

  it('tells every problem of schoolhouse.yaml, with exit 2 when that is the worst', async () => {
    const empty = folder;
    folder = await mkdtemp(join(tmpdir(), 'schoolhouse-doctor-'));
    await writeFile(join(folder, 'schoolhouse.yaml'), 'lake: { keep: no }\nfoo: 1\n');
    const { code, said } = await call();
    expect(code).toBe(2);
    expect(said).toContain('schoolhouse.yaml:1');
    expect(said).toContain('schoolhouse.yaml:2:1');
    await rm(folder, { recursive: true });
    folder = empty;
  });
});
