import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeEffects } from '../base/index.ts';
import { readProjectConfig } from '../contract/index.ts';
import { commands } from './commands.ts';
import { columnSettings, referencePages } from './reference-pages.ts';

const root = join(import.meta.dirname, '..', '..');

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

  it('README and docs name no command that the program does not have', () => {
    const known = new Set(commands.map((command) => command.name));
    const pages = [
      'README.md',
      'AGENTS.md',
      ...readdirSync(join(root, 'docs'), { recursive: true }).map((p) => `docs/${p}`),
    ];
    const unknown = pages
      .filter((page) => page.endsWith('.md'))
      .flatMap((page) =>
        [
          ...readFileSync(join(root, page), 'utf8').matchAll(
            /(?:^|`|\$ |\n)(?:npx )?schoolhouse ([a-z]+)/g,
          ),
        ]
          .filter(([, name = '']) => !known.has(name))
          .map(([, name = '']) => `${page}: ${name}`),
      );
    expect(unknown).toEqual([]);
  });

  it('README has fewer than 150 lines', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThan(150);
  });
});
