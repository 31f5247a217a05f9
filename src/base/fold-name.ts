/**
 * A name without case, blanks and punctuation, so that `Student ID`, `student_id` and `STUDENT-ID`
 * meet. A percent sign changes the unit and stays, as a word. Empty when nothing but punctuation is left.
 */
export const foldName = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll('%', 'percent')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '');
