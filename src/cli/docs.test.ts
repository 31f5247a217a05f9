import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../base/index.ts';
import { policies, readProjectConfig, settings } from '../contract/index.ts';
import { commands } from './commands.ts';
import { columnSettings, policyRowKeys, referencePages } from './reference-pages.ts';

const root = join(import.meta.dirname, '..', '..');

/** The text of every file below a folder that `isWanted` by its path. */
const textBelow = (folder: string, isWanted: (path: string) => boolean): string =>
  readdirSync(join(root, folder), { recursive: true })
    .map((path) => `${folder}/${path}`)
    .filter(isWanted)
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n');

describe('settings and policies', () => {
  const program = textBelow(
    'src',
    (path) => /(?<!\.test)\.ts$/.test(path) && !/\/contract\//.test(path),
  );

  it('every policy decides something, unless it is said to change nothing yet', () => {
    const models = textBelow('models', (path) => path.endsWith('.sql'));
    const contracts = textBelow('contracts', (path) => path.endsWith('.yaml'));
    const isRead = (key: string): boolean => {
      const column = key.replaceAll('.', '_');
      return (
        new RegExp(`\\b${column}\\b`).test(models) ||
        new RegExp(`\\bpolicy_${column}\\b|blankPolicy\\W+value: ${key}\\b`).test(contracts)
      );
    };
    const later = Object.keys(policies).filter((key) => policies[key]?.isLater);
    expect(Object.keys(policies).filter((key) => !isRead(key))).toEqual(later);
  });

  it('every setting is read by the program', () => {
    const unread = Object.keys(settings).filter(
      (key) => !program.includes(`settings['${key}']`) && !program.includes(`settings.${key}`),
    );
    expect(unread).toEqual([]);
  });
});

describe('docs', () => {
  for (const { path, text } of referencePages()) {
    it(`${path} is what the code says (npm run docs writes it)`, () => {
      expect(readFileSync(join(root, path), 'utf8')).toBe(text);
    });
  }

  it('every key of a column in configuration.md is one that schoolhouse.yaml may have', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'schoolhouse-docs-'));
    const keys = columnSettings.map(([key]) => `        ${key}: [wrong]`);
    const lines = [
      'feeds:',
      '  students:',
      '    columns:',
      '      student_id:',
      ...keys,
      '        zzz: 1',
    ];
    await writeFile(join(folder, 'schoolhouse.yaml'), lines.join('\n'));
    const read = await readProjectConfig(folder, await nodeEffects());
    await rm(folder, { recursive: true });
    const unknown = (read.kind === 'problems' ? read.problems : [])
      .filter((one) => one.code === 'config.unknown-key')
      .map((one) => one.facts.key);
    expect(unknown).toEqual(['zzz']);
  });

  it('every key of a row of a policy in configuration.md is one that schoolhouse.yaml may have', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'schoolhouse-docs-'));
    const keys = [...policyRowKeys.map(([key]) => key), 'zzz'];
    const row = keys.map((key) => `${key}: [wrong]`).join(', ');
    const text = `policies: { attendance.half_day_is: [{ ${row} }] }`;
    await writeFile(join(folder, 'schoolhouse.yaml'), text);
    const read = await readProjectConfig(folder, await nodeEffects());
    await rm(folder, { recursive: true });
    const unknown = (read.kind === 'problems' ? read.problems : [])
      .filter((one) => one.code === 'config.unknown-key')
      .map((one) => one.facts.key);
    expect(unknown).toEqual(['zzz']);
  });

  it('every link between pages leads to a file', () => {
    const pages = [
      'README.md',
      'AGENTS.md',
      ...readdirSync(join(root, 'docs'), { recursive: true }).map((p) => `docs/${p}`),
    ];
    const broken = pages
      .filter((page) => page.endsWith('.md'))
      .flatMap((page) =>
        [
          ...readFileSync(join(root, page), 'utf8').matchAll(
            /\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g,
          ),
        ].map(([, target = '']) => ({ page, path: join(root, dirname(page), target) })),
      )
      .filter(({ path }) => {
        try {
          readdirSync(dirname(path));
          return !readdirSync(dirname(path)).includes(
            path.slice(dirname(path).length + 1).replace(/\/$/, ''),
          );
        } catch {
          return true;
        }
      })
      .map(({ page, path }) => `${page}: ${path}`);
    expect(broken).toEqual([]);
  });

  it('README and docs name no command and no option that the program does not have', () => {
    const everywhere = ['--project-dir', '--json', '--quiet', '--debug', '--help', '--version'];
    const known = new Map(
      commands.map(({ name, options }) => [
        name,
        new Set([...everywhere, ...options.map(({ flags }) => flags.split(' ')[0] ?? '')]),
      ]),
    );
    const pages = [
      'README.md',
      'AGENTS.md',
      ...readdirSync(join(root, 'docs'), { recursive: true }).map((p) => `docs/${p}`),
    ];
    const typed = pages
      .filter((page) => page.endsWith('.md'))
      .flatMap((page) =>
        [
          ...readFileSync(join(root, page), 'utf8').matchAll(
            /(?:^|`|\$ |\n)(?:npx )?schoolhouse ([a-z]+)([^`|#\n]*)/g,
          ),
        ].map(([, name = '', rest = '']) => ({ page, name, rest })),
      );
    const unknown = typed.flatMap(({ page, name, rest }) => {
      const options = known.get(name);
      if (options === undefined) return [`${page}: ${name}`];
      const used = [...rest.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([option]) => option);
      return used
        .filter((option) => !options.has(option))
        .map((option) => `${page}: ${name} ${option}`);
    });
    expect(unknown).toEqual([]);
    expect(typed.some(({ rest }) => rest.includes('--full-refresh'))).toBe(true);
  });

  it('README has fewer than 150 lines', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThan(150);
  });
});
