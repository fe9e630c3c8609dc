/**
 * What an agent may say, written once: the tools check it by this, and the schemas that package.json shows the model are made
 * from it (a check holds the two equal). The moderation tolerance is not among it: that is the person's to set.
 */
import * as v from 'valibot';
import { expandSchema, overlap } from '../../fill/outpaint.ts';
import { guidance, promptLimit, seed, steps, type Parameters, type Range } from '../../fill/parameters.ts';
import { maskSettingsSchema, rectSchema, serviceIds } from '../../fill/record.ts';
import { maskChannels } from '../../mask/sources.ts';

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

const whole = ({ min, max }: Pick<Range, 'min' | 'max'>) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const prompt = v.pipe(
  v.string(),
  v.maxLength(promptLimit),
  v.description(
    'What the marked part shows afterwards, with its surroundings, as a description of the finished image and not as an order: "a wooden bench under the tree", not "add a bench". To remove something, describe what is behind it.',
  ),
);

const common = {
  image: v.pipe(
    path,
    v.description(
      'The PNG, JPEG, WebP or GIF to change: an absolute path, or a path from a workspace folder. It must lie in the workspace.',
    ),
  ),
  mask: v.optional(
    v.pipe(
      path,
      v.description(
        'One of the four ways to say what may change. A mask file in the workspace, as large as the image: white may change, black stays.',
      ),
    ),
  ),
  rectangle: v.optional(
    v.pipe(
      v.strictObject(rectSchema.entries),
      v.description(
        'One of the four ways to say what may change. A rectangle in pixels of the upright image; x and y from its top left corner.',
      ),
    ),
  ),
  alpha: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        'One of the four ways to say what may change. True: the transparent parts of the image are filled.',
      ),
    ),
  ),
  expand: v.optional(
    v.pipe(
      v.strictObject({
        left: expandSchema.entries.left,
        top: expandSchema.entries.top,
        right: expandSchema.entries.right,
        bottom: expandSchema.entries.bottom,
      }),
      v.description(
        'One of the four ways to say what may change. Outpainting: the pixels that are added on each side; the result is larger by them.',
      ),
    ),
  ),
  channel: v.optional(
    v.pipe(
      v.picklist(maskChannels),
      v.description(
        'The channel of the mask file that is the mask. Left out: its luminance, or its alpha if only that varies.',
      ),
    ),
  ),
  overlap: v.optional(
    v.pipe(
      whole(overlap),
      v.description(
        'With expand: pixels of the image along the new parts that are made anew, so that the two grow together. Leave it out for the default of the user.',
      ),
    ),
  ),
  grow: v.optional(
    v.pipe(
      maskSettingsSchema.entries.grow,
      v.description(
        'Pixels by which the mask is grown; below 0 it is shrunk. Leave it out for the default of the user.',
      ),
    ),
  ),
  feather: v.optional(
    v.pipe(
      maskSettingsSchema.entries.feather,
      v.description(
        'Width in pixels of the soft edge inside the mask. Leave it out for the default of the user, which suits the kind of mask.',
      ),
    ),
  ),
  invert: v.optional(v.pipe(v.boolean(), v.description('True: everything but the mask may change. Not with expand.'))),
  fillHoles: v.optional(v.pipe(v.boolean(), v.description('True: holes in the mask are filled.'))),
  window: v.optional(
    v.pipe(
      v.picklist(['auto', 'whole']),
      v.description(
        'What is sent: the mask with its surroundings, pixel for pixel where possible (auto), or the whole image, scaled down where it is large. Leave it out for the default of the user.',
      ),
    ),
  ),
  service: v.optional(
    v.pipe(
      v.picklist(serviceIds),
      v.description(
        'Who makes the picture. Leave it out for the one that the user has chosen. practice is free and sends nothing, but has no AI and does not read the prompt: only for trying out.',
      ),
    ),
  ),
  steps: v.optional(
    v.pipe(whole(steps), v.description('Steps of the diffusion. Leave it out for the default of the user.')),
  ),
  guidance: v.optional(
    v.pipe(
      v.number(),
      v.minValue(guidance.min),
      v.maxValue(guidance.max),
      v.description('How closely the prompt is followed. Leave it out for the default of the user.'),
    ),
  ),
  seed: v.optional(
    v.pipe(
      whole(seed),
      v.description('The seed, to make a picture again. Leave it out for another picture each time.'),
    ),
  ),
  promptUpsampling: v.optional(
    v.pipe(v.boolean(), v.description('True: the service rewrites the prompt in its own words.')),
  ),
  opaque: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        'True: transparent parts under the mask become opaque, so that the fill shows there. Leave it out for the default of the user.',
      ),
    ),
  ),
  saveAs: v.optional(
    v.pipe(
      v.picklist(['png', 'source']),
      v.description(
        'png keeps every pixel outside the mask exactly as it was; source is the format of the image, which may lose a little. Leave it out for the default of the user.',
      ),
    ),
  ),
};

export const fillInputSchema = v.strictObject({ ...common, prompt });
export const planInputSchema = v.strictObject({ ...common, prompt: v.optional(prompt) });

export type PlanInput = v.InferOutput<typeof planInputSchema>;

/** The ways to say what may change, of which one is given. */
export const maskWays = ['mask', 'rectangle', 'alpha', 'expand'] as const satisfies readonly (keyof PlanInput)[];

/** Which names of the input are parameters of the fill, under the name that the record has for them. */
export const parameterNames = [
  'steps',
  'guidance',
  'seed',
  'promptUpsampling',
] as const satisfies readonly (keyof Parameters & keyof PlanInput)[];
