/** Resolves after so many milliseconds; after none, once the page has done what waits already. */
export const pause = (milliseconds = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
