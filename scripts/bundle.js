// node scripts/bundle.js FOLDER NAME=SOURCE …: programs as a few files (hundreds of small ones cost half a second at every start).
// Packages in `dependencies` stay outside; all others are in the files, their licences beside them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `…/node_modules/@scope/name` of a module that came from a package. */
const packageFolderOf = (id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];

const licenceOf = (folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
};

/**
 * Bundles programs into a folder: `entries` maps a path there, without its ending, to a source. Chunks that they share lie in
 * `chunks/`; `LICENSES.txt` has the licence of every package whose code is inside.
 */
export const bundle = async (target, entries) => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const isOutside = (id) =>
    Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`));
  const build = await rolldown({ input: entries, platform: 'node', external: isOutside });
  const { output } = await build.write({
    dir: target,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  await build.close();
  const modules = output.flatMap((chunk) => chunk.moduleIds ?? []);
  const packages = new Set(modules.map(packageFolderOf).filter((folder) => folder !== undefined));
  const licences = [...packages].sort().map(licenceOf);
  writeFileSync(join(target, 'LICENSES.txt'), `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [target = '', ...pairs] = process.argv.slice(2);
  await bundle(target, Object.fromEntries(pairs.map((pair) => pair.split('='))));
}
