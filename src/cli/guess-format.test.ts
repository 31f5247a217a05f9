import { expect, it } from 'vitest';
import { guessFormat } from './guess-format.ts';

it('tells how dates are written from what only a day can be', () => {
  expect(guessFormat(['03/02/2025', '28/02/2025'])).toEqual(['dd/MM/yyyy']);
  expect(guessFormat(['2.3.25', '2.28.25'])).toEqual(['MM.dd.yy']);
});

it('names both formats when day and month cannot be told apart', () => {
  expect(guessFormat(['03/02/2025'])).toEqual(['dd/MM/yyyy', 'MM/dd/yyyy']);
});

it('proposes nothing for what is written in several ways, for no dates and for none', () => {
  expect(guessFormat(['2025-02-03', '2025-02-28'])).toBe('iso');
  expect(guessFormat(['03/02/2025', '2025-02-28'])).toBeUndefined();
  expect(guessFormat(['28/02/2025', '02/28/2025'])).toBeUndefined();
  expect(guessFormat(['present'])).toBeUndefined();
  expect(guessFormat([])).toBeUndefined();
});
