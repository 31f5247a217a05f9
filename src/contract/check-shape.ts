import type { z } from 'zod';
import {
  type Compiled,
  closestHint,
  type PipelineError,
  pipelineError,
  problems,
} from '../base/index.ts';
import { contractErrors } from './errors.ts';
import type { Shape } from './text-shapes.ts';
import { type Path, valueAt, type YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

const asPath = (path: readonly PropertyKey[]): Path =>
  path.map((step) => (typeof step === 'number' ? step : String(step)));

/** `feeds.students.columns[2]`, as a user would say it; the whole tree is "The file". */
export const dotted = (path: Path): string =>
  path.reduce<string>(
    (said, step) =>
      typeof step === 'number' ? `${said}[${step}]` : said === '' ? step : `${said}.${step}`,
    '',
  );

const sectionName = (path: Path): string => (path.length === 0 ? 'The file' : dotted(path));

const toProblems = (issue: Issue, source: YamlSource, base: Path): readonly PipelineError[] => {
  const path = [...base, ...asPath(issue.path)];
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ');
    return issue.keys.map((key) =>
      pipelineError(
        contractErrors,
        'config.unknown-key',
        { key, section: sectionName(path) },
        { place: source.placeOf([...path, key], 'key'), hint: closestHint(key, known) },
      ),
    );
  }
  if (issue.code === 'invalid_key') {
    const expected = issue.issues[0]?.message ?? 'another name';
    return [
      pipelineError(
        contractErrors,
        'config.wrong-value',
        { key: `The key ${dotted(path)}`, expected },
        { place: source.placeOf(path, 'key') },
      ),
    ];
  }
  if (valueAt(source.value, path) === undefined && path.length > 0) {
    const facts = { key: String(path.at(-1)), section: sectionName(path.slice(0, -1)) };
    return [
      pipelineError(contractErrors, 'config.missing-key', facts, {
        place: source.placeOf(path.slice(0, -1), 'key'),
        hint: `It is ${issue.message}.`,
      }),
    ];
  }
  return [
    pipelineError(
      contractErrors,
      'config.wrong-value',
      { key: sectionName(path), expected: issue.message },
      { place: source.placeOf(path) },
    ),
  ];
};

/** Reads the part of a source at `path` by a shape; every problem, each with its line and column. */
export const checkShape = <T>(
  shape: Shape<T>,
  source: YamlSource,
  path: Path = [],
): Compiled<T> => {
  const parsed = shape.safeParse(valueAt(source.value, path));
  return parsed.success
    ? { kind: 'ok', value: parsed.data }
    : problems(parsed.error.issues.flatMap((issue) => toProblems(issue, source, path)));
};
