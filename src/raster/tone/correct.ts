/**
 * The tone field: what has to be added to the returned frame so that it meets the source. The model shifts the whole
 * frame, unevenly (facts/products.md 3.4), and in the context of the mask both frames are known. For each colour several
 * explanations of their difference compete: none, a formula of level and place (model.ts), and either with a membrane over
 * what the formula leaves (membrane.ts). Each is fitted to one half of the context, in blocks like a chessboard, and judged
 * by the other half; the best is fitted again to all of it.
 */
import type { Size } from '../../fill/geometry.ts';
import { clipBox, expandBox } from '../../mask/box.ts';
import { bounds } from '../../mask/measure.ts';
import { cellSide, cellsOf, type Cells } from './cells.ts';
import { membrane, sampleGrid, smoothed, type Grid } from './membrane.ts';
import { deviationOf, fit, levelTable, placeValue, residualOf, trust, type Model, type Term } from './model.ts';

/** From simple to rich. */
const formulas: readonly (readonly Term[])[] = [
  [],
  ['offset'],
  ['gamma'],
  ['offset', 'gain'],
  ['offset', 'gain', 'gamma'],
  ['offset', 'x', 'y'],
  ['offset', 'x', 'y', 'xx', 'xy', 'yy'],
  ['offset', 'x', 'y', 'xx', 'xy', 'yy', 'xxx', 'xxy', 'xyy', 'yyy'],
];

/** A frame of 8 bits is rounded: below this mean residual, in levels, nothing is told apart, and the simplest formula wins. */
const rounding = 0.3;

/**
 * A formula of the level must beat every formula of the place by this factor: where the context has few levels it fits by
 * chance, and what it then says of the levels inside the mask is far off.
 */
const levelFactor = 0.5;

/**
 * Side of a block of the chessboard, in cells: a quarter of the window, so that both halves have blocks, and between these
 * limits. Only over blocks as wide as a hole it shows who can bridge one: over small ones a membrane does as well as any
 * formula.
 */
const blocks = { perSide: 4, least: 6, most: 14 } as const;

/** What a term and the membrane cost, as a share of the residual. */
const termCost = 0.004;
const membraneCost = 0.05;

/** Rounds of relaxation: the holes between the blocks of the trial are small. */
const trialSweeps = 10;
const finalSweeps = 80;

/** A cell further from its explanation counts as this many levels: what was drawn anew says nothing about a shift. */
const worstResidual = 4;

/** Cells of context that a field needs. */
const leastCells = 24;

/** How far beyond the levels seen in the context a formula is believed. */
const beyond = 64;

/** Pixels around the hole that scaling may reach: three for each that an enlarged window is shrunk by. */
const around = 64;

/** A formula and its mean absolute residual over the half it has not seen, alone and with a membrane. */
interface Tried {
  readonly terms: readonly Term[];
  readonly plain: number;
  readonly withRest: number;
}

interface Choice {
  readonly terms: readonly Term[];
  readonly withRest: boolean;
}

interface Explanation {
  readonly model: Model;
  /** What the formula leaves over, over the whole grid. */
  readonly rest?: Grid;
}

/** What `model` leaves over, as a membrane over the whole grid. */
const restOf = (model: Model, cells: Cells, weight: Float32Array, sweeps: number): Grid => {
  const residual = { columns: cells.columns, rows: cells.rows, values: residualOf(model, cells) };
  // Only what stands out of its neighbours is an outlier here: a shift that varies leaves large but smooth residuals.
  const near = smoothed(residual, weight).values;
  const detail = residual.values.map((value, cell) => value - near[cell]);
  const deviation = deviationOf(detail, weight);
  const trusted = weight.map((value, cell) => value * trust(detail[cell], deviation));
  const first = membrane(residual, trusted, sweeps);
  // Smoothing at the edge of the hole sees one side only; what it missed there is added (Tukey's twicing).
  const missed = residual.values.map((value, cell) => value - first.values[cell]);
  const second = membrane({ ...residual, values: missed }, trusted, sweeps);
  return { ...first, values: first.values.map((value, cell) => value + second.values[cell]) };
};

const ofLevel = (terms: readonly Term[]): boolean => terms.includes('gain') || terms.includes('gamma');

const choose = (tried: readonly Tried[]): Choice => {
  const ofPlace = tried.filter(({ terms }) => !ofLevel(terms));
  const plainOfPlace = Math.min(...ofPlace.map(({ plain }) => plain));
  const restOfPlace = Math.min(...ofPlace.map(({ withRest }) => withRest));
  const choices = tried
    .filter(
      ({ terms, plain, withRest }) =>
        !ofLevel(terms) || plain < levelFactor * plainOfPlace || withRest < levelFactor * restOfPlace,
    )
    .flatMap(({ terms, plain, withRest }) => [
      { terms, withRest: false, cost: plain * (1 + termCost * terms.length) },
      { terms, withRest: true, cost: withRest * (1 + termCost * terms.length + membraneCost) },
    ]);
  return choices.reduce((one, other) => (other.cost < one.cost ? other : one));
};

/** Mean absolute residual over the cells of `weight`. */
const score = ({ model, rest }: Explanation, cells: Cells, weight: Float32Array): number => {
  const residual = residualOf(model, cells);
  let sum = 0;
  let total = 0;
  for (let cell = 0; cell < weight.length; cell++) {
    if (weight[cell] === 0) continue;
    sum += weight[cell] * Math.min(worstResidual, Math.abs(residual[cell] - (rest?.values[cell] ?? 0)));
    total += weight[cell];
  }
  return total === 0 ? Infinity : sum / total;
};

/** The explanation that does best on the half it has not seen, fitted to everything. */
const best = (cells: Cells): Explanation => {
  const fair = Math.floor(Math.min(cells.columns, cells.rows) / blocks.perSide);
  const block = Math.max(blocks.least, Math.min(blocks.most, fair));
  const half = (odd: number): Float32Array =>
    cells.weight.map((weight, cell) => {
      const column = Math.floor((cell % cells.columns) / block);
      const row = Math.floor(cell / cells.columns / block);
      return (column + row) % 2 === odd ? weight : 0;
    });
  const halves = [half(0), half(1)];
  const fitted: (Omit<Tried, 'withRest'> & { readonly models: readonly Model[] })[] = [];
  for (const terms of formulas) {
    const models = halves.map((learned) => fit(terms, cells, learned));
    const scores = models.map((model, index) => score({ model }, cells, halves[1 - index]));
    const plain = (scores[0] + scores[1]) / 2;
    if (plain <= rounding) return { model: fit(terms, cells, cells.weight) };
    fitted.push({ terms, models, plain });
  }
  const tried = fitted.map(({ terms, models, plain }): Tried => {
    const scores = models.map((model, index) => {
      const rest = restOf(model, cells, halves[index], trialSweeps);
      return score({ model, rest }, cells, halves[1 - index]);
    });
    return { terms, plain, withRest: (scores[0] + scores[1]) / 2 };
  });
  const { terms, withRest } = choose(tried);
  const model = fit(terms, cells, cells.weight);
  return withRest ? { model, rest: restOf(model, cells, cells.weight, finalSweeps) } : { model };
};

/** Mean of source - returned where `returned` was clipped at `end`; undefined where that is seen too rarely. */
const clippedShift = (
  source: Uint8Array,
  returned: Uint8Array,
  hole: Uint8Array,
  band: number,
  end: number,
): number | undefined => {
  let sum = 0;
  let count = 0;
  for (let pixel = 0; pixel < hole.length; pixel++) {
    if (hole[pixel] !== 0 || returned[pixel * 3 + band] !== end) continue;
    sum += source[pixel * 3 + band] - end;
    count += 1;
  }
  return count < cellSide * cellSide ? undefined : sum / count;
};

const levelRange = ({ level, weight }: Cells): { low: number; high: number } => {
  let low = 255;
  let high = 0;
  for (let cell = 0; cell < level.length; cell++) {
    if (weight[cell] === 0) continue;
    low = Math.min(low, level[cell]);
    high = Math.max(high, level[cell]);
  }
  return { low: Math.max(0, Math.floor(low) - beyond), high: Math.min(255, Math.ceil(high) + beyond) };
};

/**
 * Adds the tone field to `returned` in place: in the hole and far enough around it that scaling afterwards mixes nothing
 * uncorrected into the hole. `source` and `returned` are 8-bit sRGB of `size`, three bands; `hole` is 0 where the model was
 * to change nothing. A frame without a shift stays exactly as it is, and so does one with too little context to learn from.
 */
export const correctTone = (source: Uint8Array, returned: Uint8Array, hole: Uint8Array, size: Size): void => {
  const inside = bounds({ ...size, data: hole });
  const box = inside && clipBox(expandBox(inside, around), size);
  if (box === null) return;
  for (let band = 0; band < 3; band++) {
    const cells = cellsOf(source, returned, hole, size, band);
    if (cells.weight.filter((weight) => weight > 0).length < leastCells) continue;
    const { model, rest } = best(cells);
    if (model.terms.length === 0 && rest === undefined) continue;
    const table = levelTable(model, levelRange(cells));
    const black = clippedShift(source, returned, hole, band, 0);
    const white = clippedShift(source, returned, hole, band, 255);
    for (let y = box.y; y < box.y + box.height; y++) {
      const row = (y + 0.5) / cellSide - 0.5;
      for (let x = box.x; x < box.x + box.width; x++) {
        const column = (x + 0.5) / cellSide - 0.5;
        const at = (y * size.width + x) * 3 + band;
        const value = returned[at];
        const clipped = value === 0 ? black : value === 255 ? white : undefined;
        const shift =
          clipped ??
          table[value] +
            placeValue(model, cells, column, row) +
            (rest === undefined ? 0 : sampleGrid(rest, column, row));
        returned[at] = Math.max(0, Math.min(255, Math.round(value + shift)));
      }
    }
  }
};
