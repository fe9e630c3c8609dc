/** Runs of equal bytes, passed four at a time: what is flat in a mask, which is most of it. */

/** The same bytes by four; empty where they do not begin at a word. */
export const wordsOf = ({ buffer, byteOffset, length }: Uint8Array): Uint32Array =>
  byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : new Uint32Array(0);

const four = (value: number): number => Math.imul(value, 0x01010101) >>> 0;

/** The first index from `from` on that does not hold `value`; `to` where all up to it do. `words`: `wordsOf(data)`. */
export const runEnd = (data: Uint8Array, words: Uint32Array, value: number, from: number, to: number): number => {
  const word = four(value);
  let at = from;
  while (at < to && (at & 3) !== 0 && data[at] === value) at++;
  if ((at & 3) === 0) while (at + 4 <= to && words[at >> 2] === word) at += 4;
  while (at < to && data[at] === value) at++;
  return at;
};

/** One past the last index before `to` that does not hold `value`; `from` where all from it on do. */
export const runStart = (data: Uint8Array, words: Uint32Array, value: number, from: number, to: number): number => {
  const word = four(value);
  let at = to;
  while (at > from && (at & 3) !== 0 && data[at - 1] === value) at--;
  if ((at & 3) === 0) while (at - 4 >= from && words[(at >> 2) - 1] === word) at -= 4;
  while (at > from && data[at - 1] === value) at--;
  return at;
};
