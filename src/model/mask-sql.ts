import type { Place } from '../base/index.ts';

const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$\$[\s\S]*?\$\$/g;

/** The SQL with strings, quoted names and comments blanked out, every other character where it was. */
export const maskSql = (text: string): string =>
  text.replaceAll(quoted, (found) => found.replaceAll(/[^\n]/g, ' '));

/** Place of a character (0-based) of a file's text; line and column from 1. */
export const placeOfCharacter = (file: string, text: string, character: number): Place => {
  const before = text.slice(0, character);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    file,
    line: before.split('\n').length,
    column: character - lineStart + 1,
  };
};

/** Place of a byte offset as the engine's parser counts: UTF-8 bytes from the start of the text. */
export const placeOfByte = (file: string, text: string, byte: number): Place =>
  placeOfCharacter(file, text, Buffer.from(text, 'utf8').subarray(0, byte).toString('utf8').length);
