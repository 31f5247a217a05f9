import type { Effects } from '../base/index.ts';
import type { Output } from './output.ts';

export type CommandOption = {
  /** As commander reads it: `--memory-limit <size>`. */
  readonly flags: string;
  readonly description: string;
};

export type CommandArgument = {
  /** `<required>`, `[optional]`, `[many...]`. */
  readonly name: string;
  readonly description: string;
};

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** What a command gets: its arguments, its options, where to print, and the world. */
export type CommandContext = {
  readonly args: readonly (string | undefined)[];
  readonly options: OptionValues;
  readonly output: Output;
  readonly projectFolder: string;
  readonly effects: Effects;
  readonly signal: AbortSignal;
  /** Folder of the installed package: contracts/ and models/ lie in it. */
  readonly packageFolder: string;
  readonly version: string;
};

/** One command as data; its code is loaded when it is called. */
export type Command = {
  readonly name: string;
  readonly summary: string;
  readonly args: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  readonly examples: readonly string[];
  readonly load: () => Promise<{ readonly run: (context: CommandContext) => Promise<number> }>;
};
