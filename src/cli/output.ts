import type { PipelineError } from '../base/index.ts';

/** The only way to print: data goes to stdout, talk to stderr. */
export type Output = {
  /** Data, as it is, with a newline. */
  readonly data: (text: string) => Promise<void>;
  /** Talk to a person; silent with --quiet. */
  readonly talk: (text: string) => void;
  /** An error or a warning; printed even with --quiet. */
  readonly alarm: (text: string) => void;
  /** A line that the next one overwrites; only on a terminal. */
  readonly progress: (text: string) => void;
  /** Completes the commands in a hint, so that they can be typed as they stand. */
  readonly toType: (hint: string) => string;
  readonly json: boolean;
  readonly isTerminal: boolean;
  readonly style: (text: string, kind: 'bold' | 'dim' | 'red' | 'yellow' | 'green') => string;
};

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Output of this process. `quiet` and `json` leave only data and alarms; progress and colours need a terminal. */
export const createOutput = (options: {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly noColor: boolean;
  readonly toType?: ((hint: string) => string) | undefined;
}): Output => {
  const isTerminal = process.stderr.isTTY === true && !options.quiet;
  let pending = false;
  const clear = (): void => {
    if (pending) process.stderr.write('\r\u001b[2K');
    pending = false;
  };
  return {
    toType: options.toType ?? ((hint) => hint),
    data: (text) =>
      new Promise((resolve) => {
        clear();
        process.stdout.write(`${text}\n`, () => resolve());
      }),
    talk: (text) => {
      if (options.quiet || options.json) return;
      clear();
      process.stderr.write(`${text}\n`);
    },
    alarm: (text) => {
      clear();
      process.stderr.write(`${text}\n`);
    },
    progress: (text) => {
      if (!isTerminal || options.json) return;
      const width = process.stderr.columns ?? 80;
      process.stderr.write(`\r\u001b[2K${text.slice(0, width - 1)}`);
      pending = true;
    },
    json: options.json,
    isTerminal,
    style: (text, kind) =>
      isTerminal && !options.noColor ? `\u001b[${codes[kind]}m${text}\u001b[0m` : text,
  };
};

const place = (error: PipelineError): string => {
  if (error.place === undefined) return '';
  const { file, line, column } = error.place;
  return `  ${[file, line, column].filter((part) => part !== undefined).join(':')}`;
};

/** Control characters in a name must not move the cursor of whoever reads the message. */
export const printable = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );

/** What happened, where, what it means, what to do: the lines of an error. */
export const errorLines = (error: PipelineError, { toType }: Pick<Output, 'toType'>): string => {
  const lines = [`error ${error.code}${printable(place(error))}`, `  ${printable(error.message)}`];
  if (error.hint !== undefined)
    lines.push(...error.hint.split('\n').map((line) => `  ${printable(toType(line))}`));
  return lines.join('\n');
};
