/** The tools, as a table: what each is called, its key, and what a gesture with it does. */
import type { CombineMode, Part } from '../../mask/combine.ts';
import type { Size } from '../../fill/geometry.ts';
import { ellipsePart, polygonPart, rectanglePart } from '../../mask/shapes.ts';
import { taper, type Point, type StrokeMode } from '../../mask/strokes.ts';
import type { TextKey } from '../../protocol/texts.ts';
import type { IconName } from '../icons.ts';
import type { MaskEditor } from '../mask.ts';
import { boxBetween, squareTo, type Outline } from './outline.ts';

export type ToolId =
  'brush' | 'eraser' | 'rectangle' | 'ellipse' | 'lasso' | 'polygon' | 'wand' | 'bucket' | 'move' | 'hand';

/** A place of the pointer or of the keyboard's cursor, on the image and on the stage (device pixels). */
export interface Sample {
  readonly image: Point;
  readonly stage: Point;
  /** Of a pen, 0 to 1; 1 for everything else. */
  readonly pressure: number;
  readonly shift: boolean;
}

/** What was held when a gesture began. */
export interface Held {
  readonly shift: boolean;
  /** The mode that counts: of the keys that were held, or the chosen one. */
  readonly mode: CombineMode;
  /** Begun with the right button. */
  readonly erase: boolean;
}

export interface Gesture {
  move(samples: readonly Sample[]): void;
  end(): void;
  cancel(): void;
  /** A gesture of several presses: the next one. False: it closes the shape. */
  press?(at: Sample): boolean;
  /** Takes the last press back; false where none is left. */
  back?(): boolean;
}

/** What the chosen tools work with, beside the size of the brush. */
export interface ToolOptions {
  /** Percent. */
  readonly hardness: number;
  /** The pressure of a pen scales the size. */
  readonly pressure: boolean;
  readonly mode: CombineMode;
  /** Largest difference of a channel, 0 to 255. */
  readonly tolerance: number;
  readonly contiguous: boolean;
}

export const initialOptions: ToolOptions = {
  hardness: 100,
  pressure: false,
  mode: 'add',
  tolerance: 24,
  contiguous: true,
};

export interface ToolContext {
  readonly editor: MaskEditor;
  /** Of the mask. */
  size(): Size;
  brush(): Pick<ToolOptions, 'hardness' | 'pressure'> & { readonly size: number };
  /** Where the last stroke ended. */
  lastStroke: Point | null;
  pan(dx: number, dy: number): void;
  /** Shows the shape that is being drawn. */
  outline(outline: Outline | null): void;
  /** True where two image points lie within some CSS pixels of each other on the screen. */
  near(a: Point, b: Point, distance: number): boolean;
  /** Puts a finished shape into the mask and says so; null is a shape beside the image. */
  mark(part: Part | null, mode: CombineMode, tool: ToolId): void;
  /** Selects from a point, as wand or bucket do. */
  select(tool: 'wand' | 'bucket', at: Point, mode: CombineMode): void;
  moved(dx: number, dy: number): void;
}

export interface Tool {
  readonly id: ToolId;
  /** Tools of one key take turns. */
  readonly key: string;
  readonly otherKey?: string;
  readonly icon: IconName;
  readonly text: TextKey;
  /** What can be done with it, for the row of options. */
  readonly hint?: TextKey;
  /** `ring`: the brush; `cross`; `grab`; `move`. */
  readonly cursor: 'ring' | 'cross' | 'grab' | 'move';
  /** What can be chosen for it. */
  readonly options: readonly ('size' | 'hardness' | 'pressure' | 'tolerance' | 'contiguous')[];
  readonly modes: readonly CombineMode[];
  /** What Enter does at the cursor: all of it at once, or the first point of it. */
  readonly enter: 'acts' | 'starts' | 'nothing';
  start(context: ToolContext, at: Sample, held: Held): Gesture;
}

/** The pixel that a point lies in. The keyboard's cursor may stand on the far edge, which is none: the last one before it. */
export const pixelAt = ({ x, y }: Point, { width, height }: Size): Point => ({
  x: x === width ? width - 1 : Math.floor(x),
  y: y === height ? height - 1 : Math.floor(y),
});

const strokeWith =
  (mode: StrokeMode) =>
  (context: ToolContext, at: Sample, held: Held): Gesture => {
    const { size, hardness, pressure } = context.brush();
    const brush = { hardness: hardness / 100, mode: held.erase ? 'erase' : mode } as const;
    const sizeAt = (sample: Sample): number => (pressure ? Math.max(1, size * sample.pressure) : size);
    /** A brush of one pixel marks whole pixels, not a share of those around the point. */
    const placeOf = ({ image }: Sample): Point => {
      if (size > 1) return image;
      const { x, y } = pixelAt(image, context.size());
      return { x: x + 0.5, y: y + 0.5 };
    };
    let last = { at: placeOf(at), size: sizeAt(at) };
    const from = held.shift ? (context.lastStroke ?? last.at) : last.at;
    context.editor.stroke(from, last.at, { ...brush, size: last.size });
    return {
      move(samples) {
        for (const sample of samples) {
          const next = { at: placeOf(sample), size: sizeAt(sample) };
          for (const piece of taper(last.at, next.at, last.size, next.size))
            context.editor.stroke(piece.from, piece.to, { ...brush, size: piece.size });
          last = next;
        }
      },
      end() {
        context.editor.commit();
        context.lastStroke = last.at;
      },
      cancel: () => context.editor.abandon(),
    };
  };

const newest = (samples: readonly Sample[]): Sample => samples[samples.length - 1];

/** Between two corners. Shift makes it as wide as high, once it was up after the gesture began. */
const cornered =
  (id: 'rectangle' | 'ellipse') =>
  (context: ToolContext, at: Sample, held: Held): Gesture => {
    let shiftCounts = !held.shift;
    let corner = at.image;
    return {
      move(samples) {
        shiftCounts ||= samples.some((sample) => !sample.shift);
        const { image, shift } = newest(samples);
        corner = shift && shiftCounts ? squareTo(at.image, image) : image;
        context.outline({ kind: id, box: boxBetween(at.image, corner) });
      },
      end() {
        context.outline(null);
        if (corner.x === at.image.x && corner.y === at.image.y) return;
        const box = boxBetween(at.image, corner);
        const part = id === 'rectangle' ? rectanglePart(box, context.size()) : ellipsePart(box, context.size());
        context.mark(part, held.mode, id);
      },
      cancel: () => context.outline(null),
    };
  };

const lasso = (context: ToolContext, at: Sample, held: Held): Gesture => {
  const points = [at.image];
  return {
    move(samples) {
      for (const { image } of samples) points.push(image);
      context.outline({ kind: 'lasso', points });
    },
    end() {
      context.outline(null);
      if (points.length > 2) context.mark(polygonPart(points, context.size()), held.mode, 'lasso');
    },
    cancel: () => context.outline(null),
  };
};

/** CSS pixels from the first corner within which a press closes, and from the last one within which it sets no new one. */
const closes = 8;
const repeats = 2;

const polygon = (context: ToolContext, at: Sample, held: Held): Gesture => {
  const corners = [at.image];
  let cursor = at.image;
  const show = (): void => context.outline({ kind: 'polygon', points: corners, cursor });
  show();
  return {
    move(samples) {
      cursor = newest(samples).image;
      show();
    },
    press({ image }) {
      if (corners.length > 2 && context.near(image, corners[0], closes)) return false;
      cursor = image;
      if (!context.near(image, corners[corners.length - 1], repeats)) corners.push(image);
      show();
      return true;
    },
    back() {
      corners.pop();
      show();
      return corners.length > 0;
    },
    end() {
      context.outline(null);
      if (corners.length > 2) context.mark(polygonPart(corners, context.size()), held.mode, 'polygon');
    },
    cancel: () => context.outline(null),
  };
};

/** Acts where it was pressed, when it is let go, so that Escape still can take it back. */
const selectWith =
  (tool: 'wand' | 'bucket') =>
  (context: ToolContext, at: Sample, held: Held): Gesture => ({
    move() {},
    end: () => context.select(tool, at.image, held.mode),
    cancel() {},
  });

const moveMask = (context: ToolContext, at: Sample): Gesture => {
  // Lifted when it is moved: until then the mask may change by a key.
  let part: Part | null = null;
  let dx = 0;
  let dy = 0;
  return {
    move(samples) {
      const { image } = newest(samples);
      const x = Math.round(image.x - at.image.x);
      const y = Math.round(image.y - at.image.y);
      if (x === dx && y === dy) return;
      part ??= context.editor.lift();
      if (part === null) return;
      const { box } = part;
      context.editor.move(part, { x: box.x + dx, y: box.y + dy }, { x: box.x + x, y: box.y + y });
      dx = x;
      dy = y;
    },
    end() {
      context.editor.commit();
      context.moved(dx, dy);
    },
    cancel: () => context.editor.abandon(),
  };
};

export const dragView = (context: Pick<ToolContext, 'pan'>, at: Sample): Gesture => {
  let last = at.stage;
  return {
    move(samples) {
      const { stage } = newest(samples);
      context.pan(stage.x - last.x, stage.y - last.y);
      last = stage;
    },
    end() {},
    cancel() {},
  };
};

const stroke = { cursor: 'ring', options: ['size', 'hardness', 'pressure'], modes: [], enter: 'acts' } as const;
const allModes = ['replace', 'add', 'subtract', 'intersect'] as const;
const shape = { cursor: 'cross', options: [], modes: allModes, enter: 'starts' } as const;
const view = { options: [], modes: [], enter: 'nothing' } as const;

export const tools: readonly Tool[] = [
  { id: 'brush', key: 'B', icon: 'brush', text: 'tool.brush', ...stroke, start: strokeWith('paint') },
  { id: 'eraser', key: 'E', icon: 'eraser', text: 'tool.eraser', ...stroke, start: strokeWith('erase') },
  {
    id: 'rectangle',
    key: 'M',
    otherKey: 'R',
    icon: 'rectangle',
    text: 'tool.rectangle',
    ...shape,
    start: cornered('rectangle'),
  },
  { id: 'ellipse', key: 'M', icon: 'ellipse', text: 'tool.ellipse', ...shape, start: cornered('ellipse') },
  { id: 'lasso', key: 'L', icon: 'lasso', text: 'tool.lasso', ...shape, start: lasso },
  { id: 'polygon', key: 'L', icon: 'polygon', text: 'tool.polygon', hint: 'hint.polygon', ...shape, start: polygon },
  {
    id: 'wand',
    key: 'W',
    icon: 'wand',
    text: 'tool.wand',
    cursor: 'cross',
    options: ['tolerance', 'contiguous'],
    modes: allModes,
    enter: 'acts',
    start: selectWith('wand'),
  },
  {
    id: 'bucket',
    key: 'G',
    icon: 'bucket',
    text: 'tool.bucket',
    hint: 'hint.bucket',
    cursor: 'cross',
    options: [],
    modes: ['add', 'subtract'],
    enter: 'acts',
    start: selectWith('bucket'),
  },
  {
    id: 'move',
    key: 'V',
    icon: 'move',
    text: 'tool.move',
    hint: 'hint.move',
    cursor: 'move',
    ...view,
    start: moveMask,
  },
  {
    id: 'hand',
    key: 'H',
    icon: 'hand',
    text: 'tool.hand',
    hint: 'hint.hand',
    cursor: 'grab',
    ...view,
    start: dragView,
  },
];

export const toolOf = (id: ToolId): Tool => tools.find((tool) => tool.id === id)!;

/** What a key chooses: the next of its tools where one of them is chosen already, with Shift the second one. */
export const toolForKey = (key: string, shift: boolean, current: ToolId): ToolId => {
  const group = tools.filter((tool) => tool.key === key);
  const index = group.findIndex(({ id }) => id === current);
  return group[(index === -1 ? Number(shift) : index + 1) % group.length].id;
};

/** The mode that held keys ask for, as in paint programs; null where they ask for none that the tool has. */
export const modeHeld = (
  { modes }: Tool,
  { shiftKey, altKey }: { readonly shiftKey: boolean; readonly altKey: boolean },
): CombineMode | null => {
  const mode = altKey ? (shiftKey ? 'intersect' : 'subtract') : shiftKey ? 'add' : null;
  return mode !== null && modes.includes(mode) ? mode : null;
};

/** The mode chosen for a tool: one that has not all of them adds. */
export const modeChosen = ({ modes }: Tool, { mode }: ToolOptions): CombineMode =>
  modes.includes(mode) ? mode : 'add';

/** A brush that suits an image: about a thirtieth of its longer side, in image pixels. */
export const firstBrushSize = ({ width, height }: Size): number =>
  Math.max(4, Math.min(300, Math.round(Math.max(width, height) / 30)));

/** Brush sizes in image pixels, and the next one up or down: about a sixth at a time. */
export const brushSizes = { min: 1, max: 2000 } as const;

export const nextBrushSize = (size: number, direction: 1 | -1): number => {
  const step = Math.max(1, Math.round(size / 6));
  return Math.max(brushSizes.min, Math.min(brushSizes.max, size + direction * step));
};
