import { PipelineError, pipelineError } from '../../base/index.ts';
import { engineErrors } from '../errors.ts';

const categories: readonly (readonly [RegExp, keyof typeof engineErrors, string])[] = [
  [/^(Out of Memory|OutOfMemory)/i, 'engine.memory', 'out of memory'],
  [/^INTERRUPT/i, 'engine.interrupted', 'interrupted'],
  [/^Conversion Error/i, 'engine.value', 'conversion'],
  [/^Out of Range Error/i, 'engine.value', 'out of range'],
  [/^Constraint Error/i, 'engine.value', 'constraint'],
  [/^Invalid Input Error/i, 'engine.value', 'invalid input'],
  [/^Parser Error/i, 'engine.query', 'syntax'],
  [/^Binder Error: Ambiguous/i, 'engine.query', 'a column that several of its relations have'],
  [/^Binder Error: [^"\n]*column/i, 'engine.query', 'an unknown column'],
  [/^Binder Error/i, 'engine.query', 'a name or a type does not fit'],
  [/^Catalog Error/i, 'engine.query', 'an unknown relation or function'],
  [/^Permission Error/i, 'engine.query', 'it reads or writes what it may not'],
  [/^Not implemented Error/i, 'engine.query', 'not supported'],
];

/** Names that a message may tell: what a query got wrong, taken only from words that stand in the query itself. */
const ownWord = (message: string, statement: string): string | undefined => {
  const first = message.split('\n')[0] ?? '';
  const named = /"([A-Za-z_][A-Za-z0-9_.]*)"|with name ([A-Za-z_][A-Za-z0-9_.]*)/.exec(first);
  const word = named?.[1] ?? named?.[2];
  if (word === undefined) return undefined;
  // Only as an identifier: inside quotes it would be a value of the caller.
  const bare = statement.replaceAll(/'(?:[^']|'')*'/g, "''");
  return bare.includes(word) ? word : undefined;
};

/** Turns an engine message, which may quote cells, into a sentence of ours. */
export const translateError = (
  error: unknown,
  context: { readonly statement: string; readonly limitBytes: number },
): PipelineError => {
  if (error instanceof PipelineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (
    /failed to (write|create|open|offload|sync)|No space|max_temp_directory_size|Could not (write|create)|cannot be written|Could not set|Read-only file|Permission denied|Disk quota|File too large/i.test(
      message,
    )
  ) {
    const room = /max_temp_directory_size|offload/i.test(message);
    return room
      ? pipelineError(
          engineErrors,
          'engine.memory',
          { limitBytes: context.limitBytes },
          {
            hint: 'Free disk space for the spill folder data/tmp, or raise --memory-limit.',
          },
        )
      : pipelineError(engineErrors, 'engine.disk', { act: 'write' });
  }
  if (/^IO Error/i.test(message)) return pipelineError(engineErrors, 'engine.missing-file', {});
  for (const [pattern, code, category] of categories) {
    if (!pattern.test(message)) continue;
    if (code === 'engine.memory') {
      return pipelineError(
        engineErrors,
        code,
        { limitBytes: context.limitBytes },
        {
          hint: 'Raise --memory-limit, or give the spill folder data/tmp more room.',
        },
      );
    }
    if (code !== 'engine.query') return pipelineError(engineErrors, code, { category } as never);
    return pipelineError(engineErrors, code, {
      category,
      word: ownWord(message, context.statement),
    });
  }
  return pipelineError(engineErrors, 'engine.failed', {
    category: message.split(':')[0]?.slice(0, 40) ?? 'unknown',
  });
};
