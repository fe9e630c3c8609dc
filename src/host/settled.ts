/** Reads anew until `mark` is after the reading what it was before: the answer is of one moment, whatever changed meanwhile. */
export const settled = async <T>(mark: () => unknown, read: () => Promise<T>): Promise<T> => {
  for (;;) {
    const before = mark();
    const value = await read();
    if (Object.is(before, mark())) return value;
  }
};
