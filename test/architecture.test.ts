import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');

/** Rooms and their numbers: a file imports from its own room and from rooms with a lower number. */
const rooms: Readonly<Record<string, number>> = {
  base: 0,
  contract: 1,
  engine: 1,
  generate: 1,
  lake: 2,
  model: 2,
  source: 2,
  plan: 3,
  ingest: 3,
  run: 4,
  publish: 5,
  orchestrate: 5,
  serve: 6,
  cli: 7,
};

const bannedNames = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'shared',
  'misc',
  'types',
  'constants',
  'manager',
  'service',
]);

const limits = { fileLines: 350, functionLines: 80, sqlLines: 180, parameters: 4 };

type SourceFile = {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** The text with strings and comments blanked out, line for line. */
  readonly code: string;
  readonly isTest: boolean;
};

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

const opensRegex = /(?:[(,=:!&|?{};[]|=>|\breturn)\s*$/;

/** End of the text, comment or pattern that begins at `at`, or undefined when none begins there. */
const endOfQuiet = (text: string, at: number): number | undefined => {
  const rest = text.slice(at, at + 2);
  const end = (found: number): number => (found < 0 ? text.length : found);
  if (rest === '//') return end(text.indexOf('\n', at));
  if (rest === '/*') return end(text.indexOf('*/', at) + 2);
  const sign = text[at];
  const pattern =
    sign === "'"
      ? /'(?:[^'\\\n]|\\.)*'/y
      : sign === '"'
        ? /"(?:[^"\\\n]|\\.)*"/y
        : sign === '/' && opensRegex.test(text.slice(Math.max(0, at - 40), at))
          ? /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
          : undefined;
  if (pattern === undefined) return undefined;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
};

/** Blanks out comments, strings, patterns and the text of templates (not the code inside `${}`). */
const maskCode = (text: string): string => {
  const kept: string[] = [];
  // Open braces per template that we are inside of; -1 while in its text.
  const templates: number[] = [];
  for (let at = 0; at < text.length; ) {
    const sign = text[at] ?? '';
    const depth = templates.at(-1);
    let next = at + 1;
    let shown = sign;
    if (depth === -1) {
      if (sign === '`') templates.pop();
      else if (sign === '$' && text[at + 1] === '{') {
        templates[templates.length - 1] = 0;
        next = at + 2;
      } else if (sign === '\\') next = at + 2;
      shown = blank(text.slice(at, next));
    } else if (sign === '`') {
      templates.push(-1);
      shown = ' ';
    } else if (depth === 0 && sign === '}') {
      templates[templates.length - 1] = -1;
      shown = ' ';
    } else {
      const end = endOfQuiet(text, at);
      if (end !== undefined) {
        next = end;
        shown = blank(text.slice(at, end));
      } else if (depth !== undefined && (sign === '{' || sign === '}')) {
        templates[templates.length - 1] = depth + (sign === '{' ? 1 : -1);
      }
    }
    kept.push(shown);
    at = next;
  }
  return kept.join('');
};

/** Index after the statement that begins at `from`: its `;` or closing brace with nothing left open. */
const endOfStatement = (code: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < code.length; at += 1) {
    const sign = code[at] ?? '';
    if ('([{'.includes(sign)) depth += 1;
    else if (')]}'.includes(sign)) {
      depth -= 1;
      if (depth === 0 && sign === '}' && /^\s*\n(?:\n|\S)/.test(code.slice(at + 1))) return at + 1;
    } else if (sign === ';' && depth === 0) return at + 1;
  }
  return code.length;
};

const readSource = (path: string): SourceFile => {
  const text = readFileSync(path, 'utf8');
  const shown = relative(root, path).replaceAll('\\', '/');
  return {
    path: shown,
    room: shown.split('/')[1] ?? '',
    text,
    code: maskCode(text),
    isTest: shown.endsWith('.test.ts'),
  };
};

const files = filesBelow(source)
  .filter((path) => path.endsWith('.ts'))
  .map(readSource);
const written = files.filter((file) => !file.isTest);

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** `file:line` of every match in code (or, with `raw`, in the whole text). */
const findAll = (among: readonly SourceFile[], pattern: RegExp, raw = false): readonly string[] =>
  among.flatMap((file) => {
    const text = raw ? file.text : file.code;
    return [...text.matchAll(pattern)].map((hit) => `${file.path}:${lineOf(text, hit.index)}`);
  });

type Import = { readonly from: SourceFile; readonly specifier: string; readonly line: number };

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const importsOf = (file: SourceFile): readonly Import[] =>
  [...file.text.matchAll(importPattern)].map((hit) => ({
    from: file,
    specifier: hit[1] ?? hit[2] ?? hit[3] ?? '',
    line: lineOf(file.text, hit.index + (hit[0].startsWith('\n') ? 1 : 0)),
  }));

const imports = files.flatMap(importsOf);
const show = ({ from, specifier, line }: Import): string => `${from.path}:${line} ${specifier}`;
const isRelative = ({ specifier }: Import): boolean => specifier.startsWith('.');
const targetOf = ({ from, specifier }: Import): string =>
  relative(root, resolve(root, dirname(from.path), specifier)).replaceAll('\\', '/');

describe('rooms', () => {
  it('every folder of src is a room with a number', () => {
    const folders = readdirSync(source, { withFileTypes: true });
    expect(folders.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)).toEqual([]);
    expect(folders.filter((entry) => !(entry.name in rooms)).map((entry) => entry.name)).toEqual(
      [],
    );
  });

  it('a file imports its own room and rooms with lower numbers', () => {
    const wrong = imports.filter(isRelative).filter((one) => {
      const [top, room = ''] = targetOf(one).split('/');
      if (top !== 'src') return true;
      return room !== one.from.room && (rooms[room] ?? 99) >= (rooms[one.from.room] ?? -1);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('another room is entered by its index.ts, the own room by the file itself', () => {
    const wrong = imports.filter(isRelative).filter((one) => {
      const target = targetOf(one);
      const room = target.split('/')[1] ?? '';
      return room === one.from.room
        ? target === `src/${room}/index.ts`
        : target !== `src/${room}/index.ts`;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('an index.ts stands only at the door of a room and lists its names', () => {
    const inside = files.filter((file) => /^src\/[^/]+\/.+\/index\.ts$/.test(file.path));
    expect(inside.map((file) => file.path)).toEqual([]);
    expect(findAll(files, /\bexport\s*\*/g)).toEqual([]);
  });

  it('what only tests import is a test kit, named toy-*, and nothing else imports one', () => {
    const isKit = (path: string): boolean => /\/toy-[^/]+\.ts$/.test(path);
    const quiet = imports.filter((one) => !one.from.isTest && !isKit(one.from.path));
    expect(quiet.filter((one) => isKit(targetOf(one))).map(show)).toEqual([]);
    // The program, and the writer of its reference pages, which a script calls.
    const entries = ['src/cli/main.ts', 'src/cli/reference-pages.ts'];
    const used = new Set([...entries, ...quiet.filter(isRelative).map(targetOf)]);
    const unused = written.filter(({ path }) => !isKit(path) && !used.has(path));
    expect(unused.map(({ path }) => path)).toEqual([]);
  });

  it('imports of ours end in .ts', () => {
    const wrong = imports.filter(isRelative).filter(({ specifier }) => !specifier.endsWith('.ts'));
    expect(wrong.map(show)).toEqual([]);
  });

  it('no file imports itself in a circle', () => {
    const edges = new Map<string, readonly string[]>();
    for (const file of files) {
      edges.set(
        file.path,
        imports.filter((one) => one.from === file && isRelative(one)).map(targetOf),
      );
    }
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path))
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (done.has(path) || trail.includes(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('names and sizes', () => {
  it('no file or folder has a name that says nothing', () => {
    const wrong = files.filter((file) =>
      file.path
        .split('/')
        .slice(1)
        .some((part) => bannedNames.has(part.replace(/(\.test)?\.ts$/, ''))),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it('files and folders are kebab-case', () => {
    const wrong = files.filter(
      (file) => !/^src(\/[a-z0-9]+(-[a-z0-9]+)*)+(\.test)?\.ts$/.test(file.path),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it(`a TypeScript file has at most ${limits.fileLines} lines`, () => {
    const wrong = written
      .map((file) => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > limits.fileLines);
    expect(wrong).toEqual([]);
  });

  it(`a function has at most ${limits.functionLines} lines`, () => {
    const start =
      /^(?:export )?(?:async )?(?:function\*? (\w+)|const (\w+)[^;=]*=\s*(?:async )?(?:<[^()]*>\s*)?\()/gm;
    const wrong = written.flatMap((file) =>
      [...file.code.matchAll(start)].flatMap((found) => {
        const statement = file.code.slice(found.index, endOfStatement(file.code, found.index));
        const lines = statement.split('\n').length;
        const isFunction = found[1] !== undefined || statement.includes('=>');
        return isFunction && lines > limits.functionLines
          ? [
              `${file.path}:${lineOf(file.code, found.index)} ${found[1] ?? found[2]} has ${lines} lines`,
            ]
          : [];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it(`a model has at most ${limits.sqlLines} lines`, () => {
    const wrong = filesBelow(join(root, 'models'))
      .filter((path) => path.endsWith('.sql'))
      .map((path) => ({
        path: relative(root, path),
        lines: readFileSync(path, 'utf8').trimEnd().split('\n').length,
      }))
      .filter(({ lines }) => lines > limits.sqlLines);
    expect(wrong).toEqual([]);
  });

  it(`a function takes at most ${limits.parameters} parameters`, () => {
    const wrong = written.flatMap((file) =>
      [...file.code.matchAll(/(?:=|\bfunction\*? \w*) ?(?:async )?(?:<[^()]*>)?\(/g)].flatMap(
        (hit) => {
          const count = countParameters(file.code, hit.index + hit[0].length);
          return count > limits.parameters ? [`${file.path}:${lineOf(file.code, hit.index)}`] : [];
        },
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('every room has a README of 5 to 15 lines', () => {
    const wrong = Object.keys(rooms)
      .filter((room) => files.some((file) => file.path === `src/${room}/index.ts`))
      .filter((room) => {
        const path = filesBelow(join(source, room)).find((file) =>
          file.endsWith(`${room}/README.md`),
        );
        const lines =
          path === undefined ? 0 : readFileSync(path, 'utf8').trimEnd().split('\n').length;
        return lines < 5 || lines > 15;
      });
    expect(wrong).toEqual([]);
  });
});

/** Parameters of an arrow function or function whose list opens just before `at`; 0 for a plain bracket. */
const countParameters = (code: string, at: number): number => {
  let depth = 1;
  let commas = 0;
  let end = at;
  for (; end < code.length && depth > 0; end += 1) {
    const sign = code[end] ?? '';
    // The > of => closes nothing.
    const closes = ')]}'.includes(sign) || (sign === '>' && code[end - 1] !== '=');
    if ('([{<'.includes(sign)) depth += 1;
    else if (closes) depth -= 1;
    else if (sign === ',' && depth === 1) commas += 1;
  }
  const isFunction = /^\s*(=>|:[^;=]*=>|\{|:)/.test(code.slice(end, end + 200));
  const inside = code.slice(at, end - 1).trim();
  if (!isFunction || inside === '') return 0;
  return commas + (inside.endsWith(',') ? 0 : 1);
};

describe('types', () => {
  it('no enum, namespace, default export, and one class', () => {
    expect(findAll(files, /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s/gm)).toEqual([]);
    expect(findAll(files, /^\s*(?:export\s+)?(?:declare\s+)?namespace\s/gm)).toEqual([]);
    expect(findAll(files, /\bexport\s+default\b/g)).toEqual([]);
    const classes = files.flatMap((file) =>
      [...file.code.matchAll(/^\s*(?:export\s+)?(?:abstract\s+)?class\s+(\w+)/gm)].map(
        (hit) => `${file.path} ${hit[1]}`,
      ),
    );
    expect(classes).toEqual(['src/base/errors.ts PipelineError']);
  });

  it('no any and no non-null assertion', () => {
    expect(findAll(files, /(?::|\bas|<|\||&|\bextends)\s*any\b/g)).toEqual([]);
    expect(findAll(files, /[\w)\]]!(?=[.[(;,)\s])(?!\s*=)/g)).toEqual([]);
  });
});

describe('the start', () => {
  it('help loads commander, the list of commands and nothing else that costs a cold start', () => {
    const pattern = /(?:^|\n)import (?!type\b)[^;]*?from '([^']+)'/g;
    const loaded = ['src/cli/main.ts', 'src/cli/commands.ts'].flatMap((path) =>
      [...(files.find((file) => file.path === path)?.text ?? '').matchAll(pattern)].map(
        (hit) => hit[1],
      ),
    );
    expect(loaded.sort()).toEqual([
      './commands.ts',
      'commander',
      'node:fs',
      'node:path',
      'node:url',
    ]);
  });
});

describe('faults', () => {
  it('every row of the fault table that concerns files and runs has a test that begins with its number', () => {
    const tests = [...filesBelow(join(root, 'test')), ...filesBelow(source)].filter((path) =>
      path.endsWith('.test.ts'),
    );
    const named = new Set(
      tests.flatMap((path) => {
        // In the corpus a test's name is its row; elsewhere `row 13: …`, `rows 13 and 14: …`.
        const pattern = path.includes('corpus')
          ? /['`](\d+)(?: and (\d+))?: /g
          : /['`](?:fault )?rows? (\d+)(?: and (\d+))?: /g;
        const found = [...readFileSync(path, 'utf8').matchAll(pattern)];
        return found.flatMap(([, one, other]) => [Number(one), Number(other)]);
      }),
    );
    const rows = [
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19],
      ...Array.from({ length: 34 }, (_, index) => 20 + index),
    ];
    expect(rows.filter((row) => !named.has(row))).toEqual([]);
  });
});

describe('the world', () => {
  const outside = (allowed: string): readonly SourceFile[] =>
    written.filter((file) => !file.path.startsWith(allowed));

  it('only engine/duckdb imports the DuckDB package, only engine/spark/connect gRPC', () => {
    const duckdb = imports.filter(
      // A test may look at a file as a stranger's DuckDB would.
      (one) =>
        !one.from.isTest &&
        one.specifier.startsWith('@duckdb/') &&
        !one.from.path.startsWith('src/engine/duckdb/'),
    );
    const grpc = imports.filter(
      (one) =>
        one.specifier.startsWith('@grpc/') &&
        !one.from.path.startsWith('src/engine/spark/connect/'),
    );
    expect([...duckdb, ...grpc].map(show)).toEqual([]);
  });

  it('only cli prints or exits', () => {
    const pattern = /\bprocess\.(?:stdout|stderr|exit|exitCode|abort)\b|\bconsole\.\w+\(/g;
    expect(findAll(outside('src/cli/'), pattern)).toEqual([]);
  });

  it('only base reads the environment, the clock and chance', () => {
    const pattern =
      /\bprocess\.(?:env|argv|cwd)\b|\bDate\.now\(|\bnew Date\(\s*\)|\bMath\.random\(|\bperformance\.now\(|\brandomUUID\b|\bprocess\.(?:hrtime|constrainedMemory|availableMemory|memoryUsage|getuid|uptime)\b/g;
    expect(
      findAll(
        outside('src/base/').filter((file) => file.room !== 'cli'),
        pattern,
      ),
    ).toEqual([]);
    const system = imports.filter(
      ({ from, specifier }) =>
        written.includes(from) &&
        !/\/toy-[^/]+\.ts$/.test(from.path) &&
        /^(?:node:)?(?:os|process|worker_threads|perf_hooks)$/.test(specifier) &&
        from.room !== 'base',
    );
    expect(system.map(show)).toEqual([]);
    const clockInCli = /\bDate\.now\(|\bnew Date\(\s*\)|\bMath\.random\(|\bprocess\.env\b/g;
    expect(
      findAll(
        written.filter((file) => file.room === 'cli'),
        clockInCli,
      ),
    ).toEqual([]);
  });

  it('no module keeps something that changes, but what a process has once', () => {
    const kept =
      /^(?:export )?(?:let \w+|const \w+[^=\n]*= new (?:Map|Set|WeakMap|WeakSet|Array)(?:<[^\n]*>)?\(\);|const \w+[^=\n]*= (?:\[\]|\{\});)/gm;
    const found = written.flatMap((file) =>
      [...file.code.matchAll(kept)].map(
        ([text]) => `${file.path} ${text.split(/[:=]/)[0]?.trim()}`,
      ),
    );
    expect(found).toEqual([
      'src/base/node-effects.ts let bootId',
      'src/engine/duckdb/file-lock.ts const heldHere',
    ]);
  });

  it('nothing is left undone in words', () => {
    expect(findAll(files, /\b(?:TODO|FIXME)\b/g, true)).toEqual([]);
  });
});
